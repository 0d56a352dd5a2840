/** A command written as one text. */
import { invalidOption } from '../../errors.js';

/** What a shell would do something with, and nobody does here. */
const forShells = /[|&;<>()`$*?#~\n]/;

/**
 * Its words: blanks separate them, quotes and backslashes work as in a shell. Throws `option-invalid` for what only a shell
 * understands.
 */
export function wordsOf(command: string, where: string): string[] {
	const words: string[] = [];
	const pattern = /\s*((?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+)/sy;
	while (command.slice(pattern.lastIndex).trim() !== '') {
		const [, word] = pattern.exec(command) ?? [];
		if (word === undefined)
			throw invalidOption(where, `${JSON.stringify(command)} has a quote or backslash without end`);
		words.push(wordOf(word, command, where));
	}
	if (words.length === 0) throw invalidOption(where, 'is empty: a command is one word at least');
	return words;
}

function wordOf(word: string, command: string, where: string): string {
	return word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)/gs, (_, single, double, escaped, plain) => {
		if (plain !== undefined && forShells.test(withoutValues(plain)))
			throw invalidOption(
				where,
				`${JSON.stringify(command)} holds "${forShells.exec(plain)?.[0]}", which only a shell understands: quote it, or write "shell" instead of "command"`,
			);
		return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain;
	});
}

/** `${CASE_DIR}` is a value of the suite's, and no business of a shell. */
function withoutValues(text: string): string {
	return text.replace(/\$\{[^}]*\}/g, '');
}
