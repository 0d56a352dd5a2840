/** How long the cases that are left will take: by what each took last, and those of which nothing is known by the others. */
import type { Case, Suite } from './suite.js';

export interface Estimate {
	/** `duration` in milliseconds; of one that did not run it is 0. */
	ended(one: Case, duration: number): void;
	/** Milliseconds; `undefined` where nothing is known of any case. */
	left(): number | undefined;
}

/** `jobs`: cases that run at once. */
export function estimateOf(
	suites: readonly Suite[],
	jobs: number,
	lastDuration: (suite: Suite, one: Case) => number | undefined,
): Estimate {
	const left = new Map<Case, number | undefined>();
	for (const suite of suites)
		for (const one of suite.cases) if (one.skip === undefined) left.set(one, lastDuration(suite, one));
	const known = [...left.values()].filter((duration) => duration !== undefined);
	return {
		ended(one, duration) {
			if (left.delete(one) && duration > 0) known.push(duration);
		},
		left() {
			if (known.length === 0) return undefined;
			const usual = known.reduce((sum, duration) => sum + duration, 0) / known.length;
			const total = [...left.values()].reduce<number>((sum, duration) => sum + (duration ?? usual), 0);
			return total / Math.min(jobs, Math.max(left.size, 1));
		},
	};
}
