/** What somebody may have meant. */
import { closest, distance } from 'fastest-levenshtein';

/** `; did you mean "limits"?` where one of the names is nearly what was written, else nothing. */
export function didYouMean(written: string, names: readonly string[]): string {
	if (names.length === 0) return '';
	const name = closest(written, names);
	const near = distance(written.toLowerCase(), name.toLowerCase()) <= Math.max(1, Math.floor(name.length / 3));
	return near ? `; did you mean ${JSON.stringify(name)}?` : '';
}
