/** What the kernel counted in the container's cgroups, in one form for v1 and v2. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Directory } from '../spec/plan.js';
import { readText } from './files.js';

/** `null`: this kernel does not count it. Times are microseconds, sizes bytes. */
export interface Counters {
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
	cpu: number | null;
	cpuUser: number | null;
	cpuSystem: number | null;
	periods: number | null;
	throttledPeriods: number | null;
	throttled: number | null;
}

/**
 * The account of a container. `baseline` is to be called at procReady: what was counted until then is the init's and
 * not the program's. Peaks cannot be subtracted: they are reset where the kernel can (v1; memory.peak since 6.12).
 */
export function openAccount(directories: Directory[]) {
	let peak: ReturnType<typeof openPeak>;
	let baseline: Counters | undefined;
	const read = () => ({ ...readCounters(directories), ...(peak ? { memoryPeak: peak.read() } : {}) });
	return {
		baseline() {
			peak = openPeak(directories);
			baseline = readCounters(directories);
			return baseline;
		},
		/** What happened since the baseline. */
		read(): Counters {
			return baseline ? since(baseline, read()) : read();
		},
		close() {
			peak?.close();
			peak = undefined;
		},
	};
}

export type Account = ReturnType<typeof openAccount>;

function since(baseline: Counters, now: Counters): Counters {
	const result = { ...now };
	for (const name of Object.keys(now) as (keyof Counters)[]) {
		const [before, after] = [baseline[name], now[name]];
		if (name !== 'tasksPeak' && name !== 'memoryPeak' && before !== null && after !== null)
			result[name] = after - before;
	}
	return result;
}

/** Resets the peak. v2: the reset counts for the open file that wrote it, so the same one must be read at the end. */
function openPeak(directories: Directory[]) {
	const directory = directories.find(({ controllers }) => controllers.includes('memory'));
	if (!directory) return undefined;
	const path = join(directory.path, directory.version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes');
	const file = openFirst([path, 'r+'], [path, 'r']); // Linux < 6.12: read-only; < 5.19: none
	if (file === undefined) return undefined;
	if (file.flags === 'r+') writeSync(file.fd, '0');
	const buffer = Buffer.alloc(32);
	return {
		read: () => Number.parseInt(buffer.toString('latin1', 0, readSync(file.fd, buffer, 0, buffer.length, 0)), 10),
		close: () => closeSync(file.fd),
	};
}

function openFirst(...ways: [string, string][]) {
	for (const [path, flags] of ways)
		try {
			return { fd: openSync(path, flags), flags };
		} catch {
			// the next way
		}
	return undefined;
}

function readCounters(directories: Directory[]): Counters {
	const file = (controller: string, name: string) => {
		const directory = directories.find(({ controllers }) => controllers.includes(controller));
		return directory && readOrNothing(join(directory.path, name));
	};
	const isV2 = (controller: string) =>
		directories.some(({ version, controllers }) => version === 2 && controllers.includes(controller));
	return {
		tasksPeak: number(file('pids', 'pids.peak')),
		tasksRefused: keyed(file('pids', 'pids.events')).max ?? null,
		...(isV2('memory') ? memoryV2(file) : memoryV1(file)),
		...(isV2('cpu') ? cpuV2(file) : cpuV1(file)),
	};
}

type File = (controller: string, name: string) => string | undefined;

function memoryV2(file: File) {
	const events = keyed(file('memory', 'memory.events'));
	return {
		memoryPeak: null,
		memoryHits: events.max ?? null,
		oom: events.oom ?? null,
		oomKills: events.oom_kill ?? null,
	};
}

function memoryV1(file: File) {
	return {
		memoryPeak: null,
		memoryHits: number(file('memory', 'memory.failcnt')),
		oom: null,
		oomKills: keyed(file('memory', 'memory.oom_control')).oom_kill ?? null,
	};
}

function cpuV2(file: File) {
	const stat = keyed(file('cpu', 'cpu.stat'));
	return {
		cpu: stat.usage_usec ?? null,
		cpuUser: stat.user_usec ?? null,
		cpuSystem: stat.system_usec ?? null,
		periods: stat.nr_periods ?? null,
		throttledPeriods: stat.nr_throttled ?? null,
		throttled: stat.throttled_usec ?? null,
	};
}

/** Nanoseconds all of them. User and system are sampled by the timer tick: only their ratio is of use. */
function cpuV1(file: File) {
	const stat = keyed(file('cpu', 'cpu.stat'));
	return {
		cpu: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage'))),
		cpuUser: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage_user'))),
		cpuSystem: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage_sys'))),
		periods: stat.nr_periods ?? null,
		throttledPeriods: stat.nr_throttled ?? null,
		throttled: fromNanoseconds(stat.throttled_time ?? null),
	};
}

function fromNanoseconds(time: number | null): number | null {
	return time === null ? null : Math.round(time / 1000);
}

function readOrNothing(path: string): string | undefined {
	try {
		return readText(path);
	} catch {
		return undefined; // not in this kernel
	}
}

function number(text: string | undefined): number | null {
	return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
}

/** Flat keyed files: a name and a number a line. */
function keyed(text = ''): Record<string, number | undefined> {
	return Object.fromEntries(
		text.split('\n').map((line) => {
			const [name = '', value] = line.split(' ');
			return [name, Number(value)];
		}),
	);
}
