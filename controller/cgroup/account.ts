/** The account of a container: what the kernel counted between procReady and the end, or until now. */

import { ifThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import type { OtherLimit } from '../model/applied-limit.js';
import { type CountedDirectory, type Counters, since } from '../model/counters.js';
import { type Ancestors, openAncestors } from './ancestors.js';
import { countBelow, limitsBelow } from './below.js';
import { fileReader, readCounters, readCpu, readGrowing } from './counters.js';

export interface Account {
	/** To be called at procReady: what was counted until then is the init's and not the program's. */
	baseline(): Counters;
	/** What happened since the baseline. */
	read(): Counters;
	/** From now on cpu.max is not the caller's: what it throttles is not counted. */
	holdThrottling(): void;
	/** The limits of the cgroups below, with what they did. */
	below(): OtherLimit[];
	/** The limits of the cgroups above, with what they did since the baseline. */
	ancestors(): ReturnType<Ancestors['read']>;
	close(): void;
}

/**
 * Counters are subtracted; peaks cannot be, they are reset where the kernel can (v1; memory.peak and memory.swap.peak
 * since Linux 6.12).
 */
export function openAccount(directories: readonly (CountedDirectory & { base: string })[]): Account {
	const file = fileReader(directories);
	const ancestors = openAncestors(directories);
	let peaks: ReturnType<typeof openPeaks> | undefined;
	let before: Counters | undefined;
	let throttling: Partial<Counters['cpu']> = {};
	return {
		baseline() {
			peaks = openPeaks(directories);
			before = readGrowing(file);
			ancestors.baseline();
			return before;
		},
		read() {
			const now = countNow(directories);
			now.memory.peak = peaks?.memory?.read() ?? now.memory.peak;
			now.memory.swapPeak = peaks?.swap?.read() ?? now.memory.swapPeak;
			Object.assign(now.cpu, throttling);
			return before ? since(before, now) : now;
		},
		holdThrottling() {
			const { periods, throttledPeriods, throttled } = readCpu(file);
			throttling = { periods, throttledPeriods, throttled };
		},
		below: () => limitsBelow(directories),
		ancestors: () => ancestors.read(),
		close() {
			peaks?.memory?.close();
			peaks?.swap?.close();
			peaks = undefined;
		},
	};
}

/** All that is counted in the container, also in the cgroups below it. Peaks are those since the cgroup was made. */
export function countNow(directories: readonly CountedDirectory[]): Counters {
	const { tasks, memory, ...rest } = readCounters(fileReader(directories));
	const { kills, refused } = countBelow(directories);
	return {
		tasks: { ...tasks, refused: tasks.refused === null ? null : tasks.refused + refused },
		memory: { ...memory, oomKills: memory.oomKills === null ? null : memory.oomKills + kills },
		...rest,
	};
}

function openPeaks(directories: readonly CountedDirectory[]) {
	const directory = directories.find(({ controllers }) => controllers.includes('memory'));
	if (!directory) return {};
	const { path, version } = directory;
	return version === 2
		? { memory: openPeak(`${path}/memory.peak`), swap: openPeak(`${path}/memory.swap.peak`) }
		: { memory: openPeak(`${path}/memory.max_usage_in_bytes`) };
}

/** Resets the peak. v2: the reset counts for the open file that wrote it, so the same one must be read at the end. */
function openPeak(path: string) {
	const writable = ifThere(path, () => machine.open(path, 'readWrite'), 'EACCES'); // Linux < 6.12, without root
	const file = writable ?? ifThere(path, () => machine.open(path, 'read'));
	if (file === undefined) return undefined; // Linux < 5.19
	try {
		if (writable !== undefined) ifThere(path, () => machine.write(file, '0'), 'EINVAL'); // Linux < 6.12, as root
	} catch (error) {
		machine.close(file);
		throw error;
	}
	return {
		read: () => ifThere(path, () => Number.parseInt(machine.read(file), 10)),
		close: () => machine.close(file),
	};
}
