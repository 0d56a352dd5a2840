/** Words for a shell. */

import { unseen } from './visible.js';

/** As one line that sh reads back as the same words; with control characters, one that bash does. */
export function shellLine(words: readonly string[]): string {
	return words.map(quoted).join(' ');
}

function quoted(word: string): string {
	if (/^[\w@%+=:,./-]+$/.test(word)) return word;
	if (word.replaceAll('\n', '').search(unseen) < 0) return `'${word.replaceAll("'", `'\\''`)}'`;
	return `$'${word.replace(/['\\]/g, '\\$&').replace(unseen, byNumber)}'`;
}

function byNumber(character: string): string {
	return `\\U${character.codePointAt(0)?.toString(16).padStart(8, '0')}`;
}
