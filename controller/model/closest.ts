/** What somebody may have meant. */
import { closest, distance } from 'fastest-levenshtein';

/** Nobody misspells so many characters, and to compare them would take long. */
const longest = 100;

/** `; did you mean "limits"?` where one of the names is nearly what was written, else nothing. */
export function didYouMean(written: string, names: readonly string[]): string {
	const name = nearest(written, names);
	return name === undefined ? '' : `; did you mean ${JSON.stringify(name)}?`;
}

/**
 * The name that somebody who wrote this has probably meant, whatever the case of its letters; `undefined` where none is near,
 * or where it is one of them: of `share` letters one may be wrong.
 */
export function nearest(written: string, names: readonly string[], share = 3): string | undefined {
	if (names.length === 0 || names.includes(written) || written.length > longest) return undefined;
	const folded = names.map((name) => name.toLowerCase());
	const found = closest(written.toLowerCase(), folded);
	const isNear = distance(written.toLowerCase(), found) <= Math.max(1, Math.floor(found.length / share));
	return isNear ? names[folded.indexOf(found)] : undefined;
}
