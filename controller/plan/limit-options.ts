/** Limits as people write them, turned into linux.resources of OCI. */

import { invalidOption, ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import type { IoLimit, Limits, Size } from '../model/limit-options.js';
import { type LimitOption, limitName, limits as table } from '../model/limits.js';
import { ownLimits } from '../model/own-limits.js';
import { escapeToken } from '../model/pointer.js';
import type { Resources } from '../model/resources.js';
import { parseCpu, parseSize, parseTasks } from '../model/units.js';
import { mostNumbers, numbersOf } from '../model/values.js';
import { limitNamed, withLimits } from './limit-named.js';

/** `linux.resources`. Throws `option-invalid`. */
export function resourcesOf(given: Limits): Resources {
	const limits = byOption(given);
	const resources: Resources = {};
	if (limits.pids !== undefined) resources.pids = { limit: parseTasks(limits.pids, '/limits/pids') ?? -1 };
	if (limits.memory !== undefined) {
		const limit = parseSize(limits.memory, '/limits/memory') ?? -1;
		// memory and swap together: no swap, unless a swap limit is named
		resources.memory = limits.swap === undefined ? { limit, swap: limit } : { limit };
	}
	if (limits.cpu !== undefined) {
		const { quota, period } = parseCpu(limits.cpu, '/limits/cpu');
		if (quota !== null && (limits.cpuBurst ?? 0) > quota)
			throw invalidOption(
				'/limits/cpuBurst',
				`${limits.cpuBurst} is more than the quota of cpu.max, ${quota} microseconds`,
			);
		resources.cpu = { quota: quota ?? -1, period };
	}
	if (limits.rdma) resources.rdma = limits.rdma;
	if (limits.devices) resources.devices = limits.devices;
	const unified = { ...fileValues(limits), ...limits.set };
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
	misc: (given, where) =>
		Object.entries(given)
			.map(([name, value]) => `${name} ${wholeOrMax(value, `${where}/${escapeToken(name)}`, 'a whole number')}`)
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
		if (!/^[1-9]\d*[KMG]B$/.test(pageSize))
			throw invalidOption(where, 'is not a size of huge pages such as 2MB or 1GB');
		values[`hugetlb.${pageSize}.max`] = size(bytes, where);
	}
	return values;
}

/** Bytes, or `max`, as a cgroup file takes them; 0 too. Throws `option-invalid`. */
export function size(given: Size, where: string): string {
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
	const isEmpty = text.split(',').some((part) => numbersOf(part).length === 0);
	if (isEmpty || !numbersOf(text).every((number) => number < mostNumbers))
		throw invalidOption(where, `${JSON.stringify(given)} is not a list such as 0-3,7`);
	return text;
}

function ioLine({ device, ...limits }: IoLimit, where: string): string {
	const pairs = Object.entries(limits).map(([key, value]) => {
		const at = `${where}/${key}`;
		const text = key.endsWith('bps') ? size(value, at) : wholeOrMax(value, at, 'a number of operations');
		return `${key}=${text}`;
	});
	if (pairs.length === 0) throw invalidOption(where, 'names none of rbps, wbps, riops, wiops');
	return [numbersOfDevice(device, `${where}/device`), ...pairs].join(' ');
}

function wholeOrMax(given: Size, where: string, what: string): string {
	if (given !== 'max' && !(/^\d+$/.test(String(given)) && Number.isSafeInteger(Number(given))))
		throw invalidOption(where, `${JSON.stringify(given)} is neither ${what} nor max`);
	return String(given);
}

/** inode(7) */
const [S_IFMT, S_IFBLK] = [0o170000, 0o060000];

/** makedev(3): the minor number in two pieces around the major. */
function numbersOfDevice(device: string, where: string): string {
	if (/^\d+:\d+$/.test(device)) return device;
	try {
		const status = machine.status(device);
		if (status && (status.mode & S_IFMT) === S_IFBLK) {
			const rdev = BigInt(status.device);
			const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
			const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
			return `${major}:${minor}`;
		}
	} catch {
		// said below
	}
	throw invalidOption(where, `${JSON.stringify(device)} is not a block device such as /dev/sda or 8:0`);
}

/** A file of `set` that an option stands for is that option: what the option refuses is refused, what goes with it is done. */
function byOption({ set = {}, ...limits }: Limits): Omit<Limits, 'set'> & { set?: Record<string, string> } {
	return Object.entries(set).reduce((all: Limits, [name, given]) => {
		const where = `/limits/set/${escapeToken(name)}`;
		const file = limitName(name);
		const value = String(given);
		const twice = table.find((row) => row.name === file && 'option' in row && limits[row.option] !== undefined);
		if (twice && 'option' in twice) throw invalidOption(where, `is given twice, also as limits.${twice.option}`);
		if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(file)) throw invalidOption(where, 'is not the name of a cgroup file');
		if (value.trim() === '') throw invalidOption(where, 'is empty: write a value');
		return withLimits(all, isOwn(file) ? { set: { [file]: value } } : checkedNamed(file, value, where));
	}, limits) as ReturnType<typeof byOption>;
}

/** What procready keeps itself has no file. */
function isOwn(file: string): boolean {
	return ownLimits.some(({ name }) => name === file);
}

/** Its error is about where it was written. */
function checkedNamed(file: string, value: string, where: string): Limits {
	if (file === 'cpu.max' && /^\s*\d+\s*$/.test(value))
		throw invalidOption(where, `${value} could be processors or microseconds: write ${value}.0 or "${value} 100000"`);
	const named = file === 'io.max' ? { io: ioLimits(value, where) } : limitNamed(file, value, where);
	if (named.set) return named;
	try {
		resourcesOf(named);
		return named;
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		throw invalidOption(where, error.message.replace(/^\S+: /, ''));
	}
}

/** A line a device, as the file has it. */
function ioLimits(value: string, where: string): IoLimit[] {
	return value
		.trim()
		.split('\n')
		.map((line) => {
			const [device = '', ...pairs] = line.trim().split(/\s+/);
			const isForm = /^\d+:\d+$/.test(device) && pairs.length > 0;
			if (!isForm || !pairs.every((pair) => /^([rw]bps=.+|[rw]iops=(\d+|max))$/.test(pair)))
				throw invalidOption(where, `${JSON.stringify(line)} is not of the form "8:0 rbps=1M wiops=max"`);
			return { device, ...Object.fromEntries(pairs.map((pair) => pair.split('='))) };
		});
}
