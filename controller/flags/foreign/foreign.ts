/** What a row of the words of other programs is: how it is written there, and what is to be written here. */

import type { Flags } from '../../model/flag.js';

/** What to write or to know instead; with `write` the words are in the flags of procready. */
export interface Answer {
	write?: readonly string[];
	/** A reason, or where there is nothing to write, what holds here. */
	text?: string;
}

/** The rest of the command line. */
export interface Line {
	subcommand: string;
	/** Those of the subcommand. */
	flags: Flags;
	/** All that were given, as they were typed. */
	lines: readonly { word: string; value: string | undefined }[];
	/** The first word behind the flags, of the last flag only. */
	next?: string | undefined;
}

export interface Foreign {
	/** Whose words these are. */
	of: string;
	/** `--cpu-shares`, `-p`: all that mean the same. */
	words: readonly string[];
	/** The subcommands that are asked in these words. Default: those that start or limit a program. */
	for?: readonly string[];
	/** A value follows. */
	valued?: true;
	/** The words of procready that mean exactly the same: they are taken in its place. `undefined` where none do. */
	same?(value: string): string[] | undefined;
	/** `undefined` where a value is not of these words, but of others that are written alike. */
	instead?(value: string, line: Line): Answer | undefined;
}

/** Words, of which the last says what the row is about. */
export function foreign(of: string, words: string, row: Omit<Foreign, 'of' | 'words'>): Foreign {
	return { of, words: words.split(' '), ...row };
}

/** What is written instead, whatever the value. */
export function write(...words: string[]): Answer {
	return { write: words };
}

export function because(text: string, ...words: string[]): Answer {
	return words.length > 0 ? { text, write: words } : { text };
}

/** `infinity` and `unlimited` are written `max` here. */
export function orMax(value: string): string {
	return /^(infinity|unlimited|-1)$/i.test(value) ? 'max' : value;
}

/** Not the next flag, where the letter is that of another program too, which has a value there. */
export function isValue(value: string): boolean {
	return value !== '' && !value.startsWith('-');
}
