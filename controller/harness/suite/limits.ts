/** Limits by the names of their files, as options of the library. */
import { limits as table } from '../../cgroup/limits.js';
import type { Limits } from '../../spec/limit-options.js';
import { invalidOption } from '../../spec/units.js';
import { escapeToken } from '../../spec/validate.js';
import type { Attempt } from '../expect/attempt.js';
import { didYouMean } from '../expect/closest.js';

/** Files that are no limit of the table, and whose names are much like one that is. */
const others = ['memory.zswap.max', 'memory.zswap.writeback', 'cpuset.cpus.exclusive', 'cpuset.cpus.partition'];

const controllers = /^(cgroup|cpu|cpuset|hugetlb|io|memory|misc|pids|rdma)(\.[A-Za-z0-9_]+)+$/;

const names: readonly string[] = table.map(({ name }) => name);
const options: readonly string[] = [...table.flatMap((row) => ('option' in row ? [row.option] : [])), 'devices', 'set'];

/** The limits, and the pointer into what was written for each pointer into them. */
export interface NamedLimits {
	limits: Limits;
	written: Map<string, string>;
}

/** Names may be those of files or of the library's options. `where` is the pointer of `given`. */
export function limitsOf(given: Record<string, unknown>, where: string, attempt: Attempt): NamedLimits {
	const limits: Record<string, unknown> = {};
	const written = new Map<string, string>();
	for (const [name, value] of Object.entries(given))
		attempt(() => {
			const at = `${where}/${escapeToken(name)}`;
			checkLimitName(name, at);
			const path = optionOf(name, value);
			written.set(`/limits/${path.map(escapeToken).join('/')}`, at);
			const [option = '', member] = path;
			const one = member === undefined ? converted(option, value) : { [member]: value };
			limits[option] = isObject(limits[option]) && isObject(one) ? { ...limits[option], ...one } : one;
		});
	return { limits: limits as Limits, written };
}

/** Throws `option-invalid` where no file of a cgroup is called so. */
export function checkLimitName(name: string, where: string): void {
	if (names.includes(name) || options.includes(name) || others.includes(name)) return;
	if (/^hugetlb\.[1-9]\d*[KMG]B\.(max|rsvd\.max)$/.test(name)) return;
	const hint = didYouMean(name, [...names, ...options]);
	if (hint !== '' || !controllers.test(name)) throw invalidOption(where, `${JSON.stringify(name)} is no limit${hint}`);
}

/** The path of the option. Text in the notation of the kernel goes to the file as it is. */
function optionOf(name: string, value: unknown): string[] {
	if (options.includes(name)) return [name];
	const [, pageSize] = /^hugetlb\.(\d+[KMG]B)\.max$/.exec(name) ?? [];
	if (pageSize !== undefined) return ['hugetlb', pageSize];
	const row = table.find((one) => one.name === name);
	const isStructured = row && 'option' in row && ['io', 'rdma', 'misc'].includes(row.option);
	return row && 'option' in row && !(isStructured && typeof value === 'string') ? [row.option] : ['set', name];
}

/** 0 and 1 are written for files that are one or the other. */
function converted(option: string, value: unknown): unknown {
	const isSwitch = option === 'oomGroup' || option === 'cpuIdle';
	return isSwitch && (value === 0 || value === 1) ? value === 1 : value;
}

function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
