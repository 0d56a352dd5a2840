/**
 * How cgroup v1 says what cgroup v2 says: for each limit of limits.ts that v1 has under another name, its files, what is
 * written into them, and what they hold in the v2 form.
 * https://docs.kernel.org/admin-guide/cgroup-v1/, .../scheduler/sched-bwc.html
 */
import { bytesOf, keyedLines } from './values.js';

export interface FileValue {
	file: string;
	value: string;
}

export interface V1 {
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

/** One number in one file. */
const one = (file: string): V1 => ({
	write: (value) => [{ file, value: toV1(value) }],
	files: [file],
	read: ([held = '']) => fromV1(held),
});

/** v2 weights have 100 where v1 shares have 1024: sched_group_set_shares() of the kernel takes both. */
const weight: V1 = {
	write: (value) => [{ file: 'cpu.shares', value: String(Math.round((Number(value) * 1024) / 100)) }],
	files: ['cpu.shares'],
	read: ([shares = '']) => String(Math.round((Number(shares) * 100) / 1024)),
};

// v1 limits the sum of memory and swap
const swap: V1 = {
	write: (value, all) => [
		{ file: 'memory.memsw.limit_in_bytes', value: toV1(sum(value, all.get('memory.max') ?? 'max')) },
	],
	files: ['memory.memsw.limit_in_bytes', 'memory.limit_in_bytes'],
	read: ([both = '', memory = '']) => (fromV1(both) === 'max' ? 'max' : String(Number(both) - Number(memory))),
};

function sum(swap: string, memory: string): string {
	return swap === 'max' || memory === 'max' ? 'max' : String(bytesOf(swap) + bytesOf(memory));
}

const cpuMax: V1 = {
	write: (value) => {
		const [quota = 'max', period = '100000'] = value.split(' ');
		return [
			{ file: 'cpu.cfs_period_us', value: period },
			{ file: 'cpu.cfs_quota_us', value: toV1(quota) },
		];
	},
	files: ['cpu.cfs_quota_us', 'cpu.cfs_period_us'],
	read: ([quota = '', period = '']) => `${fromV1(quota)} ${period}`,
};

const throttles = {
	rbps: 'blkio.throttle.read_bps_device',
	wbps: 'blkio.throttle.write_bps_device',
	riops: 'blkio.throttle.read_iops_device',
	wiops: 'blkio.throttle.write_iops_device',
};

/** A file for each of the four; a line for each device, in which 0 is no limit. */
const ioMax: V1 = {
	write: (value) =>
		[...keyedLines(value)].flatMap(([device, pairs]) =>
			[...pairs].map(([key, limit]) => ({
				file: throttles[key as keyof typeof throttles] ?? `io.max ${key}`,
				value: `${device} ${limit === 'max' ? '0' : limit}`,
			})),
		),
	files: Object.values(throttles),
	read: (held) => {
		const devices = new Map<string, string[]>();
		for (const [i, key] of Object.keys(throttles).entries())
			for (const line of (held[i] ?? '').split('\n').filter(Boolean)) {
				const [device = '', limit = ''] = line.split(' ');
				devices.set(device, [...(devices.get(device) ?? []), `${key}=${limit}`]);
			}
		return [...devices].map(([device, pairs]) => [device, ...pairs].join(' ')).join('\n');
	},
};

const translated: Record<string, V1> = {
	'memory.max': one('memory.limit_in_bytes'),
	'memory.swap.max': swap,
	'cpu.max': cpuMax,
	'cpu.max.burst': one('cpu.cfs_burst_us'),
	'cpu.weight': weight,
	'io.max': ioMax,
	'io.weight': one('blkio.bfq.weight'),
};

/** Limits that v1 calls the same. */
const same = /^(pids\.max|cpu\.idle|cpuset\.(cpus|mems)|rdma\.max|misc\.max)$/;

/** `undefined` where v1 has no such limit, or the name is not one of the table: then it is a file of v1 itself. */
export function v1Of(limit: string): V1 | undefined {
	if (same.test(limit)) return { ...one(limit), write: (value) => [{ file: limit, value }] };
	const pages = /^hugetlb\.(\w+)\.(rsvd\.)?max$/.exec(limit);
	if (pages) return one(`hugetlb.${pages[1]}.${pages[2] ?? ''}limit_in_bytes`);
	return Object.hasOwn(translated, limit) ? translated[limit] : undefined;
}

/** Controllers that v1 calls otherwise. */
export const v1Controllers: Readonly<Record<string, string>> = { io: 'blkio' };
