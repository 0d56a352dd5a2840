/** A limit as the kernel took it. */

import type { Count } from './counters.js';

/** A limit as the kernel took it. */
export interface AppliedLimit {
	/** Name of its cgroup v2 file, also on v1 hosts. */
	limit: string;
	/** What was asked for, in the notation of that file. */
	asked: string;
	/** What the kernel holds, in the same notation: bytes, tasks, or `QUOTA PERIOD` in microseconds for cpu.max. */
	value: string;
	/** The kernel changed the value; memory limits become whole pages. */
	rounded: boolean;
}

/** A limit of the container's, and how often it was hit. */
export interface CountedLimit extends Pick<AppliedLimit, 'limit' | 'value'> {
	hits: number;
	/** The counter. */
	counter: string;
}

/** A limit of another cgroup than the container's own: of one above it, or of one that the program has made below it. */
export interface OtherLimit {
	/** The file of cgroup v2 that sets it, also where v1 calls it otherwise. */
	limit: 'pids.max' | 'memory.max' | 'memory.high' | 'memory.swap.max' | 'cpu.max';
	/** The directory that has it; one below by its path from the container's on, empty where it was removed before the end. */
	path: string;
	/** Empty where it was removed before the end. */
	value: string;
	/** How often it was hit since the program was started, by whatever runs in it; `null`: this kernel does not say. */
	hits: Count;
	/** The counter. */
	counter: string;
	/** memory.max: how often nothing more could be reclaimed below it, and somebody had to be killed. Not in v1. */
	ooms?: Count;
	/** memory.max, v1: so much was in use once; the counter stands still where memory and swap have one limit. */
	peak?: Count;
	/** memory.max, v1: how many were killed in this very cgroup. */
	kills?: Count;
}
