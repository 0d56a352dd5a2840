/**
 * The table of limits: what is written early or late, and how cgroup v1 says what cgroup v2 says.
 * A limit has the name of its v2 file everywhere: in plans, reports and verdicts.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/memory.html, .../scheduler/sched-bwc.html
 */

export interface FileValue {
	file: string;
	value: string;
}

interface V1 {
	/** In the order of writing. `all` are the limits of this container by name. */
	write(value: string, all: ReadonlyMap<string, string>): FileValue[];
	/** The files that say what the kernel took, */
	files: string[];
	/** and what they hold in the v2 form. */
	read(held: string[]): string;
}

/** v1 has one number where v2 has `max`: -1 when written, the largest multiple of a page when read. */
const v1Unlimited = 0x7fff_ffff_ffff_0000;

const fromV1 = (value: string) => (Number(value) < 0 || Number(value) >= v1Unlimited ? 'max' : value);
const toV1 = (value: string) => (value === 'max' ? '-1' : value);

const v1: Record<string, V1> = {
	'pids.max': {
		write: (value) => [{ file: 'pids.max', value }],
		files: ['pids.max'],
		read: ([max = '']) => max,
	},
	'memory.max': {
		write: (value) => [{ file: 'memory.limit_in_bytes', value: toV1(value) }],
		files: ['memory.limit_in_bytes'],
		read: ([limit = '']) => fromV1(limit),
	},
	// v1 limits the sum of memory and swap
	'memory.swap.max': {
		write: (value, all) => [
			{ file: 'memory.memsw.limit_in_bytes', value: toV1(sum(value, all.get('memory.max') ?? 'max')) },
		],
		files: ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes'],
		read: ([both = '', memory = '']) => (fromV1(both) === 'max' ? 'max' : String(Number(both) - Number(memory))),
	},
	'cpu.max': {
		write: (value) => {
			const [quota = 'max', period = '100000'] = value.split(' ');
			return [
				{ file: 'cpu.cfs_period_us', value: period },
				{ file: 'cpu.cfs_quota_us', value: toV1(quota) },
			];
		},
		files: ['cpu.cfs_quota_us', 'cpu.cfs_period_us'],
		read: ([quota = '', period = '']) => `${fromV1(quota)} ${period}`,
	},
};

/** The v1 row of a limit; `undefined` where v1 has no such thing. */
export function v1Of(limit: string): V1 | undefined {
	return Object.hasOwn(v1, limit) ? v1[limit] : undefined;
}

function sum(swap: string, memory: string): string {
	return swap === 'max' || memory === 'max' ? 'max' : String(bytesOf(swap) + bytesOf(memory));
}

/** What does not bind the init and may be needed before procReady is written when the cgroup is made. */
const earlyFiles = /^(cpuset\.|cpu\.weight|cpu\.idle|io\.(bfq\.)?weight|memory\.oom\.group|hugetlb\..*\.rsvd)/;

/** Whether a limit is written when the cgroup is made, and not at procReady. */
export function isEarly(limit: string): boolean {
	return earlyFiles.test(limit);
}

/**
 * The order of the late writes. On v2 swap comes before memory, so that nothing is swapped out to make room; v1 wants
 * the sum of both to be the larger one at any time. cpu.max comes last, because it starts to count at once.
 */
const lateOrder = {
	1: ['memory.max', 'memory.swap.max', 'pids.max'],
	2: ['memory.swap.max', 'memory.low', 'memory.min', 'memory.high', 'memory.max', 'pids.max'],
};

/** The place of a limit among the late writes. */
export function lateRank(limit: string, version: 1 | 2): number {
	if (limit === 'cpu.max') return Number.MAX_SAFE_INTEGER;
	const index = lateOrder[version].indexOf(limit);
	return index < 0 ? lateOrder[version].length : index;
}

/** The kernel's own notation of sizes, memparse(): K, M, G, T are powers of 1024. NaN when it is no size. */
export function bytesOf(value: string): number {
	const [, digits, unit] = /^(\d+)([kmgt]?)$/i.exec(value.trim()) ?? [];
	return Number(digits) * 1024 ** ['', 'k', 'm', 'g', 't'].indexOf((unit ?? '').toLowerCase());
}

/** Whether what the kernel holds is what was asked for, however either is written. */
export function sameValue(asked: string, applied: string): boolean {
	return asked === applied || bytesOf(asked) === bytesOf(applied);
}
