/** What a run came to: how it ended, what it used, and which limits it hit. */
import { constants } from 'node:os';
import type { AppliedLimit } from '../cgroup/cgroup.js';
import type { Counters } from '../cgroup/statistics.js';
import type { ProcExited, Rusage } from '../protocol/messages.js';
import type { Plan } from '../spec/plan.js';
import { type Verdict, verdictOf } from './verdict.js';

/** Times are milliseconds, sizes bytes. `null`: this kernel does not count it. */
export interface Usage {
	tasks: {
		/** Most tasks at once. pids.peak. */
		peak: number | null;
		/** Forks that were refused. pids.events. */
		refused: number | null;
	};
	memory: {
		/** Most memory charged at once. memory.peak; memory.max_usage_in_bytes of v1. */
		peak: number | null;
		/** Times the limit was reached, also when memory could be reclaimed. memory.events max; memory.failcnt of v1. */
		limitHits: number | null;
		/** Times nothing more could be reclaimed. memory.events oom; not in v1. */
		oom: number | null;
		/** Processes killed for lack of memory. memory.events oom_kill; memory.oom_control of v1. */
		oomKills: number | null;
	};
	cpu: {
		total: number | null;
		user: number | null;
		system: number | null;
		/** Periods of cpu.max in which the container ran, and in which it was throttled; the time it then waited. */
		periods: number | null;
		throttledPeriods: number | null;
		throttled: number | null;
	};
	/**
	 * getrusage(2) of the program and the children it waited for; not inherited from whoever started it. Here too times
	 * are milliseconds and maxrss is bytes.
	 */
	rusage: Rusage;
}

export interface Result {
	id: string;
	args: string[];
	/** Exit status 0 to 255, `null` when a signal ended the program. */
	exitCode: number | null;
	/** Name of the signal that ended the program, `null` when it exited. */
	signal: string | null;
	coreDumped: boolean;
	/** The `timeout` ended it. */
	timedOut: boolean;
	/** Milliseconds from the moment the limits were in force to the end. */
	wallTime: number;
	/** The limits as the kernel took them. */
	limits: readonly AppliedLimit[];
	usage: Usage;
	verdict: Verdict;
}

export interface Outcome {
	plan: Plan;
	exited: ProcExited;
	counters: Counters;
	limits: readonly AppliedLimit[];
	runTime: bigint;
	timedOut: boolean;
}

export function resultOf({ plan, exited, counters, limits, runTime, timedOut }: Outcome): Result {
	const ended = {
		exitCode: 'code' in exited ? exited.code : null,
		signal: 'signal' in exited ? signalName(exited.signal) : null,
		coreDumped: 'coreDumped' in exited && exited.coreDumped,
		timedOut,
	};
	const usage = usageOf(counters, exited.rusage);
	return {
		id: plan.id,
		args: plan.init.args,
		...ended,
		wallTime: Math.max(0, exited.time - Number(runTime / 1000n)) / 1000,
		limits,
		usage,
		verdict: verdictOf(ended, limits, usage, plan.timeout),
	};
}

function usageOf(counters: Counters, { utime, stime, maxrss, ...rest }: ProcExited['rusage']): Usage {
	return {
		tasks: { peak: counters.tasksPeak, refused: counters.tasksRefused },
		memory: {
			peak: counters.memoryPeak,
			limitHits: counters.memoryHits,
			oom: counters.oom,
			oomKills: counters.oomKills,
		},
		cpu: {
			total: milliseconds(counters.cpu),
			...cpuSplit(counters),
			periods: counters.periods,
			throttledPeriods: counters.throttledPeriods,
			throttled: milliseconds(counters.throttled),
		},
		rusage: { utime: utime / 1000, stime: stime / 1000, maxrss: maxrss * 1024, ...rest },
	};
}

/** The exact total in the ratio of the two samples, as cgroup v2 does it itself (cputime_adjust()). */
function cpuSplit({ cpu, cpuUser, cpuSystem }: Counters) {
	if (cpu === null || cpuUser === null || cpuSystem === null) return { user: null, system: null };
	const sampled = cpuUser + cpuSystem;
	const user = sampled === 0 ? cpu : Math.round((cpu * cpuUser) / sampled);
	return { user: milliseconds(user), system: milliseconds(cpu - user) };
}

function milliseconds(microseconds: number | null): number | null {
	return microseconds === null ? null : microseconds / 1000;
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** Real-time signals have numbers only: SIGRTMIN is 34 in glibc. */
function signalName(number: number): string {
	return signalNames.get(number) ?? `SIGRTMIN+${number - 34}`;
}

/** The number of a name that `signalName` gave. */
export function signalNumber(name: string): number {
	return constants.signals[name as NodeJS.Signals] ?? 34 + Number(name.split('+')[1]);
}
