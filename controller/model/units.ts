/** What people write for sizes, processors and times, turned into the kernel's numbers. */
import { invalidOption } from '../errors.js';

const sizeUnits = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const timeUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function invalid(where: string, given: unknown, expected: string): never {
	throw invalidOption(where, `${JSON.stringify(given)} is not ${expected}`);
}

/** Tasks: an integer from 0, or `max`. `null` is no limit. Linux counts threads as tasks; 0 and 1 both forbid any fork. */
export function parseTasks(given: number | string, where: string): number | null {
	if (given === 'max') return null;
	const tasks = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
	if (typeof tasks !== 'number' || !Number.isSafeInteger(tasks) || tasks < 0 || tasks > 4_194_304)
		invalid(where, given, 'a number of tasks: an integer from 0 to 4194304, or max');
	return tasks;
}

/** Bytes: a positive integer, with K, M, G or T for powers of 1024 (also KiB, MiB, …), or `max`. `null` is no limit. */
export function parseSize(given: number | string, where: string): number | null {
	if (given === 'max') return null;
	const [, digits, unit] = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b?)?$/i.exec(String(given)) ?? invalidSize(where, given);
	if (/[kmgt]b$/i.test(String(given)))
		invalid(where, given, 'a size: KB could mean 1000 or 1024 bytes, write K or KiB for 1024');
	const bytes = Number(digits) * sizeUnits[(unit ?? '').toLowerCase() as keyof typeof sizeUnits];
	if (!Number.isSafeInteger(bytes) || bytes === 0) invalidSize(where, given);
	return bytes;
}

function invalidSize(where: string, given: unknown): never {
	invalid(where, given, 'a size: a whole positive number of bytes such as 65536, 64K, 1.5M or 2G, or max');
}

export interface CpuMax {
	/** Microseconds of cpu time in each period; `null` is no limit. */
	quota: number | null;
	/** Microseconds, 1000 to 1000000. */
	period: number;
}

const defaultPeriod = 100_000;
const smallestQuota = 1000;

/**
 * Processors (0.5 is half of one; from 0.001), or `"QUOTA PERIOD"` in microseconds as in cpu.max, or `max`.
 * The period is 100 ms; for less than 0.01 processors it is longer, because the kernel takes no quota below 1 ms.
 */
export function parseCpu(given: number | string, where: string): CpuMax {
	const text = String(given).trim();
	if (text === 'max') return { quota: null, period: defaultPeriod };
	const pair = /^(\d+|max)\s+(\d+)$/.exec(text);
	if (pair) return parseQuotaAndPeriod(pair[1] as string, Number(pair[2]), where, given);
	const cpus = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!(cpus >= 0.001 && cpus <= 8192))
		invalid(where, given, 'a number of processors from 0.001, "QUOTA PERIOD" in microseconds, or max');
	const period = cpus * defaultPeriod >= smallestQuota ? defaultPeriod : 1_000_000;
	return { quota: Math.round(cpus * period), period };
}

function parseQuotaAndPeriod(quota: string, period: number, where: string, given: unknown): CpuMax {
	if (period < 1000 || period > 1_000_000)
		invalid(where, given, 'a quota and a period of 1000 to 1000000 microseconds');
	if (quota === 'max') return { quota: null, period };
	if (Number(quota) < smallestQuota) invalid(where, given, 'a quota of at least 1000 microseconds and a period');
	return { quota: Number(quota), period };
}

/** The same for a time that may also be 0: then there is no end. */
export function parseTimeLimit(...[given, where, unit]: Parameters<typeof parseDuration>): number {
	return /^0(ms|s|m|h)?$/.test(String(given)) ? 0 : parseDuration(given, where, unit);
}

/** Milliseconds. A number is `unit`s; a string may end in ms, s, m or h, and without one it is `unit`s as well. */
export function parseDuration(given: number | string, where: string, unit: keyof typeof timeUnits): number {
	const [, digits, suffix] = /^(\d*\.?\d+)(ms|s|m|h)?$/.exec(String(given)) ?? [];
	const milliseconds = Number(digits) * timeUnits[(suffix as keyof typeof timeUnits | undefined) ?? unit];
	if (!(milliseconds > 0 && milliseconds <= 2 ** 31 - 1))
		invalid(where, given, 'a positive time such as 500ms, 10s, 5m or 1h, of at most 24 days');
	return milliseconds;
}
