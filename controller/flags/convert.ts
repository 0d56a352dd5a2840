/** Options from flags and flags from options, both by the rows of a table of flags. */
import type { Flag, Flags } from '../model/flag.js';
import { integer, invalidFlag, pairs } from './arguments.js';

/** What is said of each kind of value, where a row has no words of its own. */
const kinds: Record<Flag['kind'] & string, Required<Pick<Flag, 'parse' | 'print'>>> = {
	integer: { parse: (given: string, flag) => integer(flag, given), print: (value: number) => [String(value)] },
	pairs: { parse: (given: string[], flag) => pairs(flag, given, true), print: pairWords },
};

/** The options that `values` stand for; members of a path such as `limits.pids` are put together. */
export function optionsIn(flags: Flags, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
	const parsed = new Map<string, { flag: string; value: unknown }>();
	for (const [name, row] of Object.entries(flags)) {
		const given = values[name];
		if (given === undefined || row.option === undefined) continue;
		const flag = `--${name}`;
		const parse = row.parse ?? (row.kind && kinds[row.kind].parse);
		const value = parse ? parse(given as never, flag) : given;
		const before = parsed.get(row.option);
		if (before && !Array.isArray(before.value)) throw invalidFlag(flag, `contradicts ${before.flag}`);
		parsed.set(row.option, { flag, value: before ? [before.value, value].flat() : value });
	}
	return nested([...parsed].map(([option, { value }]) => [option, value]));
}

function nested(entries: [option: string, value: unknown][]): Record<string, unknown> {
	const options: Record<string, unknown> = {};
	for (const [option, value] of entries) {
		const [name = '', member] = option.split('.');
		options[name] = member === undefined ? value : { ...(options[name] as object), [member]: value };
	}
	return options;
}

/** The words that give an option this value; `undefined` where no flag can say it. */
export function wordsOf(flags: Flags, option: string, value: unknown): string[] | undefined {
	const rows = Object.entries(flags).filter(([, row]) => row.option === option);
	const words = rows.map(([name, row]) => flagWords(name, row, value));
	return words.length === 0 || words.includes(undefined) ? undefined : words.flatMap((some) => some ?? []);
}

function flagWords(name: string, row: Flag, value: unknown): string[] | undefined {
	const print: NonNullable<Flag['print']> = row.print ?? (row.kind ? kinds[row.kind].print : usualWords(row));
	const printed = print(value as never);
	if (typeof printed === 'boolean') return printed ? [`--${name}`] : [];
	return printed?.flatMap((word) => valued(name, word));
}

function usualWords({ type, multiple }: Flag): (value: unknown) => string[] | boolean | undefined {
	return (value) => {
		if (type === 'boolean') return value === true;
		const items = Array.isArray(value) ? value.map(String) : [String(value)];
		if ([value].flat().some((item) => typeof item === 'object')) return undefined;
		return multiple ? items : [items.join()];
	};
}

/** The flag and its value, so that the value is not taken for a flag. */
export function valued(name: string, value: string): string[] {
	return value.startsWith('-') || value === '' ? [`--${name}=${value}`] : [`--${name}`, value];
}

/** `NAME=VALUE` each. */
export function pairWords(members: object): string[] {
	return Object.entries(members)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}=${value}`);
}

/** A number is milliseconds for the library, and seconds for a flag. */
export function timeText(time: number | string): string {
	return /\d$/.test(String(time)) ? `${time}ms` : String(time);
}
