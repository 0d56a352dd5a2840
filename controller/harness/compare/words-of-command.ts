/** One text as the words of a command, as a shell would take it apart, but without a shell. */
import { ProcreadyError } from '../../errors.js';

/** The parts of a text: what parts words, and in which ways a part of a word is written. */
const part =
	/(?<blank>[ \t]+)|'(?<single>[^']*)'|"(?<double>(?:[^"\\$`]|\\.)*)"|\\(?<escaped>.)|(?<plain>[^\s'"\\|&;<>()$`*?[\]#~{}!]+)/sy;

/**
 * Blanks part words; quotes and backslashes keep them together, as in sh(1). Throws `option-invalid` where the text means more
 * to a shell than words: a shell on one side would count on that side only.
 */
export function wordsOfCommand(text: string, where: string): string[] {
	const words: string[] = [];
	let isWithin = false;
	for (let at = 0; at < text.length; ) {
		part.lastIndex = at;
		const found = part.exec(text);
		if (!found?.groups) throw invalid(text, where, mistakeAt(text, at));
		at = part.lastIndex;
		const { blank, single, double, escaped, plain } = found.groups;
		const piece = single ?? double?.replace(/\\([\\"$`])/g, '$1') ?? escaped ?? plain ?? '';
		if (blank === undefined) words.push((isWithin ? words.pop() : '') + piece);
		isWithin = blank === undefined;
	}
	if (words.length === 0) throw invalid(text, where, 'has no command');
	return words;
}

function mistakeAt(text: string, at: number): string {
	const character = text[at] as string;
	if (character === '\\') return 'ends with a backslash';
	if (character === "'" || (character === '"' && !/[$`]/.test(text.slice(at))))
		return `has a ${character} that nothing ends`;
	if (character === '"') return 'has $ or ` in double quotes, which is for a shell: use single ones';
	return `has ${JSON.stringify(character)}, which is for a shell: quote it, or give "sh -c '…'" on both sides`;
}

function invalid(text: string, where: string, what: string): ProcreadyError {
	return new ProcreadyError('option-invalid', `${where}: ${JSON.stringify(text)} ${what}`, { where });
}
