/** Bytes as text, and text as bytes. */

/** Two digits a byte. */
export function hexadecimal(bytes: Uint8Array): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** How many bytes the text has as UTF-8. */
export function utf8Length(text: string): number {
	const sizeOf = (code: number) => (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
	return Array.from(text, (character) => sizeOf(character.codePointAt(0) as number)).reduce(
		(sum, size) => sum + size,
		0,
	);
}
