/** A limit that was hit, and what could have been. */

import type { AppliedLimit, CountedLimit, OtherLimit } from '../model/applied-limit.js';
import type { Forks, ProcessLimit } from '../model/messages.js';
import type { Observed } from '../model/observed.js';
import type { OwnLimit } from '../model/own-limits.js';
import type { Victim } from './victims.js';

export interface Cause {
	/** Name of the cgroup v2 file, also on v1 hosts; or of a resource limit such as `RLIMIT_CPU`; or `seccomp`, `cpu.time`, `output`, `timeout`, `forks`, `tmpfs`, `memory` of the host. */
	limit: string;
	/**
	 * Whose limit it is: the container's, that of a cgroup below or above it, or what the host has. Of a command that is only
	 * observed `self` is the cgroup that it is in, whoever has set the limit there.
	 */
	level: 'self' | 'below' | 'ancestor' | 'host';
	/**
	 * Where the limit is not that of a container: the cgroup that has it. One below by its path from the container's on,
	 * empty where it was removed before the end. Of a tmpfs: where it is mounted.
	 */
	path?: string;
	/** The limit in force, in its own notation; empty where there is no number. */
	value: string;
	/** How often it was hit. For a cgroup above: by whatever runs in it. At least 1 where the kernel only says that it was. */
	hits: number;
	/** The counter, or what else says so. */
	evidence: string;
	/** It ended the program; `null`: it may have, the kernel does not say whom it killed. */
	fatal: boolean | null;
	/**
	 * Who was killed for it, where it is a matter of memory: those that the kernel's log ties to this container. `null`: the
	 * log may not be read, or has none of them any more.
	 */
	victims?: Victim[] | null;
	/** Milliseconds after the start, when `update` changed the limit; absent: it was in force at the end. */
	until?: number;
	/** The same for people. */
	sentence: string;
}

export interface Ended {
	exitCode: number | null;
	signal: string | null;
	timedOut: boolean;
	/** The controller's caller had it killed, or the controller for one of its own limits. */
	killed: boolean;
	/** That limit. */
	exceeded?: OwnLimit | undefined;
	/** Bytes that came over stdout and stderr, where they are counted. */
	outputBytes?: number | undefined;
	/** What the process had at its end, where a limit of its own may have sent the signal. */
	process?: { cpuTime: number; rlimits: readonly ProcessLimit[] } | undefined;
}

/** What could be hit. */
export interface InForce {
	limits: readonly AppliedLimit[];
	ancestors: readonly OtherLimit[];
	/** Of the cgroups that the program has made. */
	below: readonly OtherLimit[];
	/** The tmpfs that were full when the program ended. */
	full?: readonly { path: string; size: string }[];
	/** Those of the container's of which the kernel counts the hits, and nothing else. */
	counted?: readonly CountedLimit[];
	/** Who was killed for lack of memory; `null`: nobody can say. */
	victims?: readonly Victim[] | null;
	rlimits: readonly { type: string; soft: number; hard: number }[];
	seccomp: boolean;
	timeout: number | undefined;
	/** Of a command that is only observed: the cgroups around it, in the place of one of its own. */
	observed?: Observed | undefined;
	/** Those that were to be refused by their number. */
	forks?: Forks | undefined;
}

/** The value of a limit of the container's own; `undefined` when there is none. */
export function limitOf({ limits }: InForce, name: string): string | undefined {
	const held = limits.find(({ limit }) => limit === name)?.value;
	return held === undefined || held === 'max' || held.startsWith('max ') ? undefined : held;
}

/** What another cgroup is called in a sentence. */
export function nameOf(level: Cause['level'], path: string): string {
	if (level !== 'below') return path;
	return path === '' ? 'a cgroup below that was removed before the end' : `the cgroup ${path} below`;
}
