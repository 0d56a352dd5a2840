/** Limits by the names of their files, as options of the library. */

import type { Limits } from '../../model/limit-options.js';
import { escapeToken } from '../../model/pointer.js';
import { limitBy, withLimits } from '../../plan/limit-named.js';
import type { Attempt } from '../expect/attempt.js';

/** The limits, and the pointer into what was written for each pointer into them. */
export interface NamedLimits {
	limits: Limits;
	written: Map<string, string>;
}

/** Names may be those of files or of the library's options. `where` is the pointer of `given`. */
export function limitsOf(given: Record<string, unknown>, where: string, attempt: Attempt): NamedLimits {
	let limits: Limits = {};
	const written = new Map<string, string>();
	for (const [name, value] of Object.entries(given))
		attempt(() => {
			const at = `${where}/${escapeToken(name)}`;
			const one = limitBy(name, value, at);
			for (const path of pathsOf(one)) written.set(`/limits/${path}`, at);
			limits = withLimits(limits, one);
		});
	return { limits, written };
}

/** Of `set` and of huge pages each member is a limit. */
function pathsOf(limits: Limits): string[] {
	return Object.entries(limits).flatMap(([option, value]) =>
		option === 'set' || option === 'hugetlb'
			? Object.keys(value as object).map((member) => `${option}/${escapeToken(member)}`)
			: option,
	);
}
