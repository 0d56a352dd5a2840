/** The kernel's log, where this process may read it: dmesg_restrict in sysctl/kernel.rst, and the rights to /dev/kmsg. */

import { ifThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';

const path = '/dev/kmsg';

/** dev-kmsg: `PRIORITY,SEQUENCE,TIME,FLAGS;TEXT`. Below 8 it is the kernel's own: what a process has written has a facility. */
const record = /^[0-7],\d+,\d+,[^;]*;([^\n]*)/;

/**
 * The kernel's own lines that hold one of the words, the oldest first; `null` where it may not be read. Each reader has a
 * position of its own, so that nobody else misses what is read here.
 */
export function readKernelLog(words: readonly string[]): string[] | null {
	const records = ifThere(path, () => machine.readRecords(path), 'EACCES', 'EPERM', 'ENXIO');
	if (!records) return null;
	const lines = records.map((text) => record.exec(text)?.[1] ?? '');
	return lines.filter((line) => words.some((word) => line.includes(word)));
}

/** PROC_PID_INIT_INO of include/linux/proc_ns.h: the pid namespace whose numbers the log has. */
const initial = 'pid:[4026531836]';

/** Whether a number of the log is the same process for this one. */
export function sharesPidsWithLog(): boolean {
	const own = '/proc/self/ns/pid';
	return ifThere(own, () => machine.readLink(own)) === initial;
}

/** PROC_CGROUP_INIT_INO: the cgroup namespace whose paths the log has. */
const initialCgroups = 'cgroup:[4026531835]';

/** Whether a path of the log is what /proc/self/cgroup says. */
export function sharesCgroupsWithLog(): boolean {
	const own = '/proc/self/ns/cgroup';
	return ifThere(own, () => machine.readLink(own)) === initialCgroups;
}
