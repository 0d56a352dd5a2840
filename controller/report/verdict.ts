/** Which limits a run hit, each with the kernel's own evidence and one sentence. */

import type { AncestorLimit } from '../model/applied-limit.js';
import type { Cause, Ended, InForce } from './cause.js';
import { limitOf } from './cause.js';
import { forkCauses } from './fork-causes.js';
import { type FormerLimit, without } from './former.js';
import { memoryCauses } from './memory.js';
import type { Usage } from './usage.js';
import { count, duration } from './words.js';

export interface Verdict {
	/** `passed`: exit status 0. */
	outcome: 'passed' | 'failed' | 'signaled' | 'timed-out';
	/** Empty when no limit was hit. */
	causes: Cause[];
	/** How it ended, where that is no limit's doing: an exit status, or a signal and where it may be from. */
	sentence: string;
}

export function verdictOf(ended: Ended, inForce: InForce, usage: Usage, former: readonly FormerLimit[] = []): Verdict {
	const before = former.map((one) => ({ one, causes: formerCauses(one, usage) }));
	const since = before.reduce((rest, { one, causes }) => (causes.length > 0 ? without(rest, one) : rest), usage);
	const causes = [
		...timeoutCauses(ended, inForce),
		...before.flatMap(({ causes }) => causes),
		...memoryCauses(ended, inForce, since),
		...taskCauses(inForce, since),
		...forkCauses(inForce.forks),
		...cpuCauses(inForce, since),
		...signalCauses(ended, inForce, since),
	];
	return { outcome: outcomeOf(ended), causes, sentence: sentenceOf(ended, causes) };
}

const running: Ended = { exitCode: null, signal: null, timedOut: false, killed: false };

/** Of a limit that was changed: nothing that it did has ended the program. */
function formerCauses({ limit, until, next, usage }: FormerLimit, { rusage }: Usage): Cause[] {
	const inForce = { limits: [limit], ancestors: [], rlimits: [], seccomp: false, timeout: undefined };
	const counted = { ...usage, rusage };
	return [...memoryCauses(running, inForce, counted), ...taskCauses(inForce, counted), ...cpuCauses(inForce, counted)]
		.filter((cause) => cause.limit === limit.limit)
		.map((cause) => ({
			...cause,
			until,
			sentence: `${cause.sentence} It was changed to ${next} after ${duration(until)}.`,
		}));
}

function outcomeOf({ exitCode, timedOut }: Ended): Verdict['outcome'] {
	if (timedOut) return 'timed-out';
	if (exitCode === null) return 'signaled';
	return exitCode === 0 ? 'passed' : 'failed';
}

function sentenceOf({ exitCode, signal, timedOut, killed }: Ended, causes: Cause[]): string {
	if (timedOut) return 'It was still running at the time-out.';
	if (exitCode !== null) return `It exited with status ${exitCode}.`;
	if (causes.some(({ fatal }) => fatal)) return `${signal} ended it, for a limit.`;
	if (killed) return `${signal} ended it, sent by whoever ran it.`;
	if (signal === 'SIGKILL') return 'SIGKILL ended it, and no limit of its own: somebody has sent it.';
	return `${signal} ended it: its own doing, or somebody has sent it.`;
}

function timeoutCauses({ timedOut }: Ended, { timeout }: InForce): Cause[] {
	if (!timedOut || timeout === undefined) return [];
	return [
		{
			limit: 'timeout',
			level: 'self',
			value: String(timeout),
			hits: 1,
			evidence: 'the timer of procready',
			fatal: true,
			sentence: `The time-out of ${duration(timeout)} passed, and everything was killed.`,
		},
	];
}

/**
 * Some kernels count a refused fork where it was tried, whoever's limit it was (v1; v2 before Linux 6.11): it is taken
 * for the container's own where that has been reached, else for that of a cgroup above.
 */
function taskCauses(inForce: InForce, { tasks }: Usage): Cause[] {
	const value = limitOf(inForce, 'pids.max');
	const refused = tasks.refused ?? 0;
	const own = value !== undefined && (tasks.peak === null || tasks.peak >= Number(value));
	const unexplained = own ? 0 : refused;
	const above = inForce.ancestors.filter(({ limit }) => limit === 'pids.max');
	return [
		...(own && refused > 0 ? [ownTasks(value, refused)] : []),
		...above.map((one) => tasksAbove(one, unexplained)).filter(({ hits }) => hits > 0),
	];
}

function ownTasks(value: string, refused: number): Cause {
	return {
		limit: 'pids.max',
		level: 'self',
		value,
		hits: refused,
		evidence: `pids.events max ${refused}`,
		fatal: false,
		sentence: `The limit of ${count(Number(value), 'task')} was hit: ${count(refused, 'fork')} refused.`,
	};
}

function tasksAbove({ path, value, hits, counter }: AncestorLimit, unexplained: number): Cause {
	const counted = hits ?? unexplained;
	return {
		limit: 'pids.max',
		level: 'ancestor',
		value,
		hits: counted,
		evidence: hits === null ? `pids.events max ${unexplained}` : `${counter} +${hits}`,
		fatal: false,
		sentence:
			`The limit of ${count(Number(value), 'task')} of ${path} was hit: ` +
			`${count(counted, 'fork')} refused${hits === null ? '' : ' in all of it'}.`,
	};
}

function cpuCauses(inForce: InForce, { cpu }: Usage): Cause[] {
	const causes: Cause[] = [];
	const value = limitOf(inForce, 'cpu.max');
	if (value !== undefined && cpu.throttledPeriods)
		causes.push({
			limit: 'cpu.max',
			level: 'self',
			value,
			hits: cpu.throttledPeriods,
			evidence: `cpu.stat nr_throttled ${cpu.throttledPeriods}`,
			fatal: false,
			sentence:
				`The limit of ${processors(value)} was hit: throttled in ${cpu.throttledPeriods} of ` +
				`${count(cpu.periods ?? 0, 'period')}, for ${duration(cpu.throttled ?? 0)} in all.`,
		});
	for (const above of inForce.ancestors.filter(({ limit, hits }) => limit === 'cpu.max' && hits))
		causes.push({
			limit: 'cpu.max',
			level: 'ancestor',
			value: above.value,
			hits: above.hits ?? 0,
			evidence: `${above.counter} +${above.hits}`,
			fatal: false,
			sentence: `The limit of ${processors(above.value)} of ${above.path} was hit: all in it was throttled in ${count(above.hits ?? 0, 'period')}.`,
		});
	return causes;
}

function processors(value: string): string {
	const [quota = 0, period = 1] = value.split(' ').map(Number);
	return count(quota / period, 'processor');
}

/** Limits that the kernel enforces with a signal of their own. */
function signalCauses(
	{ signal, timedOut, killed }: Ended,
	{ rlimits, seccomp }: InForce,
	{ cpu, rusage }: Usage,
): Cause[] {
	const rlimit = (type: string) => rlimits.find((one) => one.type === type);
	const cause = (limit: string, value: string, sentence: string): Cause[] => [
		{ limit, level: 'self', value, hits: 1, evidence: `ended by ${signal}`, fatal: true, sentence },
	];
	const time = rlimit('RLIMIT_CPU');
	// for this limit the kernel counts whole clock ticks, which on a busy or virtual machine are much more than the time used
	const used = Math.max(cpu.total ?? 0, rusage.utime + rusage.stime);
	if (signal === 'SIGXCPU' && time)
		return cause(
			'RLIMIT_CPU',
			String(time.soft),
			`The limit of ${duration(time.soft * 1000)} of cpu time was reached.`,
		);
	if (signal === 'SIGKILL' && time && time.hard >= 0 && used >= time.hard * 500 && !timedOut && !killed)
		return cause(
			'RLIMIT_CPU',
			String(time.hard),
			`The hard limit of ${duration(time.hard * 1000)} of cpu time was reached.`,
		);
	const size = rlimit('RLIMIT_FSIZE');
	if (signal === 'SIGXFSZ' && size)
		return cause('RLIMIT_FSIZE', String(size.soft), `A file would have grown beyond ${count(size.soft, 'byte')}.`);
	if (signal === 'SIGSYS' && seccomp)
		return cause('seccomp', '', 'A system call that the seccomp profile forbids was made.');
	return [];
}
