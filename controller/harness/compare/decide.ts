/** What runs of two programs say of each figure. Pure: the same runs say the same. */
import type { Count } from '../../model/counters.js';
import { median } from '../median.js';
import { type ComparedFigure, comparedFigures, comparedNames, type Sample } from './figures.js';
import { type Block, chanceOfLess, chanceOfMore, type Difference, differenceOf } from './permutation.js';

/**
 * Of all comparisons in which nothing has grown by more than the tolerance, the part in which something is said to have:
 * of all figures and all looks at them together.
 */
export const falseAlarms = 0.002;
/** The chance that a difference that is excluded is there, for each figure and look. */
const missed = 0.005;
const confidence = 0.95;

/**
 * - `grown`, `shrunk`: by more than the tolerance, with certainty
 * - `same`: it does not differ by more than the tolerance, or not by twice as much and by nothing that is seen
 * - `noisy`: neither can be said
 * - `not counted`: not by this host, or not when the base was measured
 * - `not compared`: the base was measured elsewhere
 */
export type Outcome = 'grown' | 'shrunk' | 'same' | 'noisy' | 'not counted' | 'not compared';

export interface FigureComparison {
	/** Its name in the report of a run. */
	figure: ComparedFigure;
	/** What is said of it. */
	outcome: Outcome;
	/** Whether its growth is a failure. */
	judged: boolean;
	/** Medians. Times are milliseconds, sizes bytes, `rusage.inblock` and `oublock` 512 bytes; `null`: not counted. */
	base: Count;
	/** Of the command, in the same unit. */
	now: Count;
	/** By how much it differs, in the same unit, with an interval of 95 %; `null` where it is not compared. */
	difference: Difference | null;
	/** What is more, or less, than the base by no more than this does not matter, in the same unit; `null`: it is not compared. */
	tolerance: number | null;
	/** Of `grown` and `shrunk`, 0 to 1, after the correction for the number of figures and of looks; else `null`. */
	certainty: number | null;
}

/** Runs of both that were made close together. */
export interface Round {
	base: readonly Sample[];
	other: readonly Sample[];
}

export interface Rules {
	/** How often it is decided at most, this time included. */
	looks: number;
	/** The figures of which a growth is a failure. */
	judged: readonly ComparedFigure[];
	/** Relative, in the place of that of each figure. */
	tolerance?: number | undefined;
	/** The base was measured elsewhere. */
	withoutTimes?: boolean;
}

/** What is said of a figure, and of what. */
interface Decided extends Omit<FigureComparison, 'difference'> {
	/** `undefined` where it is not compared. */
	blocks: readonly Block[] | undefined;
}

/** In the order of the figures. Without `difference`, which takes the most time. */
export function outcomesOf(rounds: readonly Round[], rules: Rules): Decided[] {
	const decided = comparedNames.map((figure) => prepared(figure, rounds, rules));
	// those that are only shown make the others no less certain
	for (const judged of [true, false])
		correctAndSay(
			decided.filter((one) => one.judged === judged),
			rules.looks,
		);
	return decided;
}

export function decide(rounds: readonly Round[], rules: Rules): FigureComparison[] {
	return outcomesOf(rounds, rules).map(({ blocks, ...one }) => ({
		...one,
		difference: blocks === undefined ? null : differenceOf(blocks, confidence),
	}));
}

function prepared(figure: ComparedFigure, rounds: readonly Round[], rules: Rules): Decided {
	const { isTime, tolerance: own, grain }: (typeof comparedFigures)[ComparedFigure] = comparedFigures[figure];
	const medianOf = (side: keyof Round) => median(rounds.flatMap((round) => round[side].map((run) => run[figure])));
	const [base, now] = [medianOf('base'), medianOf('other')];
	const isElsewhere = isTime === true && rules.withoutTimes === true;
	const blocks = isElsewhere ? undefined : blocksOf(figure, rounds);
	return {
		figure,
		outcome: blocks ? 'noisy' : isElsewhere ? 'not compared' : 'not counted',
		judged: rules.judged.includes(figure),
		base,
		now,
		tolerance: blocks ? Math.max((rules.tolerance ?? own) * (base ?? 0), grain) : null,
		certainty: null,
		blocks,
	};
}

/** Tests those that can be, and corrects for their number. */
function correctAndSay(family: Decided[], looks: number): void {
	const tests = family.flatMap((one) => {
		const { blocks, tolerance } = one;
		return blocks === undefined || tolerance === null ? [] : [{ one, blocks, tolerance }];
	});
	const more = holm(tests.map(({ blocks, tolerance }) => chanceOfMore(blocks, tolerance) * looks));
	const less = holm(tests.map(({ blocks, tolerance }) => chanceOfLess(blocks, -tolerance) * looks));
	for (const [index, { one, blocks, tolerance }] of tests.entries()) {
		const [grown, shrunk] = [more[index] ?? 1, less[index] ?? 1];
		if (grown <= falseAlarms) Object.assign(one, { outcome: 'grown', certainty: 1 - grown });
		else if (shrunk <= falseAlarms) Object.assign(one, { outcome: 'shrunk', certainty: 1 - shrunk });
		else if (isSame(blocks, tolerance)) one.outcome = 'same';
	}
}

/** Twice the tolerance is excluded; and once, where it seems to differ at all: then more runs can tell. */
function isSame(blocks: readonly Block[], tolerance: number): boolean {
	const isWithin = (bound: number) => chanceOfLess(blocks, bound) <= missed && chanceOfMore(blocks, -bound) <= missed;
	const differs = Math.min(chanceOfMore(blocks, 0), chanceOfLess(blocks, 0)) <= (1 - confidence) / 2;
	const once = tolerance === 0 ? 1 : tolerance; // what may not grow at all is counted
	return isWithin(differs ? once : 2 * once);
}

/** `undefined` where one of the runs did not count it. */
function blocksOf(figure: ComparedFigure, rounds: readonly Round[]): Block[] | undefined {
	const values = (runs: readonly Sample[]) => runs.map((run) => run[figure]);
	const blocks = rounds.map(({ base, other }) => ({ base: values(base), other: values(other) }));
	const isCounted = blocks.every(({ base, other }) => ![...base, ...other].includes(null));
	return blocks.length > 0 && isCounted ? (blocks as Block[]) : undefined;
}

/** Chances of several tests, each corrected so that the least of them is not small by their number (Holm, 1979). */
export function holm(chances: readonly number[]): number[] {
	const order = chances.map((_, index) => index).sort((one, other) => (chances[one] ?? 1) - (chances[other] ?? 1));
	const corrected = [...chances];
	let least = 0;
	for (const [rank, index] of order.entries()) {
		least = Math.max(least, Math.min(1, (chances[index] ?? 1) * (chances.length - rank)));
		corrected[index] = least;
	}
	return corrected;
}

/** Whether more runs could say more. */
export function isDecided(figures: readonly Pick<FigureComparison, 'judged' | 'outcome'>[]): boolean {
	return figures.every(({ judged, outcome }) => !judged || outcome !== 'noisy');
}

export function isCompared({ outcome }: Pick<FigureComparison, 'outcome'>): boolean {
	return outcome !== 'not counted' && outcome !== 'not compared';
}

export function hasGrown(figures: readonly Pick<FigureComparison, 'judged' | 'outcome'>[]): boolean {
	return figures.some(({ judged, outcome }) => judged && outcome === 'grown');
}
