/** The end of what a program said, as reports and failed assertions show it: one text, which each lays out in its way. */
import { isCut } from '../container/run.js';
import { ProcreadyError } from '../errors.js';
import { visibleLines } from '../model/visible.js';
import { bytes } from '../report/words.js';
import type { Came } from './expect/check.js';

/** Of each stream. */
const shownLines = 10;
/** Characters of a line; of a longer one the beginning and the end are shown. */
const longestLine = 400;

/**
 * For stdout and for stderr a title, and below it the last lines, indented; nothing for what a program has not written. `of`
 * begins the titles where there is more than one program.
 */
export function saidLines(came: Came | undefined, of = ''): string[] {
	if (came === undefined || came instanceof ProcreadyError) return [];
	return (['stdout', 'stderr'] as const).flatMap((name) => {
		const lines = came[name].trimEnd().split('\n');
		if (lines[0] === '' && lines.length === 1) return [];
		const cut = isCut(came.written[name]) ? `, cut after ${bytes(came.written[name].kept)}` : '';
		const last = lines.length > shownLines ? `, its last ${shownLines} lines` : '';
		return [
			`${of}${name}${cut}${last}:`,
			...lines.slice(-shownLines).map((line) => `  ${visibleLines(shortened(line))}`),
		];
	});
}

function shortened(line: string): string {
	if (line.length <= longestLine) return line;
	const first = line.slice(0, longestLine / 2).replace(/[\uD800-\uDBFF]$/, ''); // half a character
	const last = line.slice(-longestLine / 2).replace(/^[\uDC00-\uDFFF]/, '');
	return `${first} … ${line.length - first.length - last.length} characters … ${last}`;
}
