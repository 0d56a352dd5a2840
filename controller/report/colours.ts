/** Colours of a terminal: SGR parameters of ECMA-48. */
export const colours = { bold: 1, faint: 2, red: 31, green: 32, yellow: 33, cyan: 36 };

/**
 * Whether what is written gets colours. NO_COLOR says no with any value but an empty one (https://no-color.org), FORCE_COLOR
 * says yes also where there is no terminal, unless it is `0` or `false`; NO_COLOR counts more. Else a terminal has colours,
 * but not one that calls itself dumb.
 */
export function wantsColours(isTerminal: boolean, { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
	if (NO_COLOR) return false;
	if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
	return isTerminal && TERM !== 'dumb';
}

export type Paint = (text: string, sgr: number) => string;

/** Where there are to be none the text stays as it is, and so does an empty one. */
export function painter(hasColours: boolean): Paint {
	return (text, sgr) => (hasColours && text !== '' ? `\x1b[${sgr}m${text}\x1b[0m` : text);
}
