/**
 * The table of limits: what each is called, when it is written, and how cgroup v1 says what cgroup v2 says.
 * A limit has the name of its v2 file everywhere: in plans, reports and verdicts; controller/cli/README.md is
 * generated from this table.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/, .../scheduler/sched-bwc.html
 */
import { type OwnLimit, ownLimits } from './own-limits.js';

export interface Limit {
	/** Name of the v2 file; `*` stands for a page size such as `2MB`. The flag is the same with hyphens. */
	name: string;
	/** Member of `limits` of the library. */
	option?: string;
	/** Members of OCI runtime-spec 1.3, below linux.resources. */
	oci?: string;
	/** `early`: when the cgroup is made, because set-up may depend on it; `late`: at procReady, it would bind the init. */
	when: 'early' | 'late';
	unit: string;
	/** What it does, for the documentation. */
	text: string;
}

export const limits = [
	{
		name: 'memory.swap.max',
		option: 'swap',
		oci: 'memory.swap',
		when: 'late',
		unit: 'bytes',
		text: 'Swap. A memory limit by itself makes it 0.',
	},
	{
		name: 'memory.min',
		option: 'memoryMin',
		when: 'late',
		unit: 'bytes',
		text: 'Memory that is never reclaimed.',
	},
	{
		name: 'memory.low',
		option: 'memoryLow',
		oci: 'memory.reservation',
		when: 'late',
		unit: 'bytes',
		text: 'Memory that is reclaimed last.',
	},
	{
		name: 'memory.high',
		option: 'memoryHigh',
		when: 'late',
		unit: 'bytes',
		text: 'Above it the program is slowed down and its memory is reclaimed; nothing is killed.',
	},
	{
		name: 'memory.max',
		option: 'memory',
		oci: 'memory.limit',
		when: 'late',
		unit: 'bytes',
		text: 'Memory; who needs more than can be reclaimed is killed. Rounded down to pages by the kernel.',
	},
	{
		name: 'memory.oom.group',
		option: 'oomGroup',
		when: 'early',
		unit: '0 or 1',
		text: 'Out of memory, all of the container is killed together.',
	},
	{
		name: 'pids.max',
		option: 'pids',
		oci: 'pids.limit',
		when: 'late',
		unit: 'tasks',
		text: 'Processes and threads, the command included; 0 and 1 both forbid any fork.',
	},
	{
		name: 'cpu.weight',
		option: 'cpuWeight',
		oci: 'cpu.shares',
		when: 'early',
		unit: '1 to 10000',
		text: 'Share of the processors when they are contended; 100 is that of everybody else.',
	},
	{
		name: 'cpu.idle',
		option: 'cpuIdle',
		oci: 'cpu.idle',
		when: 'early',
		unit: '0 or 1',
		text: 'Runs only when nobody else wants to.',
	},
	{
		name: 'cpu.max.burst',
		option: 'cpuBurst',
		oci: 'cpu.burst',
		when: 'late',
		unit: 'microseconds',
		text: 'Quota of cpu.max that may be saved up for a burst.',
	},
	{
		name: 'cpu.max',
		option: 'cpu',
		oci: 'cpu.quota, cpu.period',
		when: 'late',
		unit: 'processors',
		text: 'Processor time in each period of 100 ms; or "QUOTA PERIOD" in microseconds.',
	},
	{
		name: 'cpuset.cpus',
		option: 'cpus',
		oci: 'cpu.cpus',
		when: 'early',
		unit: 'list, 0-3,7',
		text: 'Processors it may run on.',
	},
	{
		name: 'cpuset.mems',
		option: 'mems',
		oci: 'cpu.mems',
		when: 'early',
		unit: 'list, 0-1',
		text: 'Memory nodes it may use.',
	},
	{
		name: 'io.weight',
		option: 'ioWeight',
		oci: 'blockIO.weight',
		when: 'early',
		unit: '1 to 10000',
		text: 'Share of the disks when they are contended; 100 is that of everybody else.',
	},
	{
		name: 'io.max',
		option: 'io',
		oci: 'blockIO.throttle…Device',
		when: 'late',
		unit: 'bytes or operations per second',
		text: 'For each device: rbps, wbps, riops, wiops.',
	},
	{
		name: 'hugetlb.*.max',
		option: 'hugetlb',
		oci: 'hugepageLimits',
		when: 'late',
		unit: 'bytes',
		text: 'Huge pages of one size.',
	},
	{
		name: 'hugetlb.*.rsvd.max',
		when: 'early',
		unit: 'bytes',
		text: 'Reservations of huge pages of one size.',
	},
	{
		name: 'rdma.max',
		option: 'rdma',
		oci: 'rdma',
		when: 'late',
		unit: 'handles, objects',
		text: 'For each device: hca_handle, hca_object.',
	},
	{
		name: 'misc.max',
		option: 'misc',
		when: 'late',
		unit: 'of the resource',
		text: 'For each resource of the host, such as sev.',
	},
	{
		name: 'cgroup.max.depth',
		when: 'late',
		unit: 'levels',
		text: 'Depth of the cgroups that the program may make below its own.',
	},
	{
		name: 'cgroup.max.descendants',
		when: 'late',
		unit: 'cgroups',
		text: 'Their number.',
	},
] as const satisfies Limit[];

/** The limits that have a name of their own; a page size stands in that of others. */
export type LimitName = Exclude<(typeof limits)[number]['name'], `hugetlb.*${string}`> | OwnLimit;

export type LimitOption = Extract<(typeof limits)[number], { option: string }>['option'];

/** The row of a limit by the name of its file, also where it holds a page size; `undefined` for one that is not known. */
export function limitOf(file: string): Limit | undefined {
	const general = file.replace(/^hugetlb\.\d+[KMG]B\./, 'hugetlb.*.');
	return limits.find(({ name }) => name === general);
}

/** The names of all limits, those that procready keeps too. */
export const limitNames: readonly string[] = [...limits, ...ownLimits].map(({ name }) => name);

const otherNames = new Map<string, string>(
	[...limits, ...ownLimits].flatMap((row) => [
		...('option' in row && !limitNames.includes(row.option) ? [[row.option, row.name] as const] : []),
		[row.name.replaceAll('.', '-'), row.name] as const,
	]),
);

/** What limits are called as well: `memory`, `memory-max`. */
export const limitAliases: readonly string[] = [...otherNames.keys()];

/** `memory.max` for `memory`, as the library calls it, and for `memory-max`, as the flag; any other name is as it is. */
export function limitName(name: string): string {
	return otherNames.get(name) ?? name;
}

/** Whether a limit is written when the cgroup is made, and not at procReady. */
export function isEarly(file: string): boolean {
	return limitOf(file)?.when === 'early';
}

/**
 * The order of the late writes: that of the table. On v2 swap comes before memory, so that nothing is swapped out to make
 * room; v1 wants the sum of both to be the larger one at any time. What binds the writer itself least comes first, and
 * cpu.max last, because it starts to count at once.
 */
export function lateRank(file: string, version: 1 | 2): number {
	if (file === 'cpu.max') return Number.MAX_SAFE_INTEGER;
	if (version === 1 && file === 'memory.swap.max') return limits.findIndex(({ name }) => name === 'memory.max') + 0.5;
	const index = limits.findIndex(({ name }) => name === limitOf(file)?.name);
	return index < 0 ? limits.length : index;
}
