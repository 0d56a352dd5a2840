/** Limits that the kernel enforces with a signal, each with what it has to be true for besides the signal. */

import type { ProcessLimit } from '../model/messages.js';
import type { Cause, Ended, InForce } from './cause.js';
import { count, duration } from './words.js';

/** A signal, the limit that sends it, and the value that was reached; `undefined` where somebody else has sent it. */
interface Row {
	signal: string;
	limit: string;
	/** `cpuTime` is microseconds as RLIMIT_CPU counts them. */
	reached(limit: ProcessLimit, cpuTime: number): number | undefined;
	sentence(value: number): string;
}

/** With each SIGXCPU the kernel raises the soft limit by a second, so that it is at least 2 s, and the one that was reached is a second less. */
const rows: Row[] = [
	{
		signal: 'SIGXCPU',
		limit: 'RLIMIT_CPU',
		reached: ({ soft }, cpuTime) => (soft > 1 && cpuTime >= (soft - 1) * 1e6 ? soft - 1 : undefined),
		sentence: (value) => `The limit of ${duration(value * 1000)} of cpu time was reached`,
	},
	{
		signal: 'SIGXCPU',
		limit: 'RLIMIT_RTTIME',
		reached: ({ soft }) => (soft > 1e6 ? soft - 1e6 : undefined),
		sentence: (value) => `The limit of ${duration(value / 1000)} of real-time scheduling in one go was reached`,
	},
	{
		signal: 'SIGKILL',
		limit: 'RLIMIT_CPU',
		reached: ({ hard }, cpuTime) => (hard >= 0 && cpuTime >= hard * 1e6 ? hard : undefined),
		sentence: (value) => `The hard limit of ${duration(value * 1000)} of cpu time was reached`,
	},
	{
		signal: 'SIGXFSZ',
		limit: 'RLIMIT_FSIZE',
		reached: ({ soft }) => (soft >= 0 ? soft : undefined),
		sentence: (value) => `A file would have grown beyond ${count(value, 'byte')}`,
	},
];

export function signalCauses(ended: Ended, { rlimits, seccomp, observed }: InForce): Cause[] {
	const { signal, timedOut, killed, process } = ended;
	if (signal === 'SIGSYS' && seccomp)
		return [caused('seccomp', '', `ended by ${signal}`, 'A system call that the seccomp profile forbids was made.')];
	if (signal === null || !process || timedOut || killed) return [];
	return rows
		.flatMap((row) => (row.signal === signal ? causesOf(row, process, rlimits, observed !== undefined) : []))
		.slice(0, 1);
}

/** `rlimits` are those that were asked for, or where nothing was, those that it was started with: `areInherited`. */
function causesOf(
	row: Row,
	process: NonNullable<Ended['process']>,
	rlimits: InForce['rlimits'],
	areInherited: boolean,
): Cause[] {
	const limit = process.rlimits.find(({ type }) => type === row.limit);
	const asked = rlimits.find(({ type }) => type === row.limit);
	const value = limit && row.reached(limit, process.cpuTime);
	if (limit === undefined || value === undefined) return [];
	if (row.signal === 'SIGXCPU' && asked?.soft === limit.soft) return []; // it was not raised
	const given = row.signal === 'SIGKILL' ? asked?.hard : asked?.soft;
	const isForeign = given === undefined || given < 0 || (areInherited ? value !== given : value < given);
	const whose = areInherited
		? `: a limit that the command ${isForeign ? 'has set itself' : 'was started with'}`
		: isForeign
			? ': a limit that the program has set itself, or was started with'
			: '';
	const evidence = `ended by ${row.signal}, ${row.limit} was ${text(limit)}, cpu time ${duration(process.cpuTime / 1000)}`;
	return [caused(row.limit, String(value), evidence, `${row.sentence(value)}${whose}.`)];
}

function text({ soft, hard }: ProcessLimit): string {
	return [soft, hard].map((value) => (value < 0 ? 'unlimited' : value)).join(':');
}

function caused(limit: string, value: string, evidence: string, sentence: string): Cause {
	return { limit, level: 'self', value, hits: 1, evidence, fatal: true, sentence };
}
