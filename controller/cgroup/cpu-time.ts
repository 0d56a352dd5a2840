/**
 * Processor time that all of a container may use together. The kernel counts it and does not limit it, so it is looked at
 * again and again; and because whoever looks may be late, cpu.max lets the container use only what is left, when that is
 * little. sched-bwc.rst, cgroup-v2.rst "cpu.max".
 */

import { errnoOf } from '../errors.js';
import { machine } from '../host/machine.js';
import type { Directory } from '../model/plan.js';
import { numbersOf } from '../model/values.js';

/** Microseconds. */
export interface Quota {
	quota: number;
	period: number;
}

export interface Step {
	/** What cpu.max has to be; absent: it cannot bind before the next look. */
	quota?: Quota;
	/** Milliseconds until the next look. */
	wait: number;
}

/** The longest period and the smallest quota that the kernel takes, microseconds. */
const longest = 1_000_000;
const smallest = 1000;
/** A timer on a busy machine may be so late, microseconds. */
const lateness = 500_000;
/** Milliseconds: a container that is slowed down is looked at as often. */
const soonest = 10;
/** What is written for a cpu.max of the caller's has at least such a period, so that a look is not due more often. */
const ownPeriod = 100_000;

/**
 * What to do while `left` microseconds are left. A write gives its quota at once, and each period that ends before the next
 * look gives it again: together at most what is left. `own` is the cpu.max of the caller: half of it is the most that is
 * written, because what a write gives at once comes on top. `processors` are those that there are.
 */
export function stepOf(left: number, own: Quota | undefined, processors: number): Step {
	const period = own ? Math.max(own.period, ownPeriod) : longest;
	const share = (own ? Math.min(processors, own.quota / own.period) : processors) * period;
	const grants = 1 + Math.ceil((lateness + (own ? period : 0)) / period);
	// without a look at the caller's cpu.max, which may be raised meanwhile
	const free = (left - grants * share) / processors / 1000;
	if (free >= 0 || share < smallest) return { wait: Math.max(soonest, free) };
	const quota = Math.max(smallest, Math.floor(Math.min(left / grants, own ? share / 2 : share)));
	const wait = own ? period : Math.min(quota / processors, longest - lateness);
	return { quota: { quota, period }, wait: Math.max(soonest, wait / 1000) };
}

/** `cpu.max` as limits in force have it. `undefined`: none. */
export function quotaOf(value: string | undefined): Quota | undefined {
	const [quota = 'max', period = '100000'] = (value ?? 'max').split(' ');
	return quota === 'max' ? undefined : { quota: Number(quota), period: Number(period) };
}

/** How many processors the machine has. */
export function countProcessors(): number {
	return numbersOf(machine.readText('/sys/devices/system/cpu/online')).length;
}

/** The files of the caller's limits: of the quota, and of what of it may be saved up. */
const bursts = { 1: 'cpu.cfs_burst_us', 2: 'cpu.max.burst' };

/** Writes cpu.max. Does nothing where the kernel does not take it: then it is the limit of a cgroup above that binds. */
export function slowDown({ version, path }: Directory, { quota, period }: Quota): void {
	const write = version === 2 ? writeBoth : writeEach;
	if (!attempt(() => write(path, quota, period))) return;
	// a quota must not be smaller than its burst
	attempt(() => machine.writeText(`${path}/${bursts[version]}`, '0'));
	attempt(() => write(path, quota, period));
}

function writeBoth(path: string, quota: number, period: number): void {
	machine.writeText(`${path}/cpu.max`, `${quota} ${period}`);
}

/** One of the two at a time may be a larger share than that of a cgroup above, which is refused; without a quota it is not. */
function writeEach(path: string, quota: number, period: number): void {
	if (machine.readText(`${path}/cpu.cfs_period_us`) !== String(period)) {
		machine.writeText(`${path}/cpu.cfs_quota_us`, '-1');
		machine.writeText(`${path}/cpu.cfs_period_us`, String(period));
	}
	machine.writeText(`${path}/cpu.cfs_quota_us`, String(quota));
}

/** Whether it was refused. What is gone with its container needs no limit. */
function attempt(act: () => void): boolean {
	try {
		act();
		return false;
	} catch (error) {
		if (!['EINVAL', 'ENOENT', 'ENODEV'].includes(errnoOf(error) ?? '')) throw error;
		return errnoOf(error) === 'EINVAL';
	}
}
