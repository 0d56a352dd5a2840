/** What a program used, from the kernel's counters. */
import type { Count, Counters } from '../model/counters.js';
import type { Rusage } from '../model/messages.js';

/** Times are milliseconds, sizes bytes, all counted from procReady on, when the limits are in force. `null`: this kernel, or this host, does not count it. */
export interface Usage {
	/** Processes and threads. */
	tasks: {
		/** Most tasks at once. pids.peak. */
		peak: Count;
		/** Forks that were refused. pids.events.local; pids.events of v1 and before Linux 6.11, there also for limits above. */
		refused: Count;
	};
	/** Bytes, and how often limits of memory were hit. */
	memory: {
		/** Most memory charged at once, in bytes. memory.peak; memory.max_usage_in_bytes of v1. */
		peak: Count;
		/** What is still charged at the end, in bytes: files the program read or wrote. memory.current; memory.usage_in_bytes of v1. */
		current: Count;
		/** Most swap at once, in bytes. memory.swap.peak; not in v1. */
		swapPeak: Count;
		/** Times the program was slowed down above memory.high. memory.events.local high; not in v1. */
		highHits: Count;
		/**
		 * Times memory.max was reached, also when memory could be reclaimed. memory.events.local max; memory.failcnt of v1,
		 * which stands still where memory and swap together have the same limit: then `null`.
		 */
		limitHits: Count;
		/** Times memory.swap.max was reached. memory.swap.events max; memory.memsw.failcnt of v1. */
		swapHits: Count;
		/** Times nothing more could be reclaimed. memory.events.local oom; not in v1. */
		oom: Count;
		/**
		 * Processes killed for lack of memory, in the cgroups below too, whoever's limit it was. memory.events oom_kill;
		 * memory.oom_control of v1. With memory.oom.group the kernel counts the first of them twice.
		 */
		oomKills: Count;
		/** Times all of the container was killed together, for memory.oom.group. memory.events.local oom_group_kill; not in v1. */
		groupKills: Count;
	};
	/** Processor time. */
	cpu: {
		/** Milliseconds of processor time, user and system. cpu.stat usage_usec; cpuacct.usage of v1. */
		total: Count;
		/** Milliseconds of it in user mode: the exact total in the ratio of samples. */
		user: Count;
		/** Milliseconds of it in the kernel. */
		system: Count;
		/** Periods of cpu.max in which the container ran. cpu.stat nr_periods. */
		periods: Count;
		/** Periods of cpu.max in which it was throttled. cpu.stat nr_throttled. */
		throttledPeriods: Count;
		/** Milliseconds for which it was throttled. cpu.stat throttled_usec; throttled_time of v1. */
		throttled: Count;
	};
	/** Of block devices. io.stat; blkio.throttle.* of v1, where they are `null` unless the container has a limit of io: a launch would pay for one more hierarchy. */
	io: {
		/** Bytes read. */
		readBytes: Count;
		/** Bytes written. */
		writtenBytes: Count;
		/** Operations that read. */
		reads: Count;
		/** Operations that wrote. */
		writes: Count;
	};
	/** Time in which some, or all, of the tasks waited for the resource (PSI). cpu.pressure, …; not in v1. */
	pressure: {
		/** For processors. */
		cpu: Waited;
		/** For memory: reclaim, and pages that are read again. */
		memory: Waited;
		/** For block devices. */
		io: Waited;
	};
	/**
	 * getrusage(2) of the program and the children it waited for; not inherited from whoever started it. Here too times
	 * are milliseconds and maxrss is bytes. minflt and majflt are page faults, nvcsw and nivcsw context switches. maxrss may
	 * exceed memory.max: it is what the largest process had mapped, files too, and a page of a file is charged only to who
	 * read it first, often outside. All are `null` where the shim, which says them, had to be ended.
	 */
	rusage: RusageOf<Count>;
}

/** Milliseconds since procReady. */
interface Waited {
	/** In which at least one task waited. */
	some: Count;
	/** In which all that were not idle waited. */
	full: Count;
}

/** getrusage(2), with times in milliseconds and sizes in bytes. */
export interface RusageOf<N> extends Record<keyof Rusage, N> {
	/** Milliseconds in user mode. */
	utime: N;
	/** Milliseconds in the kernel. */
	stime: N;
	/** Bytes that the largest process had in memory at once, files too. */
	maxrss: N;
	/** Page faults without a read from a disk. */
	minflt: N;
	/** Page faults with one. */
	majflt: N;
	/** Times a file system had to read from a disk. */
	inblock: N;
	/** Blocks of 512 bytes written to a file system. */
	oublock: N;
	/** Context switches because it waited. */
	nvcsw: N;
	/** Context switches because its time was up, or another task came first. */
	nivcsw: N;
}

export function usageOf(counters: Counters, rusage: Rusage | undefined): Usage {
	return { ...countedOf(counters), rusage: rusage ? rusageOf(rusage) : notCounted };
}

const notCounted: Usage['rusage'] = {
	...{ utime: null, stime: null, maxrss: null, minflt: null, majflt: null },
	...{ inblock: null, oublock: null, nvcsw: null, nivcsw: null },
};

/** All of it but what the kernel says only at the end. */
export function countedOf({ tasks, memory, cpu, io, pressure }: Counters): Omit<Usage, 'rusage'> {
	return {
		tasks: { peak: tasks.peak, refused: tasks.refused },
		memory: {
			peak: memory.peak,
			current: memory.current,
			swapPeak: memory.swapPeak,
			highHits: memory.high,
			limitHits: memory.max,
			swapHits: memory.swapMax,
			oom: memory.oom,
			oomKills: memory.oomKills,
			groupKills: memory.groupKills,
		},
		cpu: {
			total: milliseconds(cpu.total),
			...cpuSplit(cpu),
			periods: cpu.periods,
			throttledPeriods: cpu.throttledPeriods,
			throttled: milliseconds(cpu.throttled),
		},
		io,
		pressure: {
			cpu: waited(pressure.cpu),
			memory: waited(pressure.memory),
			io: waited(pressure.io),
		},
	};
}

/** Times in milliseconds, maxrss in bytes. */
export function rusageOf({ utime, stime, maxrss, ...rest }: Rusage): RusageOf<number> {
	return { utime: utime / 1000, stime: stime / 1000, maxrss: maxrss * 1024, ...rest };
}

/** The exact total in the ratio of the two samples, as cgroup v2 does it itself (cputime_adjust()). */
function cpuSplit({ total, user, system }: Counters['cpu']) {
	if (total === null || user === null || system === null) return { user: null, system: null };
	const sampled = user + system;
	const inUser = sampled === 0 ? total : Math.round((total * user) / sampled);
	return { user: milliseconds(inUser), system: milliseconds(total - inUser) };
}

function waited({ some, full }: { some: Count; full: Count }) {
	return { some: milliseconds(some), full: milliseconds(full) };
}

function milliseconds(microseconds: Count): Count {
	return microseconds === null ? null : microseconds / 1000;
}
