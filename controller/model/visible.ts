/**
 * Text of others, such as the name of a program or of a case, where it meets a terminal or a report: what is not seen there,
 * or moves what is, is shown as an escape that YAML and C know. Unicode: control, format, surrogate, line and paragraph separator.
 */

/** A character that is not seen, or moves what is. */
export const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function shown(character: string): string {
	const code = character.codePointAt(0) ?? 0;
	const digits = code.toString(16);
	if (code < 0x100) return short[character] ?? `\\x${digits.padStart(2, '0')}`;
	return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}

/** On one line. */
export function visible(text: string): string {
	return text.replace(unseen, shown);
}

/** The lines of the text stay lines, and tabs tabs. */
export function visibleLines(text: string): string {
	return text.replace(unseen, (character) => (character === '\n' || character === '\t' ? character : shown(character)));
}
