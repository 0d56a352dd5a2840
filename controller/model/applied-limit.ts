/** A limit as the kernel took it. */

import type { Count } from './counters.js';

/** A limit as the kernel took it. */
export interface AppliedLimit {
	/** Name of its cgroup v2 file, also on v1 hosts. */
	limit: string;
	asked: string;
	/** What the kernel holds. */
	value: string;
	/** The kernel changed the value; memory limits become whole pages. */
	rounded: boolean;
}

export interface AncestorLimit {
	limit: 'pids.max' | 'memory.max' | 'memory.high' | 'cpu.max';
	/** The directory that has it. */
	path: string;
	value: string;
	/** How often it was hit since the baseline, by whatever runs below it; `null`: this kernel does not say. */
	hits: Count;
	/** The counter. */
	counter: string;
	/** v1, memory.max: so much was in use once; the counter stands still where memory and swap have one limit. */
	peak?: Count;
}
