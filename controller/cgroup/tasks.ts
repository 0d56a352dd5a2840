/** Room for one more process in a container. */
import { ProcreadyError } from '../errors.js';
import type { Directory } from '../spec/plan.js';
import { readText } from './files.js';

/**
 * Throws `tasks-exhausted` where there is none. `own` of the tasks are the asker's: a limit does not keep a process from
 * being moved into a cgroup, only from forking in it.
 */
export function requireRoom(directories: readonly Directory[], own: 0 | 1, cause?: unknown): void {
	const pids = directories.find(({ controllers }) => controllers.includes('pids'));
	if (!pids) return;
	const max = Number(readText(`${pids.path}/pids.max`)); // NaN: max
	const others = Number(readText(`${pids.path}/pids.current`)) - own;
	if (others < max || Number.isNaN(max)) return;
	throw new ProcreadyError(
		'tasks-exhausted',
		`pids.max: ${others} of ${max} tasks are in use: no room for another process in the container; raise the limit or wait`,
		{ where: 'pids.max', errno: 'EAGAIN', ...(cause === undefined ? {} : { cause }) },
	);
}
