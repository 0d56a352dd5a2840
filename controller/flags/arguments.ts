/** Words of the command line, taken apart by a table of flags; and errors put in terms of what was typed. */
import { parseArgs } from 'node:util';
import { ProcreadyError } from '../errors.js';
import type { Flag, Flags } from '../model/flag.js';

/** What parseArgs makes of a flag. */
type ValueOf<F extends Flag> = F extends { multiple: true } ? string[] : F['type'] extends 'boolean' ? boolean : string;

export type Values<F extends Flags> = { [Name in keyof F]?: ValueOf<F[Name]> };

export interface Parsed<F extends Flags> {
	values: Values<F>;
	command: string[];
}

/** The command begins after `--`, or with the first word that is not a flag; what stands before the command is for procready. */
export function parse<F extends Flags>(argv: string[], flags: F, subcommand: string): Parsed<F> {
	const options = optionsOfNode(flags);
	const first = firstOther(argv, options);
	const end = first?.index ?? argv.length;
	const command = argv.slice(first?.kind === 'option-terminator' ? end + 1 : end);
	try {
		return { values: parseArgs({ args: argv.slice(0, end), options }).values as Values<F>, command };
	} catch (cause) {
		throw misunderstood(cause as Error, subcommand);
	}
}

/** The first word that is not a flag, sought in few words at first: of 100,000 parseArgs takes minutes, or it throws. */
function firstOther(argv: string[], options: ReturnType<typeof optionsOfNode>) {
	for (let count = 256; ; count *= 4) {
		const { tokens } = parseArgs({ args: argv.slice(0, count), options, strict: false, tokens: true });
		const first = tokens.find(({ kind }) => kind !== 'option');
		if (first || count >= argv.length) return first;
	}
}

/** The flags as they were given, in their order; a word without one is left out. */
export function words(argv: string[], flags: Flags): { name: string; value: string | undefined }[] {
	const { tokens } = parseArgs({ args: argv, options: optionsOfNode(flags), strict: false, tokens: true });
	return tokens.flatMap((token) => (token.kind === 'option' ? [{ name: token.name, value: token.value }] : []));
}

/** Of what parseArgs says in several sentences, the one that helps. */
function inWords({ message }: Error): string {
	const [, flag] = /^Option '(?:-\w, )?(--[a-z-]+).*ambiguous/.exec(message) ?? [];
	return flag
		? `${flag}: a value that begins with "-" is written ${flag}=VALUE`
		: (message.split('. To specify')[0] ?? message);
}

/** `NAME` of a container is the first word that is not a flag; flags may stand before and behind the name. */
export function parseNamed<F extends Flags>(
	argv: string[],
	flags: F,
	subcommand: string,
): Parsed<F> & { name: string } {
	const { values, command } = parse(argv, flags, subcommand);
	if ('help' in values) return { name: '', values, command };
	const [name] = command;
	if (name === undefined)
		throw new ProcreadyError('option-invalid', `NAME of the container is missing; see procready ${subcommand} --help`);
	const at = argv.length - command.length;
	return { name, ...parse(argv.toSpliced(at, 1), flags, subcommand) };
}

/** For subcommands without a command: words that are not flags may stand anywhere, and behind `--` no word is a flag. */
export function parseWords<F extends Flags>(
	argv: string[],
	flags: F,
	subcommand: string,
): { values: Values<F>; words: string[] } {
	try {
		const { values, positionals } = parseArgs({
			args: withImplied(argv, flags),
			options: optionsOfNode(flags),
			allowPositionals: true,
		});
		return { values: values as Values<F>, words: positionals };
	} catch (cause) {
		throw misunderstood(cause as Error, subcommand);
	}
}

/** `--name` is `--name=VALUE` where the flag has a value that is implied. */
function withImplied(argv: string[], flags: Flags): string[] {
	const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
	return argv.map((word, index) => {
		const implied = word.startsWith('--') && index < end ? flags[word.slice(2)]?.implied : undefined;
		return implied === undefined ? word : `${word}=${implied}`;
	});
}

function misunderstood(cause: Error, subcommand: string): ProcreadyError {
	return new ProcreadyError('option-invalid', `${inWords(cause)}; see procready ${subcommand} --help`, { cause });
}

function optionsOfNode(flags: Flags) {
	return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, ofNode(flag)]));
}

function ofNode({ type, multiple, short }: Flag): { type: Flag['type']; multiple: boolean; short?: string } {
	return { type, multiple: multiple === true, ...(short ? { short } : {}) };
}

export function invalidFlag(flag: string, what: string, cause?: unknown): ProcreadyError {
	return new ProcreadyError('option-invalid', `${flag}: ${what}`, { where: flag, ...(cause ? { cause } : {}) });
}

/** `NAME=VALUE` each. With `once`, a name that is given twice is refused, else the last counts. */
export function pairs(flag: string, given: readonly string[], once = false): Record<string, string> {
	const entries = new Map<string, string>();
	for (const pair of given) {
		const equals = pair.indexOf('=');
		if (equals < 1) throw invalidFlag(flag, `${JSON.stringify(pair)} is not of the form NAME=VALUE`);
		const name = pair.slice(0, equals);
		if (once && entries.has(name)) throw invalidFlag(flag, `${name} is given twice`);
		entries.set(name, pair.slice(equals + 1));
	}
	return Object.fromEntries(entries);
}

export function integer(flag: string, given: string): number {
	if (!/^-?\d+$/.test(given)) throw invalidFlag(flag, `${JSON.stringify(given)} is not an integer`);
	return Number(given);
}

/** What the library has an option for, and the command line a word without a flag. */
const operands: Record<string, string> = { args: 'COMMAND', limit: 'LIMIT', range: 'LIMIT' };

/**
 * The message, with the flag in the place of the option of the library, or of the member of the specification that the
 * option became. Of several flags for one option it is one of those in `given`.
 */
export function inFlags({ message, where = '' }: ProcreadyError, flags: Flags, given: object = {}): string {
	const path = where.startsWith('/') ? where.split('/').slice(1) : [where];
	const isMember = ['process', 'linux', 'procready'].includes(path[0] ?? '');
	const members = isMember ? path.slice(1) : path;
	if (members[0] === 'networks') members.splice(0, 2, 'network'); // the command line has one
	const words = members.map((word) => word.replaceAll('~1', '/').replaceAll('~0', '~'));
	const [name, flag] = flagOf(words, flags, given) ?? [];
	const operand = Object.hasOwn(operands, words[0] ?? '') ? operands[words[0] as string] : undefined;
	const called =
		name === undefined || flag === undefined
			? (operand ?? limitFlag(where, given))
			: `--${name}${nameIn(words, flag)}${memberIn(words, flag)}`;
	return called === undefined ? message : `${called}: ${inFlagsOf(withoutPlace(message, where), flags)}`;
}

/** Without the pointer, or the option, that it begins with. */
function withoutPlace(message: string, where: string): string {
	const [, ofSchema] = /^[a-z ]+: (\/\S+ .*)/s.exec(message) ?? [];
	if (ofSchema?.startsWith(`${where} `)) return ofSchema.slice(where.length + 1);
	return where.startsWith('/') ? message.replace(/^[^\s:]*: /, '') : message.replace(`${where}: `, '');
}

function inFlagsOf(text: string, flags: Flags): string {
	return text.replace(/limits\.\w+/, (option) => `--${flagOf(option.split('.'), flags)?.[0]}`);
}

function flagOf(words: string[], flags: Flags, given: object = {}): [string, Flag] | undefined {
	const isOf = (option: string | undefined) => option?.split('.').every((part, index) => part === words[index]);
	const found = Object.entries(flags).filter(([, { option, also }]) => isOf(option) || isOf(also));
	return found.find(([name]) => name in given) ?? found[0];
}

/** Of a limit that goes by the name of its file, as the kernel refuses it: the flag, where it was given. */
function limitFlag(where: string, given: object): string | undefined {
	const name = where.replaceAll('.', '-');
	return name !== where && Object.hasOwn(given, name) ? `--${name}` : undefined;
}

/** Of a value with members of its own, the one at fault. */
function memberIn(words: string[], { members, option = '' }: Flag): string {
	const path = words.slice(option.split('.').length);
	if (members === undefined || path.length === 0) return '';
	if (members === true) return `: /${path.join('/')}`;
	const name = members[path.at(-1) as string];
	return name === undefined ? '' : ` ${name}`;
}

/** Of `NAME=VALUE` the name. */
function nameIn(words: string[], { value = '', option = '' }: Flag): string {
	const name = words[option.split('.').length];
	return name !== undefined && /^[A-Z]+=/.test(value) && !/^\d+$/.test(name) ? ` ${name}` : '';
}
