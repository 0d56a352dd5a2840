/** A curve of a run as plain data. */

import type { Hit } from './recording.js';
import type { Division } from './scale.js';

export interface Curve {
	name: 'memory' | 'tasks' | 'cpu';
	title: string;
	/** `steps`: the value is held until the next one. */
	shape: 'line' | 'steps';
	division: Division;
	show(value: number): string;
	/** Milliseconds and values, in the order of time; empty where this kernel does not count it. */
	path: readonly Vertex[];
	/** The highest, as the kernel counted it, and where in the path it is. */
	peak: Vertex | undefined;
	limits: readonly LimitLine[];
	hits: readonly Hit[];
}

export interface Vertex {
	time: number;
	value: number;
}

export interface LimitLine {
	/** Name of its cgroup v2 file. */
	limit: string;
	/** One after the other; without a value there is no limit meanwhile. */
	spans: { from: number; to: number; value: number | undefined }[];
}

export interface Pause {
	from: number;
	to: number;
}
