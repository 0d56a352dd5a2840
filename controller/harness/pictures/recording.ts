/** What is seen of a container while it runs, for pictures of it: a bounded number of points, however long that is. */

import type { LimitEvent } from '../../cgroup/events.js';
import type { LiveContainer } from '../../container/live.js';
import type { AppliedLimit } from '../../model/applied-limit.js';
import type { Count } from '../../model/counters.js';
import type { Stats } from '../../report/stats.js';

/** Times are milliseconds since the limits are in force, sizes bytes. */
export interface Recording {
	/** Those of the launch. */
	limits: readonly AppliedLimit[];
	/** In the order of time; the last is the end. Each tells of the time since the one before it. */
	points: readonly Point[];
	hits: readonly Hit[];
}

export interface Point {
	wallTime: number;
	memory: Level;
	tasks: Level;
	/** Since the start. */
	cpu: { total: Count; throttledPeriods: Count };
	paused: boolean;
}

export interface Level {
	current: Count;
	/** Since the point before: what the kernel's peak rose to, or where it did not rise, the most that was seen. */
	highest: Count;
}

/** A limit was hit, from once to many times. */
export interface Hit {
	/** When it was noticed first, and last. */
	from: number;
	to: number;
	limit: string;
	/** As in `LimitEvent`. */
	counter: string;
	count: number;
}

export interface RecordingOptions {
	/** Milliseconds between two points. Default: 10. It doubles each time that there are too many. */
	interval?: number;
	/** So many points at the end, and hits, from 2 on. Default: 512. */
	most?: number;
}

export type Watched = Pick<LiveContainer, 'limits' | 'samples' | 'events'>;

/** Resolves when the container has ended. To be called as soon as it was launched. */
export async function record(container: Watched, options: RecordingOptions = {}): Promise<Recording> {
	const { interval = 10, most = 512 } = options;
	const { limits } = container;
	const [{ points, epoch = 0 }, events] = await Promise.all([
		pointsOf(container, interval, most),
		eventsOf(container, interval, most),
	]);
	const end = points.at(-1)?.wallTime ?? 0;
	const since = (time: number) => Math.min(Math.max(0, time - epoch), end);
	return { limits, points, hits: events.map(({ from, to, ...hit }) => ({ from: since(from), to: since(to), ...hit })) };
}

async function pointsOf(
	container: Watched,
	interval: number,
	most: number,
): Promise<{ points: Point[]; epoch: number | undefined }> {
	let points: Point[] = [];
	let before: Stats | undefined;
	let epoch: number | undefined;
	let distance = interval;
	const take = async () => {
		for await (const sample of container.samples({ interval: distance })) {
			points.push(pointOf(sample, before));
			before = sample;
			epoch ??= sample.time - sample.wallTime;
			if (points.length > most) return 'full';
		}
		return 'ended';
	};
	while ((await take()) === 'full') {
		points = inPairs(points, joined);
		distance *= 2;
	}
	return { points, epoch };
}

function pointOf({ wallTime, memory, tasks, cpu, paused }: Stats, before: Stats | undefined): Point {
	return {
		wallTime,
		memory: levelOf(memory, before?.memory),
		tasks: levelOf(tasks, before?.tasks),
		cpu: { total: cpu.total, throttledPeriods: cpu.throttledPeriods },
		paused,
	};
}

function levelOf({ current, peak }: Record<'current' | 'peak', Count>, before: { peak: Count } | undefined): Level {
	return { current, highest: peak !== null && peak > (before?.peak ?? 0) ? peak : current };
}

function joined(one: Point, next: Point): Point {
	return { ...next, memory: levels(one.memory, next.memory), tasks: levels(one.tasks, next.tasks) };
}

function levels(one: Level, next: Level): Level {
	const seen = [one.highest, next.highest].filter((level) => level !== null);
	return { current: next.current, highest: seen.length > 0 ? Math.max(...seen) : null };
}

/** Times since the epoch. */
async function eventsOf(container: Watched, interval: number, most: number): Promise<Hit[]> {
	let hits: Hit[] = [];
	for await (const event of container.events({ interval })) {
		hits.push(hitOf(event));
		if (hits.length > most) hits = thinned(hits);
	}
	return hits;
}

function hitOf({ time, limit, counter, increase }: LimitEvent): Hit {
	return { from: time, to: time, limit, counter, count: increase };
}

function thinned(hits: readonly Hit[]): Hit[] {
	const counters = [...new Set(hits.map(({ counter }) => counter))];
	return counters
		.flatMap((counter) =>
			inPairs(
				hits.filter((hit) => hit.counter === counter),
				span,
			),
		)
		.sort((one, other) => one.from - other.from);
}

function span(one: Hit, next: Hit): Hit {
	return { ...one, to: next.to, count: one.count + next.count };
}

/** Half as many: each two become one, and one that is left over stays. */
function inPairs<T>(items: readonly T[], join: (one: T, next: T) => T): T[] {
	return items.flatMap((item, index) => {
		if (index % 2 === 1) return [];
		const next = items[index + 1];
		return [next === undefined ? item : join(item, next)];
	});
}
