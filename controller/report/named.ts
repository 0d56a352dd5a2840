/** The limits that a verdict can name: `limit` of its causes. README.md of this folder has what shows a hit of each. */

import { limitName } from '../model/limits.js';

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

/** The names in verdicts of what is written as the file or as the option of a limit. */
export function namesOf(limit: string): readonly string[] {
	if (limit === 'memory') return ['memory.max', 'memory']; // the second one is that of the host, which was used up
	return [isNamed(limit) ? limit : limitName(limit)];
}

/** Whether it is one of the names, of which some have a `*`. */
export function isAmong(limit: string, names: readonly string[]): boolean {
	return (
		limit !== '' && (names.includes(limit) || names.includes(limit.replace(/^hugetlb\.\d+[KMG]B\./, 'hugetlb.*.')))
	);
}
