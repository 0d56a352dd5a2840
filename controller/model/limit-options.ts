/** Limits as people write them. */

import type { LimitName } from './limits.js';
import type { LinkLimits } from './link.js';
import type { DeviceRule } from './resources.js';

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
 * Every limit may have the name of its file too: `{ 'memory.max': '64M', 'pids.max': 1 }`; what the file takes, or what the
 * option of the same limit does.
 */
export type ByFile = { [Name in LimitName]?: number | string | boolean };

/**
 * A limit that is absent is not set; `'max'` says explicitly that there is none. README.md has the table of their cgroup
 * files, and what v1 has no word for. https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
export interface Limits extends ByFile {
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
	/**
	 * Processor time, user and system, of all that is in the container together, from the program's start on: milliseconds,
	 * or a string such as `'2s'`; then everything is killed. Near the end the container is slowed down, so that it uses at
	 * most some milliseconds more; real-time tasks cannot be. The kernel counts it, procready keeps it; not for `update`.
	 */
	cpuTime?: number | string;
	/**
	 * Bytes, from 0 on, that may be written to stdout and stderr together, or to the terminal. All before is passed on, then
	 * everything is killed. Both are pipes of procready then, also where they would be the caller's. Not for `update`.
	 */
	outputMax?: Size;
	/** Of each interface that the container has of its own; needs one. */
	link?: LinkLimits;
	/** Any other file of the container's cgroup by its name, for example `{ 'memory.zswap.max': '32M' }`. */
	set?: Record<string, number | string>;
}
