/** The order of the runs, and when there are enough: as soon as all figures are decided, or where a bound is reached. */
import { isDecided, outcomesOf, type Round, type Rules } from './decide.js';
import type { Sample } from './figures.js';

export type Side = 'base' | 'command';

/** One run of a side. Run 0 is not counted: it finds, for both, what nobody has read yet. */
export type Measure = (side: Side, run: number) => Promise<Sample>;

/** Runs of each side after which it is looked whether enough is known; a test for each makes all of them less certain. */
const looks = [12, 20, 40, 80];

export interface Bounds {
	/** The numbers of runs after which it is looked. */
	plan: readonly number[];
	rules: Rules;
	/** Milliseconds. */
	maxTime: number;
}

/** How many runs. */
export interface Runs {
	/** Of the base. */
	base: number;
	/** Of the command. */
	command: number;
}

export interface Measured {
	rounds: Round[];
	/** How many count. */
	runs: Runs;
	ended: 'decided' | 'runs' | 'time';
}

/** Four runs together, A B B A or B A A B, so that what gets slower all the time does so for both. */
export async function inTurn(measure: Measure, { plan, rules, maxTime }: Bounds): Promise<Measured> {
	const isUp = timer(maxTime);
	const random = seeded(1);
	const rounds: Round[] = [];
	for (const side of ['base', 'command'] as const) await measure(side, 0);
	const measured = (ended: Measured['ended']): Measured => {
		const runs = 2 * rounds.length;
		return { rounds, runs: { base: runs, command: runs }, ended };
	};
	for (const look of plan) {
		while (2 * rounds.length + 2 <= look) {
			if (isUp()) return measured('time');
			rounds.push(await roundOf(measure, 2 * rounds.length, random() < 0.5));
		}
		if (isDecided(outcomesOf(rounds, rules))) return measured('decided');
	}
	return measured('runs');
}

async function roundOf(measure: Measure, before: number, isBaseFirst: boolean): Promise<Round> {
	const round = { base: [] as Sample[], command: [] as Sample[] };
	const [outer, inner] = isBaseFirst ? (['base', 'command'] as const) : (['command', 'base'] as const);
	for (const side of [outer, inner, inner, outer])
		round[side].push(await measure(side, before + round[side].length + 1));
	return { base: round.base, other: round.command };
}

/** Runs of the command alone, against those that are known. */
export async function againstSaved(
	base: Sample[],
	measure: Measure,
	{ plan, rules, maxTime }: Bounds,
): Promise<Measured> {
	const isUp = timer(maxTime);
	const other: Sample[] = [];
	await measure('command', 0);
	const measured = (ended: Measured['ended']): Measured => ({
		rounds: other.length === 0 ? [] : [{ base, other }],
		runs: { base: base.length, command: other.length },
		ended,
	});
	for (const look of plan) {
		while (other.length < look) {
			if (isUp()) return measured('time');
			other.push(await measure('command', other.length + 1));
		}
		if (isDecided(outcomesOf([{ base, other }], rules))) return measured('decided');
	}
	return measured('runs');
}

function timer(milliseconds: number): () => boolean {
	const begin = performance.now();
	return () => performance.now() - begin >= milliseconds;
}

/** The last look is after as many runs as there may be. */
export function looksUntil(maxRuns: number): number[] {
	return [...looks.filter((look) => look < maxRuns), maxRuns];
}

/** Numbers from 0 to 1 that look random and are the same each time: mulberry32, by Tommy Ettinger. */
export function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
