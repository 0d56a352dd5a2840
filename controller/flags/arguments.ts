/** Words of the command line, taken apart by a table of flags; and errors put in terms of what was typed. */
import { parseArgs } from 'node:util';
import { ProcreadyError } from '../errors.js';
import { nearest } from '../model/closest.js';
import type { Flag, Flags } from '../model/flag.js';
import { visible } from '../model/visible.js';
import { answerTo, foreignOptions, foreignWords, type Line } from './foreign/answer.js';

/** What parseArgs makes of a flag. */
type ValueOf<F extends Flag> = F extends { multiple: true } ? string[] : F['type'] extends 'boolean' ? boolean : string;

export type Values<F extends Flags> = { [Name in keyof F]?: ValueOf<F[Name]> };

export interface Parsed<F extends Flags> {
	values: Values<F>;
	command: string[];
}

/** The command begins after `--`, or with the first word that is not a flag; what stands before the command is for procready. */
export function parse<F extends Flags>(argv: string[], flags: F, subcommand: string): Parsed<F> {
	const first = firstOther(argv, flags);
	const end = first?.index ?? argv.length;
	const command = argv.slice(first?.kind === 'option-terminator' ? end + 1 : end);
	return { values: valuesOf(given(tokensOf(argv.slice(0, end), flags), flags, subcommand, command), flags), command };
}

/** The first word that is not a flag, sought in few words at first: of 100,000 parseArgs takes minutes, or it throws. */
function firstOther(argv: string[], flags: Flags): Token | undefined {
	for (let count = 256; ; count *= 4) {
		const first = tokensOf(argv.slice(0, count), flags).find(({ kind }) => kind !== 'option');
		if (first || count >= argv.length) return first;
	}
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

/** Words that others have for flags are told apart from what follows them too. */
function tokensOf(args: string[], flags: Flags): Token[] {
	const options = { ...foreignOptions(flags), ...optionsOfNode(flags) };
	return parseArgs({ args, options, strict: false, tokens: true }).tokens as Token[];
}

/** A flag as it was given, under the name of its row. */
interface Given {
	name: string;
	value: string | undefined;
}

/** The flags as they were given, in their order; a word without one is left out. */
export function words(argv: string[], flags: Flags, subcommand = 'run'): Given[] {
	return given(tokensOf(argv, flags), flags, subcommand, []);
}

/** Throws one error for all that is not understood. `command` is what comes behind the flags. */
function given(tokens: readonly Token[], flags: Flags, subcommand: string, command: readonly string[]): Given[] {
	const typed = tokens.filter((token) => token.kind === 'option');
	const lines = typed.map(({ rawName: word, value }) => ({ word, value }));
	const understood = typed.map((token, index) => {
		const line = { subcommand, flags, lines, next: index === typed.length - 1 ? command[0] : undefined };
		return meantBy(token, line);
	});
	const wrong = understood.filter((one) => typeof one === 'string');
	if (wrong.length > 0) throw new ProcreadyError('option-invalid', [...new Set(wrong)].join('; '));
	return understood.filter((one) => typeof one !== 'string').flat();
}

type OptionToken = Extract<Token, { kind: 'option' }>;

/** What a word stands for, or what is wrong with it. */
function meantBy(token: OptionToken, line: Line): Given[] | string {
	const { name, rawName, value } = token;
	const { flags, subcommand } = line;
	const answer = answerTo(rawName, value, line);
	if (typeof answer === 'string') return `${visible(asTyped(token))}: ${answer}`;
	if (answer) return answer.flatMap((word) => given(tokensOf([...word], flags), flags, subcommand, []));
	const own = ownName(name, flags);
	const mistake =
		own === undefined
			? `${visible(rawName)}: is not an option of procready ${subcommand}${meantOption(rawName, line)}`
			: mistakeIn(token, own, flags[own] as Flag);
	return mistake === undefined ? [{ name: own as string, value }] : `${mistake}; see procready ${subcommand} --help`;
}

/** What stands in the place of the value is the next flag. */
function isWithoutValue({ value, inlineValue }: OptionToken): boolean {
	return value === undefined || (!inlineValue && value.startsWith('--'));
}

function asTyped(token: OptionToken): string {
	const { rawName, value, inlineValue } = token;
	if (isWithoutValue(token)) return rawName;
	return `${rawName}${!inlineValue ? ' ' : rawName.startsWith('--') ? '=' : ''}${value}`;
}

/** Of one that has a value, and none was given, or that has none, and one was given. */
function mistakeIn(token: OptionToken, own: string, { type, value: placeholder = '' }: Flag): string | undefined {
	const { rawName, value, inlineValue } = token;
	if (type === 'string') {
		if (isWithoutValue(token)) return `${rawName}: a value is missing: ${rawName} ${placeholder}`;
		return !inlineValue && /^-./.test(value as string)
			? `--${own}: a value that begins with "-" is written --${own}=VALUE`
			: undefined;
	}
	if (value === undefined) return undefined;
	const instead = /^(true|1|yes|on)$/i.test(value) ? `write ${rawName}` : 'leave it out where it is not meant';
	return `${visible(asTyped(token))}: takes no value: ${instead}`;
}

/** Of a single letter nobody can know what was meant. A word of another program is meant only where none of procready is near. */
function meantOption(word: string, line: Line): string {
	if (!word.startsWith('--')) return '';
	const own = Object.entries(line.flags).flatMap(([name, { aliases = [] }]) => [name, ...aliases]);
	const written = word.slice(2);
	const name = nearest(written, own) ?? nearest(written, foreignWords(line), 4);
	return name === undefined ? '' : `; did you mean "--${name}"?`;
}

function ownName(name: string, flags: Flags): string | undefined {
	if (Object.hasOwn(flags, name)) return name;
	return Object.keys(flags).find((one) => otherNames(one, flags[one] as Flag).includes(name));
}

/** Of a limit also that of its file: `memory.max`. */
function otherNames(name: string, { aliases = [], option }: Flag): readonly string[] {
	return option?.startsWith('limits.') && name.includes('-') ? [...aliases, name.replaceAll('-', '.')] : aliases;
}

/** What was given for one flag, also where another one is not understood. `operands` are words before the command. */
export function givenValue(argv: string[], flags: Flags, name: string, operands = 0): string | undefined {
	const first = firstOther(argv, flags);
	if (operands > 0 && first?.kind === 'positional')
		return givenValue(argv.toSpliced(first.index, 1), flags, name, operands - 1);
	const tokens = tokensOf(argv.slice(0, first?.index ?? argv.length), flags).filter((token) => token.kind === 'option');
	return tokens.find((token) => token.name === name && !isWithoutValue(token))?.value;
}

function valuesOf<F extends Flags>(all: readonly Given[], flags: F): Values<F> {
	const values: Record<string, unknown> = {};
	for (const { name, value } of all)
		if (flags[name]?.multiple) values[name] = [...((values[name] as string[] | undefined) ?? []), value];
		else values[name] = value ?? true;
	return values as Values<F>;
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
	const tokens = tokensOf(withImplied(argv, flags), flags);
	return {
		values: valuesOf(given(tokens, flags, subcommand, []), flags),
		words: tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])),
	};
}

/** `--name` is `--name=VALUE` where the flag has a value that is implied. */
function withImplied(argv: string[], flags: Flags): string[] {
	const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
	return argv.map((word, index) => {
		const implied = word.startsWith('--') && index < end ? flags[word.slice(2)]?.implied : undefined;
		return implied === undefined ? word : `${word}=${implied}`;
	});
}

/** The same for those that take no words: `hint` says what somebody may have meant by one. */
export function parseFlags<F extends Flags>(argv: string[], flags: F, subcommand: string, hint = ''): Values<F> {
	const { values, words } = parseWords(argv, flags, subcommand);
	if (words[0] === undefined || 'help' in values) return values;
	throw tooMany(words[0], subcommand, hint.replaceAll('WORD', words[0]));
}

export function tooMany(word: string, subcommand: string, hint = ''): ProcreadyError {
	const meant = hint === '' ? '' : `: ${hint}`;
	return new ProcreadyError(
		'option-invalid',
		`"${word}" is a word too many${meant}; see procready ${subcommand} --help`,
	);
}

function optionsOfNode(flags: Flags) {
	const entries = Object.entries(flags).flatMap(([name, flag]) => [
		[name, ofNode(flag)] as const,
		...otherNames(name, flag).map((other) => [other, ofNode({ ...flag, short: undefined })] as const),
	]);
	return Object.fromEntries(entries);
}

function ofNode({ type, short }: { type: Flag['type']; short?: string | undefined }) {
	return { type, ...(short ? { short } : {}) };
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
