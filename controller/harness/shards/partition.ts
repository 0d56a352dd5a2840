/** Divides what is to be run: each part is in exactly one shard, whoever of them computes it. */
import { createHash } from 'node:crypto';
import type { Shard } from './shard.js';

/** What can be divided. */
export interface Part {
	/** The same on every host, and of no other part. */
	id: string;
	/** Milliseconds that it took when it last ran; `undefined`: it is not known. */
	duration?: number | undefined;
}

/** How many the shards are told apart by; `index` is from 0 on. */
type Divide = (parts: readonly Part[], count: number) => number[];

/** Each gives every part the index of its shard, from 0 on. */
export const divisions = {
	/** Neighbours stay together, and no shard has two more than another. */
	slice: (parts, count) => parts.map((_, position) => Math.floor((position * count) / parts.length)),
	/** A part stays in its shard whatever others come and go. */
	hash: (parts, count) => parts.map(({ id }) => Number(hashOf(id) % BigInt(count))),
	time: byTime,
} as const satisfies Record<string, Divide>;

export type Division = keyof typeof divisions;

/** Those of the shard, in their order. Pure. */
export function partOf<P extends Part>(parts: readonly P[], { index, count }: Shard, division: Division): P[] {
	const shards = divisions[division](parts, count);
	return parts.filter((_, position) => shards[position] === index - 1);
}

/**
 * The longest first, each to the shard that has the least so far: no shard gets more than 4/3 of what the best division gives it
 * (R. L. Graham, Bounds on Multiprocessing Timing Anomalies, 1969). What is not known counts as the mean of the others.
 */
function byTime(parts: readonly Part[], count: number): number[] {
	const known = parts.flatMap(({ duration }) => duration ?? []);
	const usual = known.length > 0 ? known.reduce((sum, one) => sum + one, 0) / known.length : 1;
	const lengths = parts.map(({ duration = usual }) => duration);
	const order = [...parts.keys()].sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
	const loads = Array.from({ length: count }, () => ({ time: 0, parts: 0 }));
	const shards: number[] = [];
	for (const position of order) {
		const least = leastOf(loads);
		const load = loads[least] as (typeof loads)[number];
		load.time += lengths[position] as number;
		load.parts++;
		shards[position] = least;
	}
	return shards;
}

/** Of two that are equally long, the one with fewer parts: what took no time is divided too. */
function leastOf(loads: readonly { time: number; parts: number }[]): number {
	return loads.reduce((least, { time, parts }, index) => {
		const other = loads[least] as (typeof loads)[number];
		return time < other.time || (time === other.time && parts < other.parts) ? index : least;
	}, 0);
}

function hashOf(id: string): bigint {
	return createHash('sha256').update(id).digest().readBigUInt64BE();
}
