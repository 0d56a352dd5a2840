/** The curves of a run, in the units of what they show: where they go, their limits, and when those were hit. */

import type { AppliedLimit } from '../../model/applied-limit.js';
import type { Result } from '../../report/result.js';
import { bytes } from '../../report/words.js';
import { usedOver } from './cpu.js';
import type { Curve, LimitLine, Pause, Vertex } from './curve.js';
import type { Level, Point, Recording } from './recording.js';

type Run = Pick<Result, 'changes' | 'wallTime' | 'usage'>;

export function curvesOf(run: Run, recording: Recording): Curve[] {
	const points = until(run.wallTime, recording.points);
	const lines = (...names: string[]) =>
		names.flatMap((name) => limitLine(name, recording.limits, run)).filter(({ spans }) => spans.some(hasValue));
	const hitsOf = (resource: string) => recording.hits.filter(({ limit }) => limit.startsWith(`${resource}.`));
	const levels = (of: 'memory' | 'tasks') => {
		const path = levelPath(points.map((point) => [point.wallTime, point[of]]));
		return { path, peak: peakOf(path, run.usage[of].peak) };
	};
	const cpuLimits = lines('cpu.max');
	const { path, hits } = usedOver(points, run, cpuLimits[0]);
	return [
		{
			...{ name: 'memory', title: 'Memory', shape: 'line', division: 'binary', show: bytes },
			...levels('memory'),
			limits: lines('memory.max', 'memory.high'),
			hits: hitsOf('memory').filter(({ limit }) => limit !== 'memory.swap.max'),
		},
		{
			...{ name: 'tasks', title: 'Tasks', shape: 'steps', division: 'whole', show: String },
			...levels('tasks'),
			limits: lines('pids.max'),
			hits: hitsOf('pids'),
		},
		{
			...{ name: 'cpu', title: 'Processors', shape: 'steps', division: 'decimal', show: (value) => trim(value) },
			path,
			peak: undefined,
			limits: cpuLimits,
			hits,
		},
	];
}

/** Without what was seen later: the last point is the end. */
export function until(end: number, points: readonly Point[]): Point[] {
	const last = points.at(-1);
	return [...points.filter(({ wallTime }) => wallTime < end), ...(last ? [{ ...last, wallTime: end }] : [])];
}

export function pausesOf(points: readonly Point[]): Pause[] {
	const pauses: Pause[] = [];
	for (const [index, { paused, wallTime }] of points.entries()) {
		const open = pauses.at(-1);
		if (!paused) continue;
		const to = points[index + 1]?.wallTime ?? wallTime;
		if (open?.to === wallTime) open.to = to;
		else pauses.push({ from: wallTime, to });
	}
	return pauses.filter(({ from, to }) => to > from);
}

/** Where it was higher between two looks than at them, the path goes there half-way. */
function levelPath(levels: [number, Level][]): Vertex[] {
	return levels.flatMap(([time, { current, highest }], index): Vertex[] => {
		if (current === null) return [];
		const [earlier = 0, before] = levels[index - 1] ?? [];
		const isPeak = highest !== null && highest > Math.max(current, before?.current ?? 0);
		return [...(isPeak ? [{ time: (earlier + time) / 2, value: highest }] : []), { time, value: current }];
	});
}

function peakOf(path: readonly Vertex[], peak: number | null): Vertex | undefined {
	const value = peak ?? Math.max(...path.map(({ value }) => value));
	return path.find((vertex) => vertex.value === value);
}

function limitLine(name: string, launched: readonly AppliedLimit[], { changes, wallTime }: Run): LimitLine {
	const held = launched.find(({ limit }) => limit === name)?.value;
	const steps = changes.flatMap((change) => {
		const value = change.limits.find(({ limit }) => limit === name)?.value;
		return value === undefined ? [] : [{ from: change.wallTime, value }];
	});
	const all = [{ from: 0, value: held }, ...steps];
	const spans = all.map(({ from, value }, index) => ({
		from,
		to: all[index + 1]?.from ?? wallTime,
		value: numberOf(value),
	}));
	return { limit: name, spans };
}

/** `max` is none; of `QUOTA PERIOD` the processors. */
export function numberOf(value: string | undefined): number | undefined {
	const [first, second = '1'] = (value ?? 'max').split(' ');
	return first === 'max' ? undefined : Number(first) / Number(second);
}

function hasValue({ value }: { value: number | undefined }): boolean {
	return value !== undefined;
}

function trim(value: number): string {
	return String(Number(value.toPrecision(2)));
}
