/** Those whose limit of memory somebody can have been killed for. */

import type { OtherLimit } from '../model/applied-limit.js';
import { type Cause, type InForce, limitOf, nameOf } from './cause.js';
import type { Usage } from './usage.js';
import { bytes } from './words.js';

/** One that has a limit of memory, or the host. */
export interface Owner {
	level: Cause['level'];
	/** As in the cause. */
	path: string;
	value: string;
	/** Times the limit was reached; 0 where the kernel does not say. */
	hits: number;
	/** Nothing more could be reclaimed, as far as the counters say. */
	exceeded: boolean;
	evidence: string;
}

/** The container itself, where it has a limit. */
export function ownOwner(inForce: InForce, { memory }: Usage): Owner | undefined {
	const value = limitOf(inForce, 'memory.max');
	if (value === undefined) return undefined;
	const { oom, limitHits, peak } = memory;
	const hits = limitHits ?? 0;
	const exceeded = oom === null ? hits > 0 || isNear(Number(value), peak) : oom > 0;
	const reached = limitHits === null ? `peak ${bytes(peak ?? 0)}` : `limit reached ${hits}`;
	return { level: 'self', path: '', value, hits, exceeded, evidence: reached };
}

/** v1 has no count of it; but then the limit was reached, and of those below somebody was killed in it. */
export function otherOwner(level: 'below' | 'ancestor', other: OtherLimit): Owner {
	const { path, value, hits, counter, ooms, peak, kills } = other;
	const isReached = (Boolean(hits) || isNear(Number(value), peak ?? null)) && kills !== 0;
	return {
		...{ level, path, value, hits: hits ?? 0 },
		exceeded: typeof ooms === 'number' ? ooms > 0 : isReached,
		evidence: hits ? `${counter} +${hits}` : `peak of ${nameOf(level, path)} ${bytes(peak ?? 0)}`,
	};
}

/** The kernel charges in steps, so that a limit is exceeded some pages below it. */
export function isNear(value: number, peak: number | null): boolean {
	return peak !== null && value > 0 && peak >= value * 0.9;
}
