/** One limit by the name of its cgroup v2 file, as `limits` of the library. */

import { invalidOption } from '../errors.js';
import type { Limits } from '../model/limit-options.js';
import { limits as table } from '../model/limits.js';
import { ownLimits } from '../model/own-limits.js';

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
