/** Room for one more process in a container. */
import { ProcreadyError } from '../errors.js';
import { textIfThere } from '../host/if-there.js';
import type { Directory } from '../model/plan.js';

/** Throws `tasks-exhausted` where there is none. */
export function requireRoom(directories: readonly Directory[], own: 0 | 1): void {
	const refusal = noRoom(directories, own);
	if (refusal) throw refusal;
}

/**
 * The error to throw where there is none. `own` of the tasks are the asker's: a limit does not keep a process from being
 * moved into a cgroup, only from forking in it.
 */
export function noRoom(directories: readonly Directory[], own: 0 | 1): ProcreadyError | undefined {
	const pids = directories.find(({ controllers }) => controllers.includes('pids'));
	if (!pids) return undefined;
	const max = Number(textIfThere(`${pids.path}/pids.max`)); // NaN: max, or the container has just ended
	const others = Number(textIfThere(`${pids.path}/pids.current`)) - own;
	if (Number.isNaN(max) || Number.isNaN(others) || others < max) return undefined;
	return new ProcreadyError(
		'tasks-exhausted',
		`pids.max: ${others} of ${max} tasks are in use: no room for another process in the container; raise the limit or wait`,
		{ where: 'pids.max', errno: 'EAGAIN' },
	);
}
