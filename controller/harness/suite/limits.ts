/** Limits by the names of their files, as options of the library. */

import { invalidOption } from '../../errors.js';
import { didYouMean } from '../../model/closest.js';
import type { Limits } from '../../model/limit-options.js';
import { limits as table } from '../../model/limits.js';
import { ownLimits } from '../../model/own-limits.js';
import { escapeToken } from '../../model/pointer.js';
import { limitNamed, withLimits } from '../../plan/limit-named.js';
import type { Attempt } from '../expect/attempt.js';

/** Files that are no limit of the table, and whose names are much like one that is. */
const others = ['memory.zswap.max', 'memory.zswap.writeback', 'cpuset.cpus.exclusive', 'cpuset.cpus.partition'];

const controllers = /^(cgroup|cpu|cpuset|hugetlb|io|memory|misc|pids|rdma)(\.[A-Za-z0-9_]+)+$/;

const all = [...table, ...ownLimits];
const names: readonly string[] = all.map(({ name }) => name);
const options: readonly string[] = [...all.flatMap((row) => ('option' in row ? [row.option] : [])), 'devices', 'set'];

/** The limits, and the pointer into what was written for each pointer into them. */
export interface NamedLimits {
	limits: Limits;
	written: Map<string, string>;
}

/** Names may be those of files or of the library's options. `where` is the pointer of `given`. */
export function limitsOf(given: Record<string, unknown>, where: string, attempt: Attempt): NamedLimits {
	let limits: Limits = {};
	const written = new Map<string, string>();
	for (const [name, value] of Object.entries(given))
		attempt(() => {
			const at = `${where}/${escapeToken(name)}`;
			checkLimitName(name, at);
			const one = limitOf(name, value, at);
			for (const path of pathsOf(one)) written.set(`/limits/${path}`, at);
			limits = withLimits(limits, one);
		});
	return { limits, written };
}

/** Text in the notation of the kernel goes to the file as it is, a list or an object to the option. */
function limitOf(name: string, value: unknown, where: string): Limits {
	const row = table.find((one) => one.name === name || ('option' in one && one.option === name));
	if (typeof value !== 'object' && !(row === undefined && options.includes(name)))
		return limitNamed(row?.name ?? name, flagOf(row?.name, String(value)), where);
	if (options.includes(name)) return { [name]: value };
	return row && 'option' in row ? { [row.option]: value } : { set: { [name]: value as never } };
}

/** Of files that are 0 or 1. */
function flagOf(file: string | undefined, value: string): string {
	if (file !== 'cpu.idle' && file !== 'memory.oom.group') return value;
	return /^true$/i.test(value) ? '1' : /^false$/i.test(value) ? '0' : value;
}

/** Of `set` and of huge pages each member is a limit. */
function pathsOf(limits: Limits): string[] {
	return Object.entries(limits).flatMap(([option, value]) =>
		option === 'set' || option === 'hugetlb'
			? Object.keys(value as object).map((member) => `${option}/${escapeToken(member)}`)
			: option,
	);
}

/** Throws `option-invalid` where no file of a cgroup is called so. */
export function checkLimitName(name: string, where: string): void {
	if (names.includes(name) || options.includes(name) || others.includes(name)) return;
	if (/^hugetlb\.[1-9]\d*[KMG]B\.(max|rsvd\.max)$/.test(name)) return;
	const hint = didYouMean(name, [...names, ...options]);
	if (hint !== '' || !controllers.test(name))
		throw invalidOption(where, `${JSON.stringify(name)} is not a limit${hint}`);
}
