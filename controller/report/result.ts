/** What a run came to: how it ended, what it used, and which limits it hit. */
import type { AppliedLimit, CountedLimit, OtherLimit } from '../model/applied-limit.js';
import { type Change, inForce } from '../model/change.js';
import type { Counters } from '../model/counters.js';
import { defined, nonEmpty } from '../model/defined.js';
import type { Forks, ProcExited } from '../model/messages.js';
import { signalName } from '../model/numbers.js';
import type { ObservedCgroup } from '../model/observed.js';
import type { OwnLimit } from '../model/own-limits.js';
import type { Plan } from '../model/plan.js';
import type { Done } from '../model/schedule.js';
import type { Ended as EndedBy, InForce } from './cause.js';
import { formerLimits } from './former.js';
import { type Usage, usageOf } from './usage.js';
import { type Verdict, verdictOf } from './verdict.js';
import type { Victim } from './victims.js';

/** How a program ended. */
export interface Ended {
	/** Exit status 0 to 255; `null`: a signal ended the program, or how it ended is not known. */
	exitCode: number | null;
	/** Name of the signal that ended the program; `null`: it exited, or how it ended is not known. */
	signal: string | null;
	/** It left a core file, or gave one to whoever takes them: core(5). `null`: not known. */
	coreDumped: boolean | null;
}

/** The shim was ended before it could say how the program did. */
export interface Unanswered {
	type: 'unanswered';
	/** When this was seen. */
	time: number;
	/** As wait(2) has it, where the kernel shows it. */
	waitStatus: number | undefined;
	rusage?: never;
	forks?: never;
	full?: never;
}

export interface Result extends Ended {
	/** Of this run: unlike that of any other on this host. */
	id: string;
	/** The command and its arguments: args[0] is looked up in PATH where it has no slash. */
	args: string[];
	/** The `timeout` ended it. */
	timedOut: boolean;
	/** Milliseconds from the moment the limits were in force to the end. */
	wallTime: number;
	/** The limits as the kernel took them; those in force at the end. */
	limits: readonly AppliedLimit[];
	/** What `update` changed in them, in this order. */
	changes: Pick<Change, 'wallTime' | 'limits'>[];
	/** Forks that the program and its descendants tried, where the option `refuseForks` was given. */
	forks?: Forks;
	/** Bytes that came over stdout and stderr, where `outputMax` was given; what came after the kill is among them. */
	outputBytes?: number;
	/** What was done to it when, and what was not, where the option `schedule` was given. */
	schedule?: Done[];
	/** What it used, all in it together. */
	usage: Usage;
	/** Of a command that was only observed: nothing was limited or isolated, `limits` is empty, and of `usage` only `rusage` is its own. */
	observed?: {
		/** The cgroups that it ran in, with the limits that others have set there, and what these did. */
		cgroups: ObservedCgroup[];
		/** What was counted in the cgroup that it was in, of all processes there. */
		usage: Omit<Usage, 'rusage'>;
	};
	/** Which limits were hit, and whether one of them ended it. */
	verdict: Verdict;
	/** What could not be found out, what went wrong at the end, and what is left for that, a sentence each. */
	notes?: string[];
}

export interface Outcome {
	plan: Plan;
	exited: ProcExited | Unanswered;
	counters: Counters;
	ancestors: readonly OtherLimit[];
	below: readonly OtherLimit[];
	counted: readonly CountedLimit[];
	/** Who was killed for lack of memory; `null`: nobody can say. */
	victims: readonly Victim[] | null;
	/** Those of the launch, */
	limits: readonly AppliedLimit[];
	/** and what became of them. */
	changes: readonly Change[];
	/** When the limits were in force: microseconds of CLOCK_MONOTONIC. */
	startedAt: number;
	timedOut: boolean;
	/** It was killed for this limit of procready's own. */
	exceeded?: OwnLimit | undefined;
	/** Bytes that came over stdout and stderr, where they are counted. */
	outputBytes?: number | undefined;
	/** The controller itself has killed it, other than by the time-out. */
	killed: boolean;
	schedule?: Done[] | undefined;
	/** What could not be read at the end, a sentence each. */
	unread: readonly string[];
	/** The cgroups that somebody else has removed meanwhile. */
	removed: readonly string[];
}

export function resultOf(outcome: Outcome): Result {
	const { plan, exited, counters, startedAt, timedOut, killed, exceeded, outputBytes, removed } = outcome;
	const wallTime = wallTimeOf(exited, startedAt);
	const changes = outcome.changes.filter((change) => change.wallTime <= wallTime); // what came later changed nothing
	const schedule = outcome.schedule?.map((done) => inTime(done, wallTime));
	const limits = inForce(outcome.limits, changes);
	const ended = { ...endedOf(exited), timedOut };
	const usage = usageOf(counters, exited.rusage);
	const notes = [
		...(removed.length > 0 ? [removedText(removed)] : []),
		...outcome.unread.map((text) => `${text}: what it says is not known`),
	];
	return {
		id: plan.id,
		args: plan.init.args,
		...ended,
		wallTime,
		limits,
		changes: changes.map(({ wallTime, limits }) => ({ wallTime, limits })),
		...defined({ forks: exited.forks, outputBytes, schedule, notes: nonEmpty(notes) }),
		usage,
		verdict: verdictOf(
			{ ...ended, killed, exceeded, outputBytes, process: processOf(exited) },
			inForceOf(outcome, limits),
			usage,
			formerLimits(outcome.limits, changes),
		),
	};
}

function removedText(paths: readonly string[]): string {
	return `removed by somebody else while the program ran: ${paths.join(', ')}: what was counted there is not known, and the limits there held only until then`;
}

function fullOf({ plan, exited }: Outcome): NonNullable<InForce['full']> {
	const mounts = exited.full?.flatMap((index) => plan.init.mounts?.[index] ?? []) ?? [];
	return mounts.map(({ destination, data = [] }) => ({ path: destination, size: data.join(',') }));
}

function inForceOf(outcome: Outcome, limits: readonly AppliedLimit[]): InForce {
	const { plan, exited, ancestors, below, counted, victims } = outcome;
	const { rlimits = [], seccomp } = plan.init;
	const { timeout } = plan;
	return {
		limits,
		ancestors,
		below,
		counted,
		victims,
		rlimits,
		seccomp: seccomp !== undefined,
		timeout,
		forks: exited.forks,
		full: fullOf(outcome),
	};
}

/** The controller hears of the end a moment later. */
function inTime(done: Done, wallTime: number): Done {
	const isLate = done.time !== null && done.time > wallTime;
	return isLate ? { error: 'the program had ended', ...done, time: null } : done;
}

/** What a limit of its own may have sent the signal for. */
export function processOf(exited: Outcome['exited']): EndedBy['process'] {
	if (exited.type === 'unanswered' || !('signal' in exited) || exited.cpuTime === undefined) return undefined;
	return { cpuTime: exited.cpuTime, rlimits: exited.rlimits ?? [] };
}

export function endedOf(exited: Outcome['exited']): Ended {
	if (exited.type === 'unanswered') return endedBy(exited.waitStatus);
	return {
		exitCode: 'code' in exited ? exited.code : null,
		signal: 'signal' in exited ? signalName(exited.signal) : null,
		coreDumped: 'coreDumped' in exited && exited.coreDumped,
	};
}

function endedBy(waitStatus: number | undefined): Ended {
	if (waitStatus === undefined) return { exitCode: null, signal: null, coreDumped: null };
	const signal = waitStatus & 0x7f;
	return {
		exitCode: signal === 0 ? waitStatus >> 8 : null,
		signal: signal === 0 ? null : signalName(signal),
		coreDumped: (waitStatus & 0x80) !== 0,
	};
}

/** Milliseconds. */
export function wallTimeOf({ time }: Pick<ProcExited, 'time'>, startedAt: number): number {
	return Math.max(0, time - startedAt) / 1000;
}
