/** A limit that was hit, and what could have been. */

import type { AncestorLimit, AppliedLimit } from '../model/applied-limit.js';
import type { Forks } from '../model/messages.js';

export interface Cause {
	/** Name of the cgroup v2 file, also on v1 hosts; or of a resource limit such as `RLIMIT_CPU`; `seccomp`; `timeout`; `memory`; `forks`. */
	limit: string;
	/** Whose limit it is: the container's, that of a cgroup above it, or what the host has. */
	level: 'self' | 'ancestor' | 'host';
	/** The limit in force, in its own notation; empty where there is no number. */
	value: string;
	/** How often it was hit. For a cgroup above: by whatever runs in it. */
	hits: number;
	/** The counter, or what else says so. */
	evidence: string;
	/** It ended the program. */
	fatal: boolean;
	/** Milliseconds after the start, when `update` changed the limit; absent: it was in force at the end. */
	until?: number;
	/** The same for people. */
	sentence: string;
}

export interface Ended {
	exitCode: number | null;
	signal: string | null;
	timedOut: boolean;
	/** The controller's caller had it killed. */
	killed: boolean;
}

/** What could be hit. */
export interface InForce {
	limits: readonly AppliedLimit[];
	ancestors: readonly AncestorLimit[];
	rlimits: readonly { type: string; soft: number; hard: number }[];
	seccomp: boolean;
	timeout: number | undefined;
	/** Those that were to be refused by their number. */
	forks?: Forks | undefined;
}

/** The value of a limit of the container's own; `undefined` when there is none. */
export function limitOf({ limits }: InForce, name: string): string | undefined {
	const held = limits.find(({ limit }) => limit === name)?.value;
	return held === undefined || held === 'max' || held.startsWith('max ') ? undefined : held;
}
