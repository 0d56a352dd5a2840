/** What became of the limits of a container since its launch. */

import type { AppliedLimit } from './applied-limit.js';
import type { Counters } from './counters.js';

/** One update. */
export interface Change {
	/** When: milliseconds since the limits of the launch were in force. */
	wallTime: number;
	/** The new ones, as the kernel took them. */
	limits: AppliedLimit[];
	/** What was counted until then, since procReady. */
	counters: Counters;
}

/** Each limit as it was changed last. */
export function inForce(launched: readonly AppliedLimit[], changes: readonly Change[]): AppliedLimit[] {
	const all = [...launched, ...changes.flatMap(({ limits }) => limits)];
	return [...new Map(all.map((one) => [one.limit, one])).values()];
}
