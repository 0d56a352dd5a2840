/**
 * A killed program needs processor time to die. Where cpu.max is small it may have used much more than that, for work of the
 * kernel that is not interrupted, and would wait for minutes until that is made up for. sched-bwc.rst.
 */

import { errnoOf } from '../errors.js';
import { machine } from '../host/machine.js';
import type { Directory } from '../model/plan.js';

const files = { 1: 'cpu.cfs_quota_us', 2: 'cpu.max' };
const none = { 1: '-1', 2: 'max' };

/** Lifts the limit, for a container that has been killed. */
export function unthrottle({ directories }: { directories: readonly Directory[] }): void {
	const directory = directories.find(({ controllers }) => controllers.includes('cpu'));
	if (!directory) return;
	try {
		machine.writeText(`${directory.path}/${files[directory.version]}`, none[directory.version]);
	} catch (error) {
		if (!['ENOENT', 'ENODEV'].includes(errnoOf(error) ?? '')) throw error; // it has ended meanwhile, and its cgroup with it
	}
}
