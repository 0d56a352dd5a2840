/**
 * What people write for sizes, processors, times and shares, turned into the kernel's numbers. Each kind of amount is read
 * here, for the command line, suites and the library alike.
 */
import { invalidOption } from '../errors.js';

const sizeUnits = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const decimalUnits = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const timeUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What others write for no limit. */
const noLimit = /^(unlimited|infinity|infinite|inf|none|max|-1)$/i;

function invalid(where: string, given: unknown, expected: string): never {
	const text = noLimit.test(String(given)) ? `${expected}; no limit is written max` : expected;
	throw invalidOption(where, `${JSON.stringify(given)} is not ${text}`);
}

/** Tasks: an integer from 0, or `max`. `null` is no limit. Linux counts threads as tasks; 0 and 1 both forbid any fork. */
export function parseTasks(given: number | string, where: string): number | null {
	if (given === 'max') return null;
	const tasks = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
	if (typeof tasks !== 'number' || !Number.isSafeInteger(tasks) || tasks < 0 || tasks > 4_194_304)
		invalid(where, given, 'a number of tasks: an integer from 0 to 4194304, or max');
	return tasks;
}

/**
 * Bytes: a positive integer, with K, M, G or T for powers of 1024 (also KiB, MiB, … and Ki, Mi, …), or `max`. `null` is no
 * limit. KB, MB, … are refused, because they mean powers of 1000 to some and powers of 1024 to others.
 */
export function parseSize(given: number | string, where: string): number | null {
	if (given === 'max') return null;
	const [, digits, unit = '', ending = ''] =
		/^(\d+(?:\.\d+)?)([kmgt]?)(i?b?)$/i.exec(String(given)) ?? invalidSize(where, given);
	if (unit !== '' && /^b$/i.test(ending)) invalidDecimalSize(where, given, digits as string, unit);
	const bytes = Number(digits) * sizeUnits[unit.toLowerCase() as keyof typeof sizeUnits];
	if (!Number.isSafeInteger(bytes) || bytes === 0) invalidSize(where, given);
	return bytes;
}

function invalidSize(where: string, given: unknown): never {
	invalid(where, given, 'a size: a whole positive number of bytes such as 65536, 64K, 1.5M or 2G, or max');
}

/** Says both meanings, and how each is written. */
function invalidDecimalSize(where: string, given: unknown, digits: string, unit: string): never {
	const letter = unit.toUpperCase();
	const decimal = Math.round(Number(digits) * decimalUnits[unit.toLowerCase() as keyof typeof decimalUnits]);
	const written = `write ${digits}${letter}iB, or ${decimal}`;
	invalid(where, given, `a size: ${letter}B could mean powers of 1024 or of 1000 bytes: ${written}`);
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
 * Processors (0.5 is half of one; from 0.001), also as a percentage of one (`50%`) or in thousandths (`500m`), or
 * `"QUOTA PERIOD"` in microseconds as in cpu.max, or `max`.
 * The period is 100 ms; for less than 0.01 processors it is longer, because the kernel takes no quota below 1 ms.
 */
export function parseCpu(given: number | string, where: string): CpuMax {
	const text = String(given).trim();
	if (text === 'max') return { quota: null, period: defaultPeriod };
	const pair = /^(\d+|max)\s+(\d+)$/.exec(text);
	if (pair) return parseQuotaAndPeriod(pair[1] as string, Number(pair[2]), where, given);
	const cpus = processors(text);
	if (!(cpus >= 0.001 && cpus <= 8192))
		invalid(
			where,
			given,
			'a number of processors from 0.001, such as 0.5, 50% or 500m, "QUOTA PERIOD" in microseconds, or max',
		);
	const period = cpus * defaultPeriod >= smallestQuota ? defaultPeriod : 1_000_000;
	return { quota: Math.round(cpus * period), period };
}

/** `0.5`, `50%` or `500m`; NaN for what is none of them. */
export function processors(text: string): number {
	const [, digits, unit = ''] = /^(\d*\.?\d+)(%|m?)$/.exec(text) ?? [];
	return Number(digits) / { '': 1, '%': 100, m: 1000 }[unit as '' | '%' | 'm'];
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
	return /^0(ms|s|m|h|d)?$/.test(String(given)) ? 0 : parseDuration(given, where, unit);
}

/** What others call a unit: systemd.time(7). */
const unitNames: Readonly<Record<string, keyof typeof timeUnits>> = { msec: 'ms', sec: 's', min: 'm', hr: 'h' };

/**
 * Milliseconds. A number is `unit`s; a string may end in ms, s, m, h or d, and without one it is `unit`s as well. Several go
 * together, the larger units first: `1m30s`. The `hint` is for those who mean that there is no end.
 */
export function parseDuration(
	given: number | string,
	where: string,
	unit: keyof typeof timeUnits,
	hint?: string,
): number {
	const milliseconds = millisecondsOf(String(given), unit);
	if (milliseconds > 0 && milliseconds <= 2 ** 31 - 1) return milliseconds;
	const more = hint !== undefined && (milliseconds === 0 || noLimit.test(String(given))) ? `; ${hint}` : '';
	throw invalidOption(
		where,
		`${JSON.stringify(given)} is not a positive time such as 500ms, 10s, 1m30s, 5m or 1h, of at most 24 days${more}`,
	);
}

/** After which everything is killed. */
export function parseTimeout(given: number | string, where: string, unit: keyof typeof timeUnits): number {
	return parseDuration(given, where, unit, 'there is no time-out where none is given');
}

/** NaN for what is not a time. */
function millisecondsOf(text: string, unit: keyof typeof timeUnits): number {
	if (/^\d*\.?\d+$/.test(text)) return Number(text) * timeUnits[unit];
	if (!/^(\d*\.?\d+[a-z]+)+$/.test(text)) return Number.NaN;
	const parts = [...text.matchAll(/(\d*\.?\d+)([a-z]+)/g)].map(([, digits, name = '']) => ({
		count: Number(digits),
		size: timeUnits[(unitNames[name] ?? name) as keyof typeof timeUnits] ?? Number.NaN,
	}));
	const isOrdered = parts.every(({ size }, index) => index === 0 || size < (parts[index - 1]?.size ?? 0));
	return isOrdered ? parts.reduce((sum, { count, size }) => sum + count * size, 0) : Number.NaN;
}

/** A share as a fraction: `20%` and `0.2` are the same. */
export function parseShare(given: string, where: string): number {
	const [, number, sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(given) ?? [];
	if (number === undefined) throw invalidOption(where, `${JSON.stringify(given)} is not of the form 20% or 0.2`);
	if (!sign && Number(number) > 1)
		throw invalidOption(where, `${given} is more than 1, which is 100%: write ${given}%, or a fraction such as 0.2`);
	return sign ? Number(number) / 100 : Number(number);
}
