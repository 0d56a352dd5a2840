/** What the kernel counts in the cgroups of a container, in one form for v1 and v2. */

/** Where the counters are: one directory a hierarchy. */
export interface CountedDirectory {
	version: 1 | 2;
	controllers: string[];
	path: string;
}

/** A number of the kernel; `null`: this kernel, or this host, does not count it, or it could not be read. */
export type Count = number | null;

/** Times are microseconds, sizes bytes. Everything but `current` and `peak` only grows. */
export interface Counters {
	tasks: {
		current: Count;
		/** Most at once. */
		peak: Count;
		/** Forks refused. pids.events. */
		refused: Count;
	};
	memory: {
		current: Count;
		/** Most charged at once. */
		peak: Count;
		swap: Count;
		swapPeak: Count;
		/** Times the container's memory.high was exceeded, and who did it slowed down. */
		high: Count;
		/** Times the container's memory.max was reached, whether or not something could be reclaimed. */
		max: Count;
		/** Times nothing more could be reclaimed below the container's memory.max. v1 does not count it. */
		oom: Count;
		/** Processes killed for lack of memory, also in the cgroups below, and whoever's limit it was. */
		oomKills: Count;
		/** Times all of the container was killed together: memory.oom.group. */
		groupKills: Count;
		/** Times memory.swap.max was reached. */
		swapMax: Count;
	};
	cpu: {
		total: Count;
		user: Count;
		system: Count;
		periods: Count;
		throttledPeriods: Count;
		throttled: Count;
	};
	io: { readBytes: Count; writtenBytes: Count; reads: Count; writes: Count };
	/** Time in which some, or all, of the tasks waited for the resource: PSI. */
	pressure: Record<'cpu' | 'memory' | 'io', { some: Count; full: Count }>;
}

type Tree = { [name: string]: Count | Tree };

/** The growth of every number but the levels. */
export function since<T extends object>(before: T, now: T): T {
	const [old, result] = [before as unknown as Tree, { ...now } as unknown as Tree];
	for (const [name, value] of Object.entries(result)) {
		const base = old[name];
		if (typeof value === 'object' && value !== null) result[name] = since(base as Tree, value);
		else if (!levels.has(name) && typeof value === 'number' && typeof base === 'number') result[name] = value - base;
	}
	return result as unknown as T;
}

const levels = new Set(['current', 'peak', 'swap', 'swapPeak']);
