/** One text as the words of a command, as a shell would take it apart, but without a shell. */
import { ProcreadyError } from '../../errors.js';

/** What a shell replaces, or takes for an end of the command; where it stands outside of quotes. */
const forShell = /[|&;<>()$`*?[\]#~{}!\n]/;

/**
 * Blanks part words; quotes and backslashes keep them together, as in sh(1). Throws `option-invalid` where the text means more
 * to a shell than words: a shell on one side would count on that side only.
 */
export function wordsOfCommand(text: string, where: string): string[] {
	const invalid = (what: string) =>
		new ProcreadyError('option-invalid', `${where}: ${JSON.stringify(text)} ${what}`, { where });
	const words: string[] = [];
	let word: string | undefined;
	for (let at = 0; at < text.length; at++) {
		const character = text[at] as string;
		if (character === ' ' || character === '\t') {
			if (word !== undefined) words.push(word);
			word = undefined;
		} else if (character === "'" || character === '"') {
			const end = endOfQuote(text, at);
			if (end < 0) throw invalid(`has a ${character} that nothing ends`);
			word = (word ?? '') + quoted(text.slice(at + 1, end), character, invalid);
			at = end;
		} else if (character === '\\') {
			at++;
			if (at === text.length) throw invalid('ends with a backslash');
			word = (word ?? '') + text[at];
		} else if (forShell.test(character))
			throw invalid(`has ${JSON.stringify(character)}, which is for a shell: quote it, or give "sh -c '…'" on both sides`);
		else word = (word ?? '') + character;
	}
	if (word !== undefined) words.push(word);
	if (words.length === 0) throw invalid('has no command');
	return words;
}

/** Where the quote that begins at `from` ends; negative: nowhere. */
function endOfQuote(text: string, from: number): number {
	for (let at = from + 1; at < text.length; at++) {
		if (text[at] === text[from]) return at;
		if (text[at] === '\\' && text[from] === '"') at++;
	}
	return -1;
}

function quoted(inside: string, quote: string, invalid: (what: string) => Error): string {
	if (quote === "'") return inside;
	if (/(?<!\\)(\\\\)*[$`]/.test(inside)) throw invalid('has $ or ` in double quotes, which is for a shell: use single ones');
	return inside.replace(/\\([\\"$`])/g, '$1');
}
