/** A sweep on several machines: each runs some of the values and writes its points, and all of them are merged. */
import { randomUUID } from 'node:crypto';
import { count } from '../../report/words.js';
import { type Provenance, provenance } from '../provenance.js';
import { type HostOfShard, hostOfShard, type ShardFacts } from '../shards/facts.js';
import { partsOf, type Refused } from '../shards/parts.js';
import { readSealed, sealing, type Unreadable } from '../shards/sealed.js';
import type { Shard } from '../shards/shard.js';
import type { Point } from './sweep.js';

/** What all shards together run, by which they are held against each other. */
export interface SweepWhole {
	shard: Shard;
	/** As it was written: `cpu.max=0.1..2`. */
	range: string;
	command: string[];
	/** All that holds of each run, as JSON. */
	options: string;
	/** All values, in their order. */
	values: string[];
}

interface SweepHead extends Provenance {
	type: 'sweep';
	run: string;
	whole: SweepWhole;
	on: HostOfShard;
}

type SweepLine = { type: 'point'; point: Point } | { type: 'end'; duration: number };

/** What a file of a shard says. */
export interface SweepPart {
	path: string;
	head: SweepHead;
	points: Point[];
	end: { duration: number } | undefined;
}

export interface SweepWriter {
	point(point: Point): void;
	end(): void;
}

export function writeSweep(write: (text: string) => void, whole: SweepWhole): SweepWriter {
	const start = performance.now();
	const line: (one: SweepHead | SweepLine) => void = sealing(write);
	const head = provenance();
	line({ type: 'sweep', ...head, run: randomUUID(), whole, on: hostOfShard(head) });
	return {
		point: (point) => line({ type: 'point', point }),
		end: () => line({ type: 'end', duration: performance.now() - start }),
	};
}

export function readSweep(path: string): SweepPart | Unreadable {
	const read = readSealed<SweepHead, SweepLine>(path, 'sweep', 'procready sweep --blob');
	if ('wrong' in read) return read;
	const end = read.lines.find((one) => one.type === 'end');
	const points = read.lines.flatMap((one) => (one.type === 'point' ? [one.point] : []));
	return { path, head: read.head, points, end: read.isWhole ? end : undefined };
}

export interface MergedSweep {
	/** In the order of their values, each with the host that it was measured on. */
	points: Point[];
	shards: ShardFacts[];
	notes: string[];
}

export function mergeSweeps(read: readonly (SweepPart | Unreadable)[]): MergedSweep | Refused {
	const parts = partsOf(read, {
		last: ({ points }) => `it has ${count(points.length, 'value')}`,
		differences,
		incomplete: () => [],
	});
	if ('wrong' in parts) return parts;
	const { complete, notes } = parts;
	const { range, values } = complete[0].head.whole;
	const all = complete.flatMap(({ head, points }) => points.map((point) => ({ ...point, host: head.on.host })));
	const distinct = [...new Set(values)]; // a list may have one twice
	const of = (value: string) => all.filter((point) => point.value === value);
	const wrong = distinct.flatMap((value) => {
		const [ran, asked] = [of(value).length, values.filter((one) => one === value).length];
		return ran === asked ? [] : [`${range}: the value ${value} ran ${ran} times in all shards, and should ${asked}`];
	});
	if (wrong.length > 0) return { wrong };
	return {
		points: distinct.flatMap(of),
		shards: complete.map(({ head, points, end }) => ({
			...head.whole.shard,
			...head.on,
			cases: points.length,
			duration: end?.duration ?? 0,
		})),
		notes,
	};
}

function differences({ head: { whole: a } }: SweepPart, { head: { whole: b } }: SweepPart): string[] {
	return [
		...(a.shard.count === b.shard.count ? [] : [`one is of ${a.shard.count} shards, one of ${b.shard.count}`]),
		...(a.range === b.range && a.values.join() === b.values.join() ? [] : [`one is of ${a.range}, one of ${b.range}`]),
		...(a.command.join('\0') === b.command.join('\0') ? [] : ['they ran other commands']),
		...(a.options === b.options ? [] : ['they had other options']),
	];
}
