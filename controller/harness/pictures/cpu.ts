/** The processors that a run used over time, and when it was throttled. */
import type { Result } from '../../report/result.js';
import type { LimitLine, Vertex } from './curve.js';
import type { Hit, Point } from './recording.js';

/** cpu.max holds for each period by itself: over less than that the use says nothing about the limit. */
const period = 100;
const most = 60;

/**
 * The use over windows of equal width, each at least a period of the limit long where there is one. A run that is shorter
 * is one window.
 */
export function usedOver(
	points: readonly Point[],
	{ wallTime }: Pick<Result, 'wallTime'>,
	limit: LimitLine | undefined,
): { path: Vertex[]; hits: Hit[] } {
	const width = Math.max(wallTime / most, limit ? period : 0);
	const edges = windows(points, width);
	const path = edges.slice(1).map((point, index) => {
		const from = edges[index] as Point;
		const used = (point.cpu.total ?? 0) - (from.cpu.total ?? 0);
		return { time: from.wallTime, value: used / (point.wallTime - from.wallTime) };
	});
	const end = edges.at(-1);
	const last = path.at(-1);
	return {
		path: end && last && end.cpu.total !== null ? [...path, { time: end.wallTime, value: last.value }] : [],
		hits: throttled(points),
	};
}

const start: Point = {
	wallTime: 0,
	memory: { current: null, highest: null },
	tasks: { current: null, highest: null },
	cpu: { total: 0, throttledPeriods: 0 },
	paused: false,
};

/** The points where one window ends and the next begins; the last is not shorter than half of the others. */
function windows(points: readonly Point[], width: number): Point[] {
	const edges = [start];
	for (const point of points) if (point.wallTime - (edges.at(-1) as Point).wallTime >= width) edges.push(point);
	const end = points.at(-1);
	const last = edges.at(-1) as Point;
	if (!end || end === last) return edges;
	if (edges.length > 1 && end.wallTime - last.wallTime < width / 2) edges.pop();
	return end.wallTime > (edges.at(-1) as Point).wallTime ? [...edges, end] : edges;
}

function throttled(points: readonly Point[]): Hit[] {
	return points.flatMap(({ wallTime, cpu }, index): Hit[] => {
		const before = points[index - 1] ?? start;
		const count = (cpu.throttledPeriods ?? 0) - (before.cpu.throttledPeriods ?? 0);
		if (count <= 0) return [];
		return [{ from: before.wallTime, to: wallTime, limit: 'cpu.max', counter: 'cpu.stat nr_throttled', count }];
	});
}
