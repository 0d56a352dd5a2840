/** Hits as they are shown: those that follow each other closely are one. */
import type { Hit } from './recording.js';

/** In the order of time; of one counter, what is not more than `gap` milliseconds apart is one. */
export function gathered(hits: readonly Hit[], gap: number): Hit[] {
	const all: Hit[] = [];
	const open = new Map<string, Hit>();
	for (const hit of hits) {
		const before = open.get(hit.counter);
		if (before && hit.from - before.to <= gap) {
			before.to = Math.max(before.to, hit.to);
			before.count += hit.count;
			continue;
		}
		const own = { ...hit };
		open.set(hit.counter, own);
		all.push(own);
	}
	return all;
}
