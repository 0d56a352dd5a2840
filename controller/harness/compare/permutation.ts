/**
 * Whether what was measured of two programs differs, without a guess of how the noise is spread: a permutation test of ranks.
 *
 * The measurements come in blocks, each of some of both programs, made close together in time. If the two do not differ, it is
 * chance which of a block belong to which: so the sum of the ranks of one program is compared with what the sum would be for
 * every other way to share out each block. Ranks, so that one run that was disturbed counts as one; over all blocks, after the
 * middle of its block was taken from each value (Hodges and Lehmann's aligned ranks, 1962), so that what changes slowly
 * changes nothing. With one block this is the test of Wilcoxon, Mann and Whitney, with exact chances also for ties.
 */
import { median } from '../median.js';

export interface Block {
	base: readonly number[];
	/** Of the program that may differ from it. */
	other: readonly number[];
}

/** How `other` differs from `base`, in the unit of the values. */
export interface Difference {
	/** The median of all differences within the blocks (Hodges and Lehmann). */
	estimate: number;
	/** What no test at this confidence excludes; `null`: too few values to exclude any on this side. */
	from: number | null;
	/** The other end; `null` as before. */
	to: number | null;
}

/**
 * The chance, 0 to 1, of ranks of `other` as high as these if `other` was `base` plus `by`: where it is small, `other` is
 * higher by more than that. Exact where all ways to share out can be counted, else by the normal distribution.
 */
export function chanceOfMore(blocks: readonly Block[], by: number): number {
	const ranked = ranksOf(blocks, by);
	const observed = sum(ranked.flatMap(({ ranks, others }) => ranks.slice(ranks.length - others)));
	return isCountable(ranked) ? countedChance(ranked, observed) : normalChance(ranked, observed);
}

/** The same of `other` being lower than `base` plus `by`. */
export function chanceOfLess(blocks: readonly Block[], by: number): number {
	return chanceOfMore(
		blocks.map(({ base, other }) => ({ base: other, other: base })),
		-by,
	);
}

/** `confidence`, for example 0.95, is that of both ends together. Finds where the test begins to exclude. */
export function differenceOf(blocks: readonly Block[], confidence: number): Difference {
	const differences = blocks.flatMap(({ base, other }) => base.flatMap((one) => other.map((value) => value - one)));
	const chance = (1 - confidence) / 2;
	const [least, most] = [Math.min(...differences), Math.max(...differences)];
	const beyond = (most - least || Math.abs(most) || 1) * 1e-6;
	return {
		estimate: median(differences) ?? Number.NaN,
		from: edge(least - beyond, most + beyond, (by) => chanceOfMore(blocks, by) <= chance),
		to: edge(most + beyond, least - beyond, (by) => chanceOfLess(blocks, by) <= chance),
	};
}

/** How often the way from one to the other is halved: to a millionth of it. */
const halvings = 20;

/** From `excluded` on towards the other, the last that still is; `null` where not even the first is. */
function edge(excluded: number, included: number, isExcluded: (by: number) => boolean): number | null {
	if (!isExcluded(excluded)) return null;
	let [out, within] = [excluded, included];
	for (let i = 0; i < halvings; i++) {
		const middle = (out + within) / 2;
		if (isExcluded(middle)) out = middle;
		else within = middle;
	}
	return Number(out.toFixed(6)) || 0; // the halving comes as near as that
}

/** The ranks of a block: those of `base` first. They are integers: of ties twice the mean of their ranks. */
interface Ranked {
	ranks: number[];
	others: number;
}

function ranksOf(blocks: readonly Block[], by: number): Ranked[] {
	const moved = blocks.map(({ base, other }) => [...base, ...other.map((value) => value - by)]);
	// of one block the middle is the same for all
	const aligned = blocks.length === 1 ? moved : moved.map((values) => without(median(values) ?? 0, values));
	const sorted = aligned.flat().sort((one, other) => one - other);
	const ranks = new Map<number, number>();
	for (let first = 0; first < sorted.length; ) {
		let next = first + 1;
		while (sorted[next] === sorted[first]) next++;
		ranks.set(sorted[first] as number, first + 1 + next); // twice the mean of first + 1 … next
		first = next;
	}
	const isUntied = ranks.size === sorted.length; // then all are even, and half of it is enough
	return aligned.map((values, index) => ({
		ranks: values.map((value) => (ranks.get(value) as number) / (isUntied ? 2 : 1)),
		others: blocks[index]?.other.length ?? 0,
	}));
}

/** What differs only by how a processor rounds is a tie. */
function without(middle: number, values: readonly number[]): number[] {
	return values.map((value) => Number((value - middle).toPrecision(10)));
}

/** Steps of the counting that are a matter of some tens of milliseconds. */
const countable = 2e7;

function isCountable(ranked: readonly Ranked[]): boolean {
	let [steps, reach] = [0, 0];
	for (const { ranks, others } of ranked) {
		const fewer = Math.min(others, ranks.length - others);
		const own = fewer * Math.max(...ranks);
		steps += ranks.length * fewer * own + reach * Math.min(own, waysOf(ranks.length, fewer));
		reach += own;
	}
	return steps <= countable;
}

/** To choose so many of them. */
function waysOf(values: number, chosen: number): number {
	let ways = 1;
	for (let i = 1; i <= chosen; i++) ways *= (values - chosen + i) / i;
	return ways;
}

/** Counts, block by block, with how many ways the sum is how much. */
function countedChance(ranked: readonly Ranked[], observed: number): number {
	let chances: Float64Array = Float64Array.of(1);
	for (const block of ranked) chances = convolved(chances, sumsOf(block));
	// what is summed first is what is least
	let chance = 0;
	for (let value = chances.length - 1; value >= observed; value--) chance += chances[value] as number;
	return Math.min(1, chance);
}

/** A sum, and with what chance it is there. */
type Sums = readonly (readonly [value: number, chance: number])[];

/** Of `others` of the ranks. Of both programs the one with fewer values is counted. */
function sumsOf({ ranks, others }: Ranked): Sums {
	const fewer = Math.min(others, ranks.length - others);
	const ways = waysOf(ranks.length, fewer);
	if (ways <= few) return choices(ranks, others, 0, 0).map((value) => [value, 1 / ways]);
	const total = sum(ranks);
	const counted = kept(`${fewer} ${ranks.toSorted((one, other) => one - other)}`, () => subsetSums(ranks, fewer));
	const sums = [...counted.entries()].filter(([, chance]) => chance > 0);
	return fewer === others ? sums : sums.map(([value, chance]) => [total - value, chance]);
}

/** So many ways are gone through one by one. */
const few = 20;

/** The sums of so many ranks from `from` on, each way by itself. */
function choices(ranks: readonly number[], size: number, from: number, before: number): number[] {
	if (size === 0) return [before];
	const sums: number[] = [];
	for (let at = from; at <= ranks.length - size; at++)
		sums.push(...choices(ranks, size - 1, at + 1, before + (ranks[at] as number)));
	return sums;
}

function subsetSums(ranks: readonly number[], size: number): Float64Array {
	const width = sum(ranks.toSorted((one, other) => other - one).slice(0, size)) + 1;
	const rows = Array.from({ length: size + 1 }, () => new Float64Array(width));
	(rows[0] as Float64Array)[0] = 1;
	for (const [index, rank] of ranks.entries())
		for (let chosen = Math.min(size, index + 1); chosen > 0; chosen--) {
			const [from, to] = [rows[chosen - 1] as Float64Array, rows[chosen] as Float64Array];
			for (let value = width - 1; value >= rank; value--)
				to[value] = (to[value] as number) + (from[value - rank] as number);
		}
	const ways = rows[size] as Float64Array;
	const all = sum([...ways]);
	return ways.map((count) => count / all);
}

/** An interval asks for the same ranks again and again. */
const known = new Map<string, Float64Array>();

function kept(key: string, make: () => Float64Array): Float64Array {
	const found = known.get(key);
	if (found) return found;
	if (known.size >= 200) known.clear();
	const made = make();
	known.set(key, made);
	return made;
}

function convolved(one: Float64Array, sums: Sums): Float64Array {
	const result = new Float64Array(one.length + Math.max(...sums.map(([value]) => value)));
	for (const [value, chance] of sums)
		for (let at = 0; at < one.length; at++)
			result[at + value] = (result[at + value] as number) + (one[at] as number) * chance;
	return result;
}

/** That of the normal distribution which such a sum nears the more ranks there are; half a rank is for its steps. Never 0. */
function normalChance(ranked: readonly Ranked[], observed: number): number {
	let [mean, variance] = [0, 0];
	for (const { ranks, others } of ranked) {
		const all = ranks.length;
		const middle = sum(ranks) / all;
		mean += others * middle;
		variance += ((others * (all - others)) / (all * (all - 1))) * sum(ranks.map((rank) => (rank - middle) ** 2));
	}
	return variance === 0 ? 1 : normalTail((observed - mean - 0.5) / Math.sqrt(variance));
}

/** The chance of more than that many standard deviations: Abramowitz and Stegun (1964), 26.2.17. */
function normalTail(deviations: number): number {
	if (deviations < 0) return 1 - normalTail(-deviations);
	const density = Math.exp((-deviations * deviations) / 2) / Math.sqrt(2 * Math.PI);
	const at = 1 / (1 + 0.2316419 * deviations);
	const factors = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
	return Math.max(Number.MIN_VALUE, density * factors.reduce((total, factor) => (total + factor) * at, 0));
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
