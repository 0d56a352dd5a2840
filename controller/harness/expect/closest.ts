/** What somebody may have meant. */
import { closest, distance } from 'fastest-levenshtein';

/** Nobody misspells so many characters, and to compare them would take long. */
const longest = 100;

/** `; did you mean "limits"?` where one of the names is nearly what was written, else nothing. */
export function didYouMean(written: string, names: readonly string[]): string {
	if (names.length === 0 || written.length > longest) return '';
	const name = closest(written, names);
	const near = distance(written.toLowerCase(), name.toLowerCase()) <= Math.max(1, Math.floor(name.length / 3));
	return near ? `; did you mean ${JSON.stringify(name)}?` : '';
}
