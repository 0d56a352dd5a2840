/** How long the cases that are left will take: by what each took last, and those of which nothing is known by the others. */
import type { Case, Suite } from './suite.js';

export interface Estimate {
	started(one: Case): void;
	/** `duration` in milliseconds; of one that did not run it is 0. */
	ended(one: Case, duration: number): void;
	/** Milliseconds; `undefined` where nothing is known of any case. */
	left(): number | undefined;
}

/** `jobs`: cases that run at once; `now` in milliseconds. */
export function estimateOf(
	suites: readonly Suite[],
	jobs: number,
	lastDuration: (suite: Suite, one: Case) => number | undefined,
	now: () => number = () => performance.now(),
): Estimate {
	const startedAt = new Map<Case, number>();
	const left = new Map<Case, number | undefined>();
	for (const suite of suites)
		for (const one of suite.cases) if (one.skip === undefined) left.set(one, lastDuration(suite, one));
	const known = [...left.values()].filter((duration) => duration !== undefined);
	return {
		started: (one) => void startedAt.set(one, now()),
		ended(one, duration) {
			if (left.delete(one) && duration > 0) known.push(duration);
		},
		left() {
			if (known.length === 0) return undefined;
			const usual = known.reduce((sum, duration) => sum + duration, 0) / known.length;
			const time = now();
			const total = [...left].reduce<number>((sum, [one, duration = usual]) => {
				const elapsed = time - (startedAt.get(one) ?? time);
				return sum + Math.max(0, duration - elapsed);
			}, 0);
			return total / Math.min(jobs, Math.max(left.size, 1));
		},
	};
}
