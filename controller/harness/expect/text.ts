/** Expectations of text: what a program has written to a stream or to a file. */

import { isCut } from '../../container/run.js';
import { invalidOption } from '../../errors.js';
import { didYouMean } from '../../model/closest.js';
import { escapeToken } from '../../model/pointer.js';
import { bytes, count } from '../../report/words.js';
import { isObject } from '../is-object.js';
import { parseAmount, shown } from './amount.js';
import type { Attempt } from './attempt.js';
import type { Failure, TextTests } from './expectations.js';
import { isSettled, search } from './pattern.js';

/** What a program has written, or the beginning of it. */
export interface Kept {
	text: string;
	/** Of all that was written, also where less was kept; `undefined`: nobody has counted. */
	bytes: number | undefined;
	lines: number | undefined;
	/** Bytes from the first on that are in `text`. */
	kept: number;
	/** What to do where more is to be kept. */
	more: string;
}

/** What of it does not hold; `where` comes from whoever has the text. */
export type TextCheck = (kept: Kept) => Omit<Failure, 'where' | 'what'> | undefined;

type Parser = (given: unknown, where: string, attempt: Attempt) => TextCheck[];

const parsers: Record<keyof TextTests, Parser> = {
	equals: (given, where) => [equals(textOf(given, where))],
	contains: (given, where, attempt) => each(given, where, attempt, contains),
	lacks: (given, where, attempt) => each(given, where, attempt, lacks),
	matches: (given, where, attempt) => each(given, where, attempt, matches),
	lines: (given, where) => [amount('lines', parseAmount(given, 'count', where))],
	size: (given, where) => [amount('bytes', parseAmount(given, 'bytes', where))],
};

export const textTests = Object.keys(parsers) as (keyof TextTests)[];

/** Throws `option-invalid`, or lets `attempt` catch it where more can be said. */
export function parseText(given: unknown, where: string, attempt: Attempt): TextCheck[] {
	if (typeof given === 'string') return parsers[asRegExp.test(given) ? 'matches' : 'equals'](given, where, attempt);
	if (!isObject(given))
		throw invalidOption(where, `must be text, "/regular expression/", or an object of ${textTests.join(', ')}`);
	return Object.entries(given).flatMap(([name, value]) => {
		const at = `${where}/${escapeToken(name)}`;
		return attempt(() => {
			if (Object.hasOwn(parsers, name)) return parsers[name as keyof TextTests](value, at, attempt);
			throw invalidOption(
				at,
				`${JSON.stringify(name)} is none of ${textTests.join(', ')}${didYouMean(name, textTests)}`,
			);
		}).flat();
	});
}

export const asRegExp = /^\/(.+)\/([dgimsuvy]*)$/s;

/** `/…/flags`; without slashes it is all a regular expression. */
export function parseRegExp(given: string, where: string): RegExp {
	const [, source = given, flags = ''] = asRegExp.exec(given) ?? [];
	try {
		return new RegExp(source, flags.replace(/[gy]/g, '')); // these make a test depend on the one before
	} catch (cause) {
		const reason = (cause as Error).message.replace(/^Invalid regular expression: .*\/\w*: /s, '');
		throw invalidOption(where, `${JSON.stringify(given)} is not a regular expression of JavaScript: ${reason}`);
	}
}

function textOf(given: unknown, where: string): string {
	if (typeof given !== 'string') throw invalidOption(where, 'must be text: put it in quotes');
	return given;
}

/** One test for each of a list, or for the one text. */
function each(
	given: unknown,
	where: string,
	attempt: Attempt,
	test: (text: string, where: string) => TextCheck,
): TextCheck[] {
	if (!Array.isArray(given)) return [test(textOf(given, where), where)];
	return given.flatMap((one, index) => {
		const at = `${where}/${index}`;
		return attempt(() => test(textOf(one, at), at));
	});
}

/** What was cut is longer than what was kept, and so it equals nothing that could be written in a suite. */
function equals(expected: string): TextCheck {
	return (kept) => {
		const holds = withoutEnd(kept.text) === withoutEnd(expected);
		return unless(holds, quoted(expected), kept, holds || kept.text.startsWith(expected.slice(0, kept.text.length)));
	};
}

function contains(part: string): TextCheck {
	return (kept) => {
		const holds = kept.text.includes(part);
		return holds ? undefined : unless(holds, `text with ${quoted(part)}`, kept, true);
	};
}

function lacks(part: string): TextCheck {
	return (kept) => {
		const holds = !kept.text.includes(part);
		return unless(holds, `text without ${quoted(part)}`, kept, holds);
	};
}

/** As of a whole text a line feed at its end is of no account. */
function matches(written: string, where: string): TextCheck {
	const expression = parseRegExp(written, where);
	const expected = `text that matches ${written}`;
	return (kept) => {
		const found = search(expression, kept.text, withoutEnd(kept.text));
		if ('trouble' in found) {
			const sentence = `was not searched to the end for ${written}: ${found.trouble}`;
			return { expected, found: found.trouble, sentence: `${sentence}.` };
		}
		const { end } = found;
		if (end !== undefined && isCutShort(kept) && isSettled(expression, end < kept.text.length)) return undefined;
		return unless(end !== undefined, expected, kept, true);
	};
}

function amount(what: 'lines' | 'bytes', { text: expected, holds }: ReturnType<typeof parseAmount>): TextCheck {
	return (kept) => {
		const value = kept[what];
		if (value === undefined) return undecided(`${expected} ${what}`, kept);
		if (holds(value)) return undefined;
		const found = what === 'bytes' ? shown(value, 'bytes') : count(value, 'line');
		return { expected: `${expected} ${what}`, found, sentence: `has ${found}, and ${expected} was expected.` };
	};
}

function isCutShort({ bytes: all, kept }: Kept): boolean {
	return all === undefined || isCut({ bytes: all, kept });
}

/** `isOpen`: what was not kept could make it otherwise. */
function unless(holds: boolean, expected: string, kept: Kept, isOpen: boolean): ReturnType<TextCheck> {
	if (isOpen && isCutShort(kept)) return undecided(expected, kept);
	if (holds) return undefined;
	const found = quoted(kept.text);
	return { expected, found, sentence: `is ${found}, and ${expected} was expected.` };
}

function undecided(expected: string, { kept, bytes: all, more }: Kept): ReturnType<TextCheck> {
	const cut = `cut after ${bytes(kept)}${all === undefined ? '' : ` of ${bytes(all)}`}`;
	const sentence = `was ${cut}, which does not show whether it is ${expected}, as was expected: ${more}.`;
	const found = `${cut}: ${more}`;
	return { expected, found, sentence };
}

function withoutEnd(text: string): string {
	return text.replace(/\n$/, '');
}

/** All of a text. */
export function whole(text: string, size = Buffer.byteLength(text)): Kept {
	return { text, bytes: size, lines: linesOf(text), kept: size, more: '' };
}

function linesOf(text: string): number {
	return withoutEnd(text) === '' && text !== '\n' ? 0 : withoutEnd(text).split('\n').length;
}

/** Of a long text the beginning and the end: what is wrong is mostly there. */
function quoted(text: string): string {
	const shortened = text.length > 800 ? `${text.slice(0, 380)} … ${text.slice(-380)}` : text;
	return JSON.stringify(shortened);
}
