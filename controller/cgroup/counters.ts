/** What the kernel counts in the cgroups of a container, in one form for v1 and v2. */

import { textIfThere } from '../host/if-there.js';
import type { Count, CountedDirectory, Counters } from '../model/counters.js';
import { keyedLines } from '../model/values.js';

interface Read {
	version: 1 | 2;
	text: string;
}

/**
 * Reads a file of the directory that has the controller; `undefined` where there is none, or no such file. `only` is the
 * version that has it: to open what is not there takes as long as to read ten files, for Node makes an error of it.
 */
export type FileReader = (controller: string, name: string, only?: 1 | 2) => Read | undefined;

/** v2 has them in each cgroup, whether the controller is enabled or not. */
const inEach = /^cpu\.stat$|\.pressure$/;

export function fileReader(directories: readonly CountedDirectory[]): FileReader {
	return (controller, name, only) => {
		const directory =
			directories.find(({ controllers }) => controllers.includes(controller)) ??
			(inEach.test(name) ? directories.find(({ version }) => version === 2) : undefined);
		if (!directory || (only && directory.version !== only)) return undefined;
		const text = textIfThere(`${directory.path}/${name}`);
		return text === undefined ? undefined : { version: directory.version, text };
	};
}

/** All of them, now. Peaks are those since the cgroup was made; see account.ts. */
export function readCounters(file: FileReader): Counters {
	return countersOf(file, file);
}

/**
 * The same before there is any cgroup below, when what is counted in the container's own and in all of it is one; and
 * without levels and peaks, which nobody subtracts: those are `null`.
 */
export function readGrowing(file: FileReader): Counters {
	return countersOf(file, () => undefined);
}

function countersOf(file: FileReader, level: FileReader): Counters {
	return {
		tasks: readTasks(file, level),
		memory: readMemory(file, level),
		cpu: readCpu(file),
		io: readIo(file),
		pressure: { cpu: readPressure(file, 'cpu'), memory: readPressure(file, 'memory'), io: readPressure(file, 'io') },
	};
}

function readTasks(file: FileReader, level: FileReader): Counters['tasks'] {
	return {
		current: number(level('pids', 'pids.current')),
		peak: number(level('pids', 'pids.peak')),
		refused: keyed(level('pids', 'pids.events.local', 2) ?? file('pids', 'pids.events'), 'max'), // Linux 6.11
	};
}

function readMemory(file: FileReader, level: FileReader): Counters['memory'] {
	const events = file('memory', 'memory.events', 2);
	if (events) {
		const own = level('memory', 'memory.events.local', 2) ?? events;
		return {
			current: number(level('memory', 'memory.current')),
			peak: number(level('memory', 'memory.peak')),
			swap: number(level('memory', 'memory.swap.current')),
			swapPeak: number(level('memory', 'memory.swap.peak')),
			high: keyed(own, 'high'),
			max: keyed(own, 'max'),
			oom: keyed(own, 'oom'),
			oomKills: keyed(events, 'oom_kill'),
			groupKills: keyed(own, 'oom_group_kill'),
			swapMax: keyed(file('memory', 'memory.swap.events'), 'max'),
		};
	}
	return readMemoryOfV1(file, level);
}

function readMemoryOfV1(file: FileReader, level: FileReader): Counters['memory'] {
	const current = number(level('memory', 'memory.usage_in_bytes', 1));
	const both = number(level('memory', 'memory.memsw.usage_in_bytes', 1));
	const peak = number(level('memory', 'memory.max_usage_in_bytes', 1));
	return {
		current,
		peak,
		swap: current === null || both === null ? null : Math.max(0, both - current),
		swapPeak: null,
		high: null,
		max: countsOf(number(file('memory', 'memory.failcnt', 1)), peak, level),
		oom: null,
		oomKills: keyed(file('memory', 'memory.oom_control', 1), 'oom_kill'),
		groupKills: null,
		swapMax: number(file('memory', 'memory.memsw.failcnt', 1)),
	};
}

/** Memory and swap together are charged first: where they have the same limit as memory, that one is hit, and not counted. */
function countsOf(failures: Count, peak: Count, level: FileReader): Count {
	if (failures !== 0 || peak === null) return failures;
	const together = number(level('memory', 'memory.memsw.limit_in_bytes', 1));
	return together !== null && peak >= together * 0.9 ? null : 0; // charged in steps, so that it may be hit some pages below
}

/** Processor time alone, in microseconds. */
export function readCpuTime(file: FileReader): Count {
	return totalOf(file('cpu', 'cpu.stat', 2), file);
}

function totalOf(stat: Read | undefined, file: FileReader): Count {
	if (stat?.version === 2) return keyed(stat, 'usage_usec');
	return fromNanoseconds(number(file('cpuacct', 'cpuacct.usage')));
}

export function readCpu(file: FileReader): Counters['cpu'] {
	const stat = file('cpu', 'cpu.stat');
	const total = totalOf(stat, file);
	const periods = { periods: keyed(stat, 'nr_periods'), throttledPeriods: keyed(stat, 'nr_throttled') };
	if (stat?.version === 2)
		return {
			total,
			user: keyed(stat, 'user_usec'),
			system: keyed(stat, 'system_usec'),
			...periods,
			throttled: keyed(stat, 'throttled_usec'),
		};
	// v1: nanoseconds; user and system are sampled by the timer tick, only their ratio is of use
	return {
		total,
		user: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage_user'))),
		system: fromNanoseconds(number(file('cpuacct', 'cpuacct.usage_sys'))),
		...periods,
		throttled: fromNanoseconds(keyed(stat, 'throttled_time')),
	};
}

function readIo(file: FileReader): Counters['io'] {
	const stat = file('io', 'io.stat');
	if (stat) {
		const devices = [...keyedLines(stat.text).values()];
		const sum = (key: string) => devices.reduce((total, pairs) => total + Number(pairs.get(key) ?? 0), 0);
		return { readBytes: sum('rbytes'), writtenBytes: sum('wbytes'), reads: sum('rios'), writes: sum('wios') };
	}
	const bytes = file('blkio', 'blkio.throttle.io_service_bytes_recursive');
	const operations = file('blkio', 'blkio.throttle.io_serviced_recursive');
	return {
		readBytes: sumOf(bytes, 'Read'),
		writtenBytes: sumOf(bytes, 'Write'),
		reads: sumOf(operations, 'Read'),
		writes: sumOf(operations, 'Write'),
	};
}

/** v1: a line a device and operation, `8:0 Read 4096`. */
function sumOf(read: Read | undefined, operation: string): Count {
	if (!read) return null;
	return [...read.text.matchAll(new RegExp(`^\\S+ ${operation} (\\d+)$`, 'gm'))].reduce(
		(total, [, value]) => total + Number(value),
		0,
	);
}

function readPressure(file: FileReader, resource: 'cpu' | 'memory' | 'io') {
	const text = file(resource, `${resource}.pressure`, 2)?.text;
	const total = (kind: string) => {
		const found = text && new RegExp(`^${kind} .*total=(\\d+)`, 'm').exec(text)?.[1];
		return found ? Number(found) : null;
	};
	return { some: total('some'), full: total('full') };
}

function fromNanoseconds(time: Count): Count {
	return time === null ? null : Math.round(time / 1000);
}

function number(read: Read | undefined): Count {
	return read === undefined || !/^\d+$/.test(read.text) ? null : Number(read.text);
}

/** The number behind a name in a flat keyed file: a name and a number a line. */
export function keyed(read: { text: string } | undefined, name: string): Count {
	if (!read) return null;
	const at = `\n${read.text}`.indexOf(`\n${name} `);
	return at < 0 ? null : Number.parseInt(read.text.slice(at + name.length + 1), 10);
}
