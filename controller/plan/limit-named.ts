/** Limits by the names of their cgroup v2 files, or of options, as `limits` of the library. */

import { invalidOption } from '../errors.js';
import { didYouMean } from '../model/closest.js';
import type { Limits } from '../model/limit-options.js';
import { limitName, limitNames, limits as table } from '../model/limits.js';
import { ownLimits } from '../model/own-limits.js';
import { escapeToken } from '../model/pointer.js';

/** What its option takes is made of the text; absent: the text itself. */
const convert: Record<string, (text: string, where: string) => unknown> = {
	oomGroup: flag,
	cpuIdle: flag,
	cpuBurst: integer,
	cpuWeight: integer,
	ioWeight: integer,
};

/** Options whose values are no text: the file takes it as it is. */
const structured = ['io', 'rdma', 'misc'];

/** Throws `option-invalid` where no value of that file can be meant; a file that is not known is `set`. */
export function limitNamed(file: string, value: string, where: string): Limits {
	const [, pageSize] = /^hugetlb\.(\d+[KMG]B)\.max$/.exec(file) ?? [];
	if (pageSize !== undefined) return { hugetlb: { [pageSize]: value } };
	const own = ownLimits.find(({ name }) => name === file);
	if (own) return { [own.option]: value };
	const row = table.find(({ name }) => name === file);
	if (!row || !('option' in row) || structured.includes(row.option)) return { set: { [file]: value } };
	return { [row.option]: convert[row.option]?.(value, where) ?? value };
}

function integer(text: string, where: string): number {
	if (!/^\d+$/.test(text)) throw invalidOption(where, `${JSON.stringify(text)} is not an integer`);
	return Number(text);
}

function flag(text: string, where: string): boolean {
	if (text !== '0' && text !== '1') throw invalidOption(where, `${JSON.stringify(text)} is neither 0 nor 1`);
	return text === '1';
}

/** Files that are no limit of the table, and whose names are much like one that is. */
const others = ['memory.zswap.max', 'memory.zswap.writeback', 'cpuset.cpus.exclusive', 'cpuset.cpus.partition'];

const controllers = /^(cgroup|cpu|cpuset|hugetlb|io|memory|misc|pids|rdma)(\.[A-Za-z0-9_]+)+$/;

const options: readonly string[] = [
	...[...table, ...ownLimits].flatMap((row) => ('option' in row ? [row.option] : [])),
	...['devices', 'set'],
];

/** Throws `option-invalid` where no file of a cgroup is called so. `more` are names that may be meant beside limits. */
export function checkLimitName(name: string, where: string, more: readonly string[] = []): void {
	if (limitNames.includes(limitName(name)) || options.includes(name) || others.includes(name)) return;
	if (/^hugetlb\.[1-9]\d*[KMG]B\.(max|rsvd\.max)$/.test(name)) return;
	const hint = didYouMean(name, [...limitNames, ...options, ...more]);
	if (hint !== '' || !controllers.test(name))
		throw invalidOption(where, `${JSON.stringify(name)} is not a limit${hint}`);
}

/**
 * One limit: text in the notation of the kernel is for its file, a list or an object for its option. Throws `option-invalid`,
 * also where there is no such limit.
 */
export function limitBy(name: string, value: unknown, where: string): Limits {
	checkLimitName(name, where);
	if (name === 'cpus' && typeof value === 'number')
		throw invalidOption(
			where,
			`${value} could be a number of processors or the one with this number: write cpu.max: ${value}, or cpuset.cpus: "${value}"`,
		);
	const file = limitName(name);
	const row = table.find((one) => one.name === file);
	if (typeof value !== 'object' && !(row === undefined && options.includes(name)))
		return limitNamed(file, flagText(file, String(value)), where);
	if (options.includes(name)) return { [name]: value };
	return row && 'option' in row ? { [row.option]: value } : { set: { [name]: value as never } };
}

/** Of files that are 0 or 1. */
function flagText(file: string, value: string): string {
	if (file !== 'cpu.idle' && file !== 'memory.oom.group') return value;
	return /^true$/i.test(value) ? '1' : /^false$/i.test(value) ? '0' : value;
}

/** Limits under the names of options alone. Throws `option-invalid`; `where` is the pointer of what is given. */
export function byOptions(given: Limits, where = '/limits'): Limits {
	const isFile = (name: string) => name.includes('.') || name === 'output';
	const entries = Object.entries(given).filter(([, value]) => value !== undefined);
	const named = entries.filter(([name]) => isFile(name));
	return named.reduce(
		(limits: Limits, [name, value]) => {
			const at = `${where}/${escapeToken(name)}`;
			const one = limitBy(name, value, at);
			const twice = Object.keys(one).find((option) => !['set', 'hugetlb'].includes(option) && option in limits);
			if (twice !== undefined) throw invalidOption(at, `is given twice, also as limits.${twice}`);
			return withLimits(limits, one);
		},
		Object.fromEntries(entries.filter(([name]) => !isFile(name))),
	);
}

/** Both; what the second names counts. */
export function withLimits(limits: Limits = {}, more: Limits = {}): Limits {
	const set = { ...limits.set, ...more.set };
	const hugetlb = { ...limits.hugetlb, ...more.hugetlb };
	return {
		...limits,
		...more,
		...(Object.keys(set).length > 0 ? { set } : {}),
		...(Object.keys(hugetlb).length > 0 ? { hugetlb } : {}),
	};
}
