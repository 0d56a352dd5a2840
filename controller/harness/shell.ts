/** Words for a shell. */

/** As one line that sh reads back as the same words; with control characters, one that bash does. */
export function shellLine(words: readonly string[]): string {
	return words.map(quoted).join(' ');
}

function quoted(word: string): string {
	if (/^[\w@%+=:,./-]+$/.test(word)) return word;
	if (!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(word.replaceAll('\n', ''))) return `'${word.replaceAll("'", `'\\''`)}'`;
	return `$'${word.replace(/['\\]/g, '\\$&').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, byNumber)}'`;
}

function byNumber(character: string): string {
	return `\\U${character.codePointAt(0)?.toString(16).padStart(8, '0')}`;
}
