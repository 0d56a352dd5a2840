/** Which limits a run hit, each with the kernel's own evidence and one sentence. */
import type { AppliedLimit } from '../cgroup/cgroup.js';
import type { Usage } from './result.js';
import { bytes, count, duration } from './words.js';

export interface Cause {
	/** Name of the cgroup v2 file, also on v1 hosts; or `timeout`. */
	limit: string;
	/** Whose limit it is. */
	level: 'self';
	/** The limit in force. */
	value: string;
	/** How often it was hit. */
	hits: number;
	/** The counter that says so. */
	evidence: string;
	/** The kernel, or the time-out, ended the program for it. */
	fatal: boolean;
	/** The same for people. */
	sentence: string;
}

export interface Verdict {
	/** `passed`: exit status 0. */
	outcome: 'passed' | 'failed' | 'signaled' | 'timed-out';
	/** Empty when no limit was hit. */
	causes: Cause[];
}

interface Ended {
	exitCode: number | null;
	signal: string | null;
	timedOut: boolean;
}

export function verdictOf(
	ended: Ended,
	limits: readonly AppliedLimit[],
	usage: Usage,
	timeout: number | undefined,
): Verdict {
	const value = (name: string) => {
		const held = limits.find(({ limit }) => limit === name)?.value;
		return held === 'max' || held?.startsWith('max ') ? undefined : held;
	};
	const causes = [
		timedOut(ended, timeout),
		memory(ended, value('memory.max'), usage),
		pids(value('pids.max'), usage),
		cpu(value('cpu.max'), usage),
	];
	return { outcome: outcomeOf(ended), causes: causes.filter((cause) => cause !== undefined) };
}

function outcomeOf({ exitCode, timedOut }: Ended): Verdict['outcome'] {
	if (timedOut) return 'timed-out';
	if (exitCode === null) return 'signaled';
	return exitCode === 0 ? 'passed' : 'failed';
}

function timedOut(ended: Ended, timeout: number | undefined): Cause | undefined {
	if (!ended.timedOut || timeout === undefined) return undefined;
	return {
		limit: 'timeout',
		level: 'self',
		value: String(timeout),
		hits: 1,
		evidence: 'the timer of procready',
		fatal: true,
		sentence: `The time-out of ${duration(timeout)} passed, and everything was killed.`,
	};
}

function memory({ signal, timedOut }: Ended, value: string | undefined, { memory }: Usage): Cause | undefined {
	const kills = memory.oomKills ?? 0;
	const hits = memory.limitHits ?? 0;
	if (value === undefined || (kills === 0 && hits === 0)) return undefined;
	const fatal = kills > 0 && signal === 'SIGKILL' && !timedOut;
	const limit = `The memory limit of ${bytes(Number(value))}`;
	let sentence = `${limit} was reached ${count(hits, 'time')}, and each time memory could be reclaimed.`;
	if (kills > 0) sentence = `${limit} was exceeded: the kernel killed ${count(kills, 'process', 'processes')}.`;
	if (fatal) sentence = `${limit} was exceeded, and the kernel killed the program.`;
	return {
		limit: 'memory.max',
		level: 'self',
		value,
		hits: Math.max(hits, kills),
		evidence: `oom_kill ${kills}, limit reached ${hits}`,
		fatal,
		sentence,
	};
}

function pids(value: string | undefined, { tasks }: Usage): Cause | undefined {
	if (value === undefined || !tasks.refused) return undefined;
	return {
		limit: 'pids.max',
		level: 'self',
		value,
		hits: tasks.refused,
		evidence: `pids.events max ${tasks.refused}`,
		fatal: false,
		sentence: `The limit of ${count(Number(value), 'task')} was hit: ${count(tasks.refused, 'fork')} refused.`,
	};
}

function cpu(value: string | undefined, { cpu }: Usage): Cause | undefined {
	if (value === undefined || !cpu.throttledPeriods) return undefined;
	const [quota = 0, period = 1] = value.split(' ').map(Number);
	return {
		limit: 'cpu.max',
		level: 'self',
		value,
		hits: cpu.throttledPeriods,
		evidence: `cpu.stat nr_throttled ${cpu.throttledPeriods}`,
		fatal: false,
		sentence:
			`The limit of ${count(quota / period, 'processor')} was hit: throttled in ${cpu.throttledPeriods} of ` +
			`${count(cpu.periods ?? 0, 'period')}, for ${duration(cpu.throttled ?? 0)} in all.`,
	};
}
