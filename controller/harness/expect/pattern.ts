/** Regular expressions of suites: tried under a deadline, and of a text that was cut only for what the rest cannot undo. */
import { createContext, Script } from 'node:vm';

/** Milliseconds that one expression may take for one text. Those that try every way to divide a line take years. */
const longest = 2000;

const script = new Script('expression.exec(text)');
let context: { expression?: RegExp; text?: string } | undefined;

/** Where the first match ends, in the first of the texts that has one; or why that is not known. */
export function search(expression: RegExp, ...texts: string[]): { end: number | undefined } | { trouble: string } {
	context ??= createContext(Object.create(null)) as object;
	try {
		for (const text of texts) {
			Object.assign(context, { expression, text });
			const found = script.runInContext(context, { timeout: longest }) as RegExpExecArray | null;
			if (found) return { end: found.index + found[0].length };
		}
		return { end: undefined };
	} catch (error) {
		const { code, name, message } = error as NodeJS.ErrnoException; // of the other context, whose classes are not ours
		if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
			return { trouble: `it took more than ${longest / 1000} s; write it so that a text matches in one way only` };
		if (name === 'RangeError' || name === 'SyntaxError') return { trouble: `the text is too long for it: ${message}` };
		throw error;
	} finally {
		Object.assign(context, { expression: undefined, text: undefined });
	}
}

/**
 * Whether a match in the beginning of a text is one whatever follows. `$` and `\b` see one character further than the
 * match, which is there where the match ends before the text; what looks ahead may see all of the rest.
 */
export function isSettled({ source, multiline }: RegExp, endsBefore: boolean): boolean {
	const bare = source.replace(/\\[^bB]|\[(?:\\.|[^\]\\])*\]/gs, '');
	if (/\(\?[=!]/.test(bare)) return false;
	const seesEnd = /\\[bB]|\$/.test(bare);
	return !seesEnd || (endsBefore && (multiline || !bare.includes('$')));
}
