/**
 * What is seen of the cgroups that a command runs in and that others have made: of the one that it is in, and of those above,
 * with the limits that somebody has set there. Nothing here is the container's: there is none.
 */

import type { OtherLimit } from './applied-limit.js';
import type { Count, Counters } from './counters.js';

/** A limit of such a cgroup, and what the kernel counted for it while the command ran. */
export interface ObservedLimit extends Pick<OtherLimit, 'limit' | 'value' | 'hits' | 'counter'> {
	/**
	 * memory.max: whether nothing more could be reclaimed below it. v1 does not count that: there it is whether the limit was
	 * reached. pids.max: whether as many tasks were there once. `null`: this kernel does not say.
	 */
	exceeded: boolean | null;
}

export interface ObservedCgroup {
	/** Its directory, as this process sees it. */
	path: string;
	/** Of cgroups. */
	version: 1 | 2;
	/** Of those that limit memory, tasks and processor time the ones that it has. */
	controllers: string[];
	/** The command is in this very cgroup; else in one below it. */
	own: boolean;
	/**
	 * Whether there were processes in it, or below it, that are neither the command's nor procready's, at the start, at the
	 * end, or at one of the looks between; `null`: the kernel does not tell who is in it.
	 */
	shared: boolean | null;
	/** Cgroups above it are there and cannot be seen from here, with their limits: it is the root of what a container sees. */
	hidesOthers: boolean;
	/** Those that others have set in it. */
	limits: ObservedLimit[];
}

export interface Observed {
	/** For each hierarchy the cgroup that the command is in, and of those above the ones that have a limit or count for it, from there upwards. */
	cgroups: ObservedCgroup[];
	/** What was counted in the cgroup that it is in, of all processes there; without peaks, which nobody may reset. */
	counters: Counters;
	/** Processes killed for lack of memory in the cgroup that counts its memory; `null`: the kernel does not say. */
	kills: Count;
	/** Microseconds of processor time that procready itself has used meanwhile: it is in the same cgroups. */
	ownTime: number;
	/** Forks refused there for whatever cgroup's limit; `null` where each limit has a count of its own. */
	refused: Count;
}
