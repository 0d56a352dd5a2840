/** What the kernel counted in the container's cgroups, in one form for v1 and v2. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Directory } from '../spec/plan.js';
import { readText } from './files.js';

/** `null`: this kernel does not count it. Times are microseconds, sizes bytes. */
export interface Counters extends CpuCounters {
	/** Most tasks at once. */
	tasksPeak: number | null;
	/** Forks refused: pids.events. */
	tasksRefused: number | null;
	memoryPeak: number | null;
	/** Times the limit was reached, whether or not something could be reclaimed. */
	memoryHits: number | null;
	/** Times nothing more could be reclaimed. v1 does not count it. */
	oom: number | null;
	oomKills: number | null;
}

interface CpuCounters {
	cpu: number | null;
	cpuUser: number | null;
	cpuSystem: number | null;
	periods: number | null;
	throttledPeriods: number | null;
	throttled: number | null;
}

/**
 * The account of a container. `baseline` is to be called at procReady: the cpu time until then is the init's and not
 * the program's. Events need no baseline, the cgroup is new; peaks cannot be subtracted, they are reset where the
 * kernel can (v1; memory.peak since Linux 6.12).
 */
export function openAccount(directories: Directory[]) {
	const file = fileReader(directories);
	let peak: ReturnType<typeof openPeak>;
	let baseline: CpuCounters | undefined;
	return {
		baseline() {
			peak = openPeak(directories);
			baseline = readCpu(file);
		},
		/** What happened since the baseline. */
		read(): Counters {
			const cpu = readCpu(file);
			return {
				tasksPeak: number(file('pids', 'pids.peak')?.text),
				tasksRefused: keyed(file('pids', 'pids.events'), 'max'),
				memoryPeak: peak?.read() ?? null,
				...readMemoryEvents(file),
				...(baseline ? since(baseline, cpu) : cpu),
			};
		},
		close() {
			peak?.close();
			peak = undefined;
		},
	};
}

export type Account = ReturnType<typeof openAccount>;

function since(baseline: CpuCounters, now: CpuCounters): CpuCounters {
	const result = { ...now };
	for (const name of Object.keys(now) as (keyof CpuCounters)[]) {
		const [before, after] = [baseline[name], now[name]];
		if (before !== null && after !== null) result[name] = after - before;
	}
	return result;
}

/** Resets the peak. v2: the reset counts for the open file that wrote it, so the same one must be read at the end. */
function openPeak(directories: Directory[]) {
	const directory = directories.find(({ controllers }) => controllers.includes('memory'));
	if (!directory) return undefined;
	const path = `${directory.path}/${directory.version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes'}`;
	const file = attempt(() => openSync(path, 'r+')) ?? attempt(() => openSync(path, 'r'));
	if (file === undefined) return undefined; // Linux < 5.19
	attempt(() => writeSync(file, '0')); // Linux < 6.12 refuses it, although root may open the file for writing
	const buffer = Buffer.alloc(32);
	return {
		read: () => Number.parseInt(buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0)), 10),
		close: () => closeSync(file),
	};
}

function attempt<T>(call: () => T): T | undefined {
	try {
		return call();
	} catch {
		return undefined;
	}
}

interface Read {
	version: 1 | 2;
	text: string;
}

type FileReader = (controller: string, name: string) => Read | undefined;

/** Reads a file of the directory that has the controller; `undefined` where there is none, or no such file. */
function fileReader(directories: Directory[]): FileReader {
	return (controller, name) => {
		const directory = directories.find(({ controllers }) => controllers.includes(controller));
		if (!directory) return undefined;
		try {
			return { version: directory.version, text: readText(`${directory.path}/${name}`) };
		} catch {
			return undefined; // not in this kernel, or in the other version
		}
	};
}

function readMemoryEvents(file: FileReader) {
	const events = file('memory', 'memory.events');
	if (events)
		return { memoryHits: keyed(events, 'max'), oom: keyed(events, 'oom'), oomKills: keyed(events, 'oom_kill') };
	return {
		memoryHits: number(file('memory', 'memory.failcnt')?.text),
		oom: null,
		oomKills: keyed(file('memory', 'memory.oom_control'), 'oom_kill'),
	};
}

function readCpu(file: FileReader): CpuCounters {
	const stat = file('cpu', 'cpu.stat');
	const periods = { periods: keyed(stat, 'nr_periods'), throttledPeriods: keyed(stat, 'nr_throttled') };
	if (stat?.version === 2)
		return {
			cpu: keyed(stat, 'usage_usec'),
			cpuUser: keyed(stat, 'user_usec'),
			cpuSystem: keyed(stat, 'system_usec'),
			...periods,
			throttled: keyed(stat, 'throttled_usec'),
		};
	// v1: nanoseconds; user and system are sampled by the timer tick, only their ratio is of use
	return {
		cpu: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage')?.text)),
		cpuUser: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage_user')?.text)),
		cpuSystem: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage_sys')?.text)),
		...periods,
		throttled: fromNanoseconds(keyed(stat, 'throttled_time')),
	};
}

function fromNanoseconds(time: number | null): number | null {
	return time === null ? null : Math.round(time / 1000);
}

function number(text: string | undefined): number | null {
	return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
}

/** The number behind a name in a flat keyed file: a name and a number a line. */
function keyed(read: Read | undefined, name: string): number | null {
	if (!read) return null;
	const at = `\n${read.text}`.indexOf(`\n${name} `);
	return at < 0 ? null : Number.parseInt(read.text.slice(at + name.length + 1), 10);
}
