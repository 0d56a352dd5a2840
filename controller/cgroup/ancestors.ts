/**
 * The limits of the cgroups above the container's: they bind it too, and what they did must not be taken for its own
 * doing. Nearly always there are none, and then this costs nothing.
 */

import { machine } from '../host/machine.js';
import type { OtherLimit } from '../model/applied-limit.js';
import type { Count, CountedDirectory } from '../model/counters.js';
import { dirname } from '../model/path.js';
import { type Found, type Hits, hitsOf, limitsIn } from './others.js';

/** A limit above, and what it had done by then: plain data. */
export type Before = Found & Hits;

export interface Ancestors {
	baseline(): Before[];
	read(): OtherLimit[];
}

type Place = CountedDirectory & { base: string };

/** `found` is what an earlier `baseline` gave, perhaps to another process. */
export function openAncestors(places: readonly Place[], found: Before[] = []): Ancestors {
	return {
		baseline() {
			found = places.flatMap(limitsAbove).map((one) => ({ ...one, ...hitsOf(one) }));
			return found;
		},
		read: () =>
			found.map((before) => {
				const now = hitsOf(before);
				const { version: _, kills: __, ...limit } = { ...before, ...now, hits: grown(before.hits, now.hits) };
				return 'ooms' in now ? { ...limit, ooms: grown(before.ooms, now.ooms) } : limit;
			}),
	};
}

function grown(before: Count | undefined, now: Count | undefined): Count {
	return typeof before === 'number' && typeof now === 'number' ? now - before : null;
}

/** They change rarely, and a launch must not read a dozen files for nothing. */
const remembered = new Map<string, { until: number; limits: Found[] }>();
const memory = 1000;

function limitsAbove(place: Place): Found[] {
	const key = `${place.base} ${place.controllers}`;
	const known = remembered.get(key);
	if (known && known.until > machine.now()) return known.limits;
	const limits: Found[] = [];
	for (let path = dirname(place.base); path !== '/'; path = dirname(path)) {
		const here = limitsIn(path, place, ['pids.max', 'memory.max', 'memory.high', 'cpu.max']);
		if (here === undefined) break; // the mount point, or what is above it
		limits.push(...here);
	}
	remembered.set(key, { until: machine.now() + memory, limits });
	return limits;
}
