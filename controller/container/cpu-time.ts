/** Keeps the processor time of a container that runs. */

import { fileReader, readCpuTime } from '../cgroup/counters.js';
import { countProcessors, quotaOf, slowDown, stepOf } from '../cgroup/cpu-time.js';
import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import type { Directory } from '../model/plan.js';

export interface Metered {
	directories: readonly Directory[];
	/** Milliseconds from `since` on, the counter at the start. */
	limit: number;
	since: number;
	/** Those in force, for the cpu.max of the caller. */
	limits(): readonly AppliedLimit[];
	/** Called before cpu.max is changed for the first time. */
	onSlowed(): void;
	onExceeded(): void;
	/** It cannot be kept: nobody can say what is used, or slow it down. */
	onFailed(cause: unknown): void;
}

export interface Meter {
	/** Now, because cpu.max was changed. */
	look(): void;
	end(): void;
}

/** Milliseconds between two looks at most at a container that is slowed down and does nothing. */
const latest = 100;

export function meterCpuTime({ directories, limit, since, limits, ...on }: Metered): Meter {
	const file = fileReader(directories);
	const directory = directories.find(({ controllers }) => controllers.includes('cpu')) as Directory;
	const processors = countProcessors();
	const ownQuota = () => quotaOf(limits().find((one) => one.limit === 'cpu.max')?.value);
	let forget = () => {};
	let [isSlowed, last, pause] = [false, -1, 0];
	const keep = () => {
		forget();
		const now = readCpuTime(file);
		if (now === null) throw new ProcreadyError('setup-failed', 'the kernel does not say what is used');
		const left = limit * 1000 - (now - since);
		if (left <= 0) return on.onExceeded();
		const { quota, wait } = stepOf(left, ownQuota(), processors);
		if (quota) {
			if (!isSlowed) on.onSlowed();
			isSlowed = true;
			slowDown(directory, quota);
		}
		pause = left === last ? Math.min(2 * pause, Math.max(wait, latest)) : wait;
		last = left;
		forget = machine.after(Math.ceil(pause), look, false);
	};
	const look = () => {
		try {
			keep();
		} catch (cause) {
			if (machine.exists(directory.path)) on.onFailed(cause); // else it has ended, and its cgroup with it
		}
	};
	look();
	return {
		look() {
			last = -1;
			look();
		},
		end: () => forget(),
	};
}
