/**
 * The smallest value with which a command always passes, and from where on it sometimes does. Exponential steps find two
 * values between which it lies, and bisection the rest. What passed by luck is found out by more runs at the end.
 */
import type { Trials } from './trials.js';

export interface Bounds {
	least: number;
	most: number;
	/** Where to begin. */
	start: number;
	/** Relative; 0: to the very step. */
	precision: number;
	/** How many runs must pass; twice as many at the value that is found. */
	repeat: number;
}

export interface Boundary {
	/** The smallest value with which all runs passed. */
	always: number;
	/** The smallest value with which one passed: the same where there is no zone of flakiness. */
	sometimes: number;
}

/** `undefined`: not even with `most` does it always pass. */
export async function findBoundary(trials: Trials, bounds: Bounds): Promise<Boundary | undefined> {
	const { least, repeat } = bounds;
	let found = await smallest((value) => trials.all(value, repeat), bounds);
	while (found !== undefined && !(await trials.all(found, 2 * repeat)))
		found = await smallest((value) => trials.all(value, repeat), { ...bounds, least: found + 1, start: found + 1 });
	if (found === undefined) return undefined;
	const below = found - tolerance(found, bounds); // nearer to it nothing is known
	if (below < least || !(await trials.some(below, repeat))) return { always: found, sometimes: found };
	const sometimes = await smallest((value) => trials.some(value, repeat), {
		...bounds,
		start: below,
		most: below,
	});
	return { always: found, sometimes: sometimes ?? found };
}

type Predicate = (value: number) => Promise<boolean>;

/** Where `holds` is false below some value and true from it on: that value, or one nearer to it than the precision. */
async function smallest(holds: Predicate, bounds: Bounds): Promise<number | undefined> {
	const start = Math.min(Math.max(bounds.start, bounds.least), bounds.most);
	const between = (await holds(start)) ? await below(holds, start, bounds) : await above(holds, start, bounds);
	if (between === undefined) return undefined;
	let { good, bad } = between;
	while (good - bad > tolerance(good, bounds)) {
		const middle = Math.floor((good + bad) / 2);
		if (await holds(middle)) good = middle;
		else bad = middle;
	}
	return good;
}

/** In steps. */
function tolerance(value: number, { precision }: Bounds): number {
	return Math.max(1, Math.floor(precision * value));
}

interface Between {
	good: number;
	/** One less than the least is taken to be bad. */
	bad: number;
}

async function below(holds: Predicate, start: number, { least }: Bounds): Promise<Between> {
	let good = start;
	for (let step = 1; good > least; step *= 2) {
		const lower = Math.max(least, good - step);
		if (!(await holds(lower))) return { good, bad: lower };
		good = lower;
	}
	return { good, bad: least - 1 };
}

async function above(holds: Predicate, start: number, { most }: Bounds): Promise<Between | undefined> {
	let bad = start;
	for (let step = 1; bad < most; step *= 2) {
		const higher = Math.min(most, bad + step);
		if (await holds(higher)) return { good: higher, bad };
		bad = higher;
	}
	return undefined;
}
