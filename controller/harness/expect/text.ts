/** Expectations of text: what a program has written to a stream or to a file. */

import { invalidOption } from '../../errors.js';
import { escapeToken } from '../../model/pointer.js';
import { isObject } from '../is-object.js';
import { parseAmount, shown } from './amount.js';
import type { Attempt } from './attempt.js';
import { didYouMean } from './closest.js';
import type { Failure, TextTests } from './expectations.js';

/** What of it does not hold; `where` comes from whoever has the text. */
export type TextCheck = (text: string) => Omit<Failure, 'where' | 'what'> | undefined;

type Parser = (given: unknown, where: string, attempt: Attempt) => TextCheck[];

const parsers: Record<keyof TextTests, Parser> = {
	equals: (given, where) => [equals(textOf(given, where))],
	contains: (given, where, attempt) => each(given, where, attempt, contains),
	lacks: (given, where, attempt) => each(given, where, attempt, lacks),
	matches: (given, where, attempt) => each(given, where, attempt, matches),
	lines: (given, where) => [amount('lines', parseAmount(given, 'count', where), (text) => linesOf(text))],
	size: (given, where) => [amount('bytes', parseAmount(given, 'bytes', where), (text) => Buffer.byteLength(text))],
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

const asRegExp = /^\/(.+)\/([dgimsuvy]*)$/s;

/** `/…/flags`; without slashes it is all a regular expression. */
function parseRegExp(given: string, where: string): RegExp {
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

function equals(expected: string): TextCheck {
	return (text) => unless(withoutEnd(text) === withoutEnd(expected), quoted(expected), text);
}

function contains(part: string): TextCheck {
	return (text) => unless(text.includes(part), `text with ${quoted(part)}`, text);
}

function lacks(part: string): TextCheck {
	return (text) => unless(!text.includes(part), `text without ${quoted(part)}`, text);
}

function matches(written: string, where: string): TextCheck {
	const expression = parseRegExp(written, where);
	return (text) => unless(expression.test(text), `text that matches ${written}`, text);
}

function amount(
	what: 'lines' | 'bytes',
	{ text: expected, holds }: ReturnType<typeof parseAmount>,
	measure: (text: string) => number,
): TextCheck {
	return (text) => {
		const value = measure(text);
		if (holds(value)) return undefined;
		const found = what === 'bytes' ? shown(value, 'bytes') : `${value} lines`;
		return { expected: `${expected} ${what}`, found, sentence: `has ${found}, and ${expected} was expected.` };
	};
}

function unless(holds: boolean, expected: string, text: string): ReturnType<TextCheck> {
	if (holds) return undefined;
	const found = quoted(text);
	return { expected, found, sentence: `is ${found}, and ${expected} was expected.` };
}

function withoutEnd(text: string): string {
	return text.replace(/\n$/, '');
}

function linesOf(text: string): number {
	return withoutEnd(text) === '' && text !== '\n' ? 0 : withoutEnd(text).split('\n').length;
}

/** Of a long text the beginning and the end: what is wrong is mostly there. */
function quoted(text: string): string {
	const shortened = text.length > 800 ? `${text.slice(0, 380)} … ${text.slice(-380)}` : text;
	return JSON.stringify(shortened);
}
