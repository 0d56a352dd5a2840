/** Colours of a terminal: SGR parameters of ECMA-48. */
export const colours = { bold: 1, faint: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

export type Paint = (text: string, sgr: number) => string;

/** Where there are to be none the text stays as it is, and so does an empty one. */
export function painter(hasColours: boolean): Paint {
	return (text, sgr) => (hasColours && text !== '' ? `\x1b[${sgr}m${text}\x1b[0m` : text);
}
