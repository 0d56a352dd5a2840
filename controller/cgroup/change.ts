/** Other limits for a container that runs: all of them, or, where one is refused, none. */
import { ProcreadyError } from '../errors.js';
import { textIfThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import type { FileValue } from '../model/limits-v1.js';
import type { LimitWrite } from '../model/plan.js';
import { bytesOf } from '../model/values.js';
import { writeLimits } from './cgroup.js';

/** What a file of the write's directory holds; `undefined` where there is no such file. */
export type Held = (write: LimitWrite, file: string) => string | undefined;

/** Throws as a launch does for the first that is refused; then those before it are as they were. */
export async function changeLimits(writes: readonly LimitWrite[]): Promise<AppliedLimit[]> {
	const applied: AppliedLimit[] = [];
	const undo: { path: string; value: string }[] = [];
	try {
		for (const write of inOrder(writes, heldNow)) {
			for (const { file, value } of write.files) {
				const held = heldNow(write, file);
				if (held !== undefined)
					undo.unshift({ path: `${write.directory.path}/${file}`, value: undoing(file, value, held) });
			}
			applied.push(...(await writeLimits([write])));
		}
		return applied;
	} catch (error) {
		for (const { path, value } of undo) putBack(path, value);
		throw inUse(error, writes) ?? error;
	}
}

/** What a launch says of a limit that is too small means something else for a program that runs. */
function inUse(error: unknown, writes: readonly LimitWrite[]): ProcreadyError | undefined {
	if (!(error instanceof ProcreadyError) || error.code !== 'limit-too-small') return undefined;
	const { asked, directory } = writes.find(({ limit }) => limit === 'memory.max') as LimitWrite;
	const used = machine.readText(
		`${directory.path}/${directory.version === 2 ? 'memory.current' : 'memory.usage_in_bytes'}`,
	);
	return new ProcreadyError(
		error.code,
		`memory.max: ${asked} is less than the ${used} bytes that are in use and cannot be reclaimed; the limit stays as it was`,
		{ where: 'memory.max', cause: error },
	);
}

function heldNow({ directory }: LimitWrite, file: string): string | undefined {
	return textIfThere(`${directory.path}/${file}`);
}

function putBack(path: string, value: string): void {
	try {
		machine.writeText(path, value);
	} catch {
		// the container has ended, or the value was never changed and cannot be written
	}
}

/**
 * Where one limit must not exceed another, what is raised goes first: on v1 the sum of memory and swap before memory;
 * cpu.max before its burst.
 */
export function inOrder(writes: readonly LimitWrite[], held: Held): LimitWrite[] {
	const raised = (write: LimitWrite) => isRaised(write, held);
	const ordered = writes.map((write) => (write.limit === 'cpu.max' ? quotaInOrder(write, raised(write)) : write));
	const sum = ordered.find(({ limit, directory }) => limit === 'memory.swap.max' && directory.version === 1);
	const quota = ordered.find(({ limit }) => limit === 'cpu.max');
	if (sum && raised(sum)) moveBefore(ordered, sum, 'memory.max');
	if (quota && raised(quota)) moveBefore(ordered, quota, 'cpu.max.burst');
	return ordered;
}

function moveBefore(writes: LimitWrite[], write: LimitWrite, name: string): void {
	const [from, to] = [writes.indexOf(write), writes.findIndex(({ limit }) => limit === name)];
	if (to >= 0 && to < from) writes.splice(to, 0, ...writes.splice(from, 1));
}

/** v1: a share of the processors that is larger than that of a cgroup above is refused, even for a moment. */
function quotaInOrder(write: LimitWrite, raised: boolean): LimitWrite {
	const quotaFirst = !raised || write.files.at(-1)?.value === '-1';
	return quotaFirst ? { ...write, files: write.files.toReversed() } : write;
}

/** By the last of its files. */
function isRaised(write: LimitWrite, held: Held): boolean {
	const last = write.files.at(-1) as FileValue;
	return amount(last.value) > amount(held(write, last.file) ?? 'max');
}

function amount(value: string): number {
	const [first = ''] = value.trim().split(' ');
	return first === 'max' || first.startsWith('-') ? Number.POSITIVE_INFINITY : bytesOf(first);
}

/** Of files that have a line for each device or resource: what removes such a line. */
const removals: Record<string, string> = {
	'io.max': 'rbps=max wbps=max riops=max wiops=max',
	'io.weight': 'default',
	'rdma.max': 'hca_handle=max hca_object=max',
	'misc.max': 'max',
	'blkio.throttle.read_bps_device': '0',
	'blkio.throttle.write_bps_device': '0',
	'blkio.throttle.read_iops_device': '0',
	'blkio.throttle.write_iops_device': '0',
	'blkio.bfq.weight_device': 'default',
	'net_prio.ifpriomap': '0',
};

/** What makes a file that was told `value` hold again what it held before. */
export function undoing(file: string, value: string, held: string): string {
	const [key = '', ...rest] = value.trim().split(/\s+/);
	const removal = removals[file];
	if (removal !== undefined && rest.length > 0) return lineOf(held, key) ?? `${key} ${removal}`;
	if (file === 'memory.oom_control') return /^oom_kill_disable (\d)/.exec(held)?.[1] ?? held;
	return lineOf(held, 'default') ?? (held === '' ? '\n' : held); // a write of nothing is none
}

function lineOf(text: string, key: string): string | undefined {
	return text.split('\n').find((line) => line.startsWith(`${key} `));
}
