/** Limits as people write them, turned into linux.resources of OCI. */
import { statSync } from 'node:fs';
import { type LimitOption, limits as table } from '../cgroup/limits.js';
import { numbersOf } from '../cgroup/values.js';
import type { LinkLimits } from '../network/link.js';
import type { DeviceRule, Resources } from './resources.js';
import { invalidOption, parseCpu, parseSize, parseTasks } from './units.js';
import { escapeToken } from './validate.js';

/** Bytes, or a string such as `'64K'`, `'1.5M'`, `'2GiB'` (powers of 1024), or `'max'`. */
export type Size = number | string;

/** For one block device; bytes and operations per second, `'max'` for no limit. */
export interface IoLimit {
	/** A node such as `/dev/vda`, or its numbers `'254:0'`. Limits are of whole disks, not of partitions. */
	device: string;
	rbps?: Size;
	wbps?: Size;
	riops?: number | 'max';
	wiops?: number | 'max';
}

/**
 * A limit that is absent is not set; `'max'` says explicitly that there is none. README.md has the table of their cgroup
 * files, and what v1 has no word for. https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export interface Limits {
	/** Tasks (threads count), 0 to 4194304; 0 and 1 both forbid any fork. pids.max of cgroup v2 and v1. */
	pids?: number | string;
	/**
	 * The kernel rounds down to pages. memory.max of cgroup v2, memory.limit_in_bytes of v1. By itself it also forbids swap.
	 */
	memory?: Size;
	/** memory.high: above it the program is slowed down and reclaimed, not killed. Not in v1. */
	memoryHigh?: Size;
	/** memory.low: reclaimed last. Not in v1. */
	memoryLow?: Size;
	/** memory.min: never reclaimed. Not in v1. */
	memoryMin?: Size;
	/** memory.swap.max; with `memory`, on v1 the sum of both. */
	swap?: Size;
	/** memory.oom.group: out of memory, all of the container is killed together. Not in v1. */
	oomGroup?: boolean;
	/** Processors from 0.001, or `'QUOTA PERIOD'` in microseconds. cpu.max of cgroup v2, cpu.cfs_quota_us of v1. */
	cpu?: number | string;
	/** cpu.max.burst: microseconds of quota that may be saved up, at most the quota. */
	cpuBurst?: number;
	/** cpu.weight, 1 to 10000: share of the processors when they are contended; 100 is that of everybody else. */
	cpuWeight?: number;
	/** cpu.idle: runs only when nobody else wants to. */
	cpuIdle?: boolean;
	/** cpuset.cpus: processors, `'0-3,7'` or a list of numbers. */
	cpus?: string | number[];
	/** cpuset.mems: memory nodes. */
	mems?: string | number[];
	/** io.max of cgroup v2, blkio.throttle.* of v1. */
	io?: IoLimit[];
	/** io.weight, 1 to 10000: share of the disks when they are contended. blkio.bfq.weight of v1, 1 to 1000. */
	ioWeight?: number;
	/** hugetlb.SIZE.max by page size: `{ '2MB': '64M' }`. */
	hugetlb?: Record<string, Size>;
	/** rdma.max by device. */
	rdma?: Record<string, { hcaHandles?: number; hcaObjects?: number }>;
	/** misc.max by resource, such as sev. */
	misc?: Record<string, number | 'max'>;
	/** Which device nodes may be used: linux.resources.devices of OCI; the last rule that fits decides. */
	devices?: DeviceRule[];
	/** Of each interface that the container has of its own; needs one. */
	link?: LinkLimits;
	/** Any other file of the container's cgroup by its name, for example `{ 'memory.zswap.max': '32M' }`. */
	set?: Record<string, number | string>;
}

/** `linux.resources`. Throws `option-invalid`. */
export function resourcesOf(limits: Limits): Resources {
	const resources: Resources = {};
	if (limits.pids !== undefined) resources.pids = { limit: parseTasks(limits.pids, '/limits/pids') ?? -1 };
	if (limits.memory !== undefined) {
		const limit = parseSize(limits.memory, '/limits/memory') ?? -1;
		// memory and swap together: no swap, unless a swap limit is named
		const swapIsNamed = limits.swap !== undefined || (limits.set && 'memory.swap.max' in limits.set);
		resources.memory = swapIsNamed ? { limit } : { limit, swap: limit };
	}
	if (limits.cpu !== undefined) {
		const { quota, period } = parseCpu(limits.cpu, '/limits/cpu');
		resources.cpu = { quota: quota ?? -1, period };
	}
	if (limits.rdma) resources.rdma = limits.rdma;
	if (limits.devices) resources.devices = limits.devices;
	const unified = { ...fileValues(limits), ...setOf(limits) };
	if (Object.keys(unified).length > 0) resources.unified = unified;
	return resources;
}

type Writer<T> = (given: T, where: string) => string;
type Writers = {
	[Option in Exclude<LimitOption, 'pids' | 'memory' | 'cpu' | 'rdma' | 'hugetlb'>]-?: Writer<
		NonNullable<Limits[Option]>
	>;
};

/** What the cgroup file takes. */
const writers: Writers = {
	memoryHigh: size,
	memoryLow: size,
	memoryMin: size,
	swap: size,
	oomGroup: flag,
	cpuBurst: (given, where) => integer(given, 0, 1_000_000, where),
	cpuWeight: (given, where) => integer(given, 1, 10_000, where),
	cpuIdle: flag,
	cpus: list,
	mems: list,
	io: (given, where) => given.map((one, i) => ioLine(one, `${where}/${i}`)).join('\n'),
	ioWeight: (given, where) => integer(given, 1, 10_000, where),
	misc: (given) =>
		Object.entries(given)
			.map(([name, value]) => `${name} ${value}`)
			.join('\n'),
};

/** The options that are a cgroup file of their own. */
function fileValues(limits: Limits): Record<string, string> {
	const values: Record<string, string> = {};
	for (const row of table) {
		if (!('option' in row) || !Object.hasOwn(writers, row.option)) continue;
		const option = row.option as keyof Writers;
		const given = limits[option];
		if (given !== undefined) values[row.name] = (writers[option] as Writer<unknown>)(given, `/limits/${option}`);
	}
	for (const [pageSize, bytes] of Object.entries(limits.hugetlb ?? {})) {
		const where = `/limits/hugetlb/${escapeToken(pageSize)}`;
		if (!/^[1-9]\d*[KMG]B$/.test(pageSize)) throw invalidOption(where, 'is no size of huge pages such as 2MB or 1GB');
		values[`hugetlb.${pageSize}.max`] = size(bytes, where);
	}
	return values;
}

function size(given: Size, where: string): string {
	if (given === 0 || given === '0') return '0';
	return String(parseSize(given, where) ?? 'max');
}

function flag(given: boolean): string {
	return given ? '1' : '0';
}

function integer(given: number, least: number, most: number, where: string): string {
	if (!Number.isInteger(given) || given < least || given > most)
		throw invalidOption(where, `${JSON.stringify(given)} is not an integer from ${least} to ${most}`);
	return String(given);
}

function list(given: string | number[], where: string): string {
	const text = Array.isArray(given) ? given.join(',') : given;
	if (text === '' || numbersOf(text).some(Number.isNaN))
		throw invalidOption(where, `${JSON.stringify(given)} is not a list such as 0-3,7`);
	return text;
}

function ioLine({ device, ...limits }: IoLimit, where: string): string {
	const pairs = Object.entries(limits).map(([key, value]) => {
		const text = key.endsWith('bps') ? size(value, `${where}/${key}`) : String(value);
		return `${key}=${text}`;
	});
	if (pairs.length === 0) throw invalidOption(where, 'names none of rbps, wbps, riops, wiops');
	return [numbersOfDevice(device, `${where}/device`), ...pairs].join(' ');
}

/** makedev(3): the minor number in two pieces around the major. */
function numbersOfDevice(device: string, where: string): string {
	if (/^\d+:\d+$/.test(device)) return device;
	try {
		const status = statSync(device, { bigint: true });
		if (status.isBlockDevice()) {
			const { rdev } = status;
			const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
			const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
			return `${major}:${minor}`;
		}
	} catch {
		// said below
	}
	throw invalidOption(where, `${JSON.stringify(device)} is no block device such as /dev/sda or 8:0`);
}

function setOf(limits: Limits): Record<string, string> {
	const unified: Record<string, string> = {};
	for (const [file, value] of Object.entries(limits.set ?? {})) {
		const where = `/limits/set/${escapeToken(file)}`;
		const twice = table.find((row) => row.name === file && 'option' in row && limits[row.option] !== undefined);
		if (twice && 'option' in twice) throw invalidOption(where, `is given twice, also as limits.${twice.option}`);
		if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(file)) throw invalidOption(where, 'is no name of a cgroup file');
		unified[file] = String(value);
	}
	return unified;
}
