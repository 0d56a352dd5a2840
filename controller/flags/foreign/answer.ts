/** What is said where somebody writes the words of docker, systemd-run, ulimit, kubectl, hyperfine or a sandbox. */

import type { Flags } from '../../model/flag.js';
import { shellLine } from '../../model/shell.js';
import { dockerWords } from './docker.js';
import type { Answer, Foreign, Line } from './foreign.js';
import { sandboxWords } from './sandboxes.js';
import { hyperfineWords, kubernetesWords, ulimitWords } from './shell.js';
import { systemdWords } from './systemd.js';

export type { Line } from './foreign.js';

/** Of words that several programs have, the first row whose value fits is meant. */
export const rows: readonly Foreign[] = [
	...systemdWords,
	...dockerWords,
	...ulimitWords,
	...hyperfineWords,
	...kubernetesWords,
	...sandboxWords,
];

const byWord = new Map<string, Foreign[]>();
for (const row of rows) for (const word of row.words) byWord.set(word, [...(byWord.get(word) ?? []), row]);

/** For parseArgs, so that it takes the values of these words for values; those that are flags of the subcommand are left out. */
export function foreignOptions(flags: Flags): Record<string, { type: 'string' | 'boolean'; short?: string }> {
	const letters = new Set(Object.values(flags).map(({ short }) => short));
	return Object.fromEntries(
		[...byWord].flatMap(([word, found]) => {
			const type = found.some(({ valued }) => valued) ? ('string' as const) : ('boolean' as const);
			if (word.startsWith('--')) return [[word.slice(2), { type }] as const];
			const short = word.slice(1);
			return !letters.has(short) ? [[word, { type, short }] as const] : [];
		}),
	);
}

/**
 * What to write instead of a flag, or the words that it stands for. `undefined` where it is not one of another program, or
 * is one of procready and meant so.
 */
export function answerTo(word: string, value: string | undefined, line: Line): string | string[][] | undefined {
	for (const row of byWord.get(word) ?? []) {
		if (!isFor(row, line)) continue;
		const same = row.same?.(value ?? '');
		if (same && isKnown(same, line.flags)) return pairsOf(same);
		const answer = row.instead?.(value ?? '', line);
		if (answer && isKnown(answer.write ?? [], line.flags)) return textOf(answer);
	}
	return undefined;
}

/** The names of those options that are taken, or answered, in this place; not the properties of units, which are no options. */
export function foreignWords(line: Line): string[] {
	const words = rows.filter((row) => isFor(row, line)).flatMap((row) => row.words);
	return words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.slice(2));
}

function isFor({ for: subcommands }: Foreign, { subcommand, flags }: Line): boolean {
	return subcommands?.includes(subcommand) ?? ('rlimit' in flags || 'memory-max' in flags);
}

function isKnown(words: readonly string[], flags: Flags): boolean {
	const end = words.indexOf('--');
	return words
		.slice(0, end < 0 ? words.length : end)
		.filter((word) => word.startsWith('--'))
		.every((word) => Object.hasOwn(flags, word.slice(2).replace(/=.*/s, '')));
}

/** Each flag with its value. */
function pairsOf(words: readonly string[]): string[][] {
	return words.flatMap((word, index) => (word.startsWith('--') ? [words.slice(index, nextFlag(words, index))] : []));
}

function nextFlag(words: readonly string[], index: number): number {
	const next = words.findIndex((word, at) => at > index && word.startsWith('--'));
	return next < 0 ? words.length : next;
}

/** Where the text says what the words are, they follow it. */
function textOf({ text, write = [] }: Answer): string {
	const words = shellLine(write);
	if (text === undefined || write.length === 0) return text ?? `write ${words}`;
	return /\b(are|by|is|or)$/.test(text) ? `${text} ${words}` : `${text}: write ${words}`;
}
