/** Comparisons with a number: `>= 1`, `< 48M`, `1..4`. */

import { invalidOption } from '../../errors.js';
import { parseDuration, parseSize } from '../../model/units.js';
import { bytes, count, duration } from '../../report/words.js';

/** What a figure is counted in. */
export type Unit = 'bytes' | 'milliseconds' | 'count';

export interface Comparison {
	/** As it was written. */
	text: string;
	holds(value: number): boolean;
}

const operators: Record<string, (value: number, bound: number) => boolean> = {
	'=': (value, bound) => value === bound,
	'!=': (value, bound) => value !== bound,
	'<': (value, bound) => value < bound,
	'<=': (value, bound) => value <= bound,
	'>': (value, bound) => value > bound,
	'>=': (value, bound) => value >= bound,
};

const examples: Record<Unit, string> = {
	bytes: '"< 48M", ">= 64K", "1M..2M" or a number of bytes',
	milliseconds: '"< 200ms", "<= 1.5s", "1s..2s" or a number of milliseconds',
	count: '">= 1", "< 10", "1..4" or a number',
};

/** Throws `option-invalid`; `where` is a JSON pointer. */
export function parseAmount(given: unknown, unit: Unit, where: string): Comparison {
	const text = typeof given === 'number' || typeof given === 'string' ? String(given).trim() : '';
	const [, low, high] = /^(\S+?)\s*\.\.\s*(\S+)$/.exec(text) ?? [];
	if (low !== undefined && high !== undefined) {
		const [least, most] = [numberOf(low), numberOf(high)];
		if (least > most) throw invalidOption(where, `${JSON.stringify(given)} is empty: ${low} is more than ${high}`);
		return { text, holds: (value) => value >= least && value <= most };
	}
	const [, operator = '=', operand = ''] = /^([<>]=?|!=|==?)?\s*(\S+)$/.exec(text) ?? [];
	const compare = operators[operator === '==' ? '=' : operator] as (value: number, bound: number) => boolean;
	const bound = numberOf(operand);
	return { text, holds: (value) => compare(value, bound) };

	function numberOf(word: string): number {
		const value = numberIn(word, unit);
		if (value === undefined)
			throw invalidOption(where, `${JSON.stringify(given)} is not a comparison: write ${examples[unit]}`);
		return value;
	}
}

/** `undefined` where the word is no number of this unit. */
function numberIn(word: string, unit: Unit): number | undefined {
	if (/^0+(\.0*)?$/.test(word)) return 0;
	const [, microseconds] = /^(\d*\.?\d+)[uµ]s$/.exec(word) ?? [];
	try {
		if (unit === 'bytes') return parseSize(word, '') ?? undefined;
		if (unit === 'milliseconds') return microseconds ? Number(microseconds) / 1000 : parseDuration(word, '', 'ms');
	} catch {
		return undefined; // the caller says what it should be
	}
	return /^\d+(\.\d+)?$/.test(word) ? Number(word) : undefined;
}

/** For people, and exact where that is rounded: `48 MiB (50331660 bytes)`. */
export function shown(value: number, unit: Unit): string {
	if (unit === 'count') return String(value);
	if (unit === 'milliseconds') return value < 1000 ? duration(value) : `${duration(value)} (${value} ms)`;
	const text = bytes(value);
	return numberIn(text.replace(/ bytes| /, ''), unit) === value ? text : `${text} (${count(value, 'byte')})`;
}
