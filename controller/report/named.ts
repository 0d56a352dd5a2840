/** The limits that a verdict can name: `limit` of its causes. README.md of this folder has what shows a hit of each. */

/** `*` stands for a page size such as `2MB`. */
export const namedLimits: readonly string[] = [
	...['timeout', 'cpu.time', 'output', 'memory.max', 'memory.high', 'memory.swap.max', 'memory', 'pids.max', 'cpu.max'],
	...['hugetlb.*.max', 'hugetlb.*.rsvd.max', 'misc.max', 'tmpfs', 'forks', 'seccomp'],
	...['RLIMIT_CPU', 'RLIMIT_RTTIME', 'RLIMIT_FSIZE'],
];

/** Whether a verdict can name it. */
export function isNamed(limit: string): boolean {
	return isAmong(limit, namedLimits);
}

/** Whether it is one of the names, of which some have a `*`. */
export function isAmong(limit: string, names: readonly string[]): boolean {
	return (
		limit !== '' && (names.includes(limit) || names.includes(limit.replace(/^hugetlb\.\d+[KMG]B\./, 'hugetlb.*.')))
	);
}
