/** Forks that were refused for a limit of tasks: the container's, or that of a cgroup below or above. */

import type { OtherLimit } from '../model/applied-limit.js';
import { type Cause, type InForce, limitOf, nameOf } from './cause.js';
import type { Usage } from './usage.js';
import { count } from './words.js';

/**
 * Some kernels count a refused fork where it was tried, whoever's limit it was (v1; v2 before Linux 6.11): it is taken
 * for the container's own where that has been reached, else for that of a cgroup above.
 */
export function taskCauses(inForce: InForce, { tasks }: Usage): Cause[] {
	const value = limitOf(inForce, 'pids.max');
	const refused = tasks.refused ?? 0;
	const own = value !== undefined && (tasks.peak === null || tasks.peak >= Number(value));
	const unexplained = own ? 0 : refused;
	const above = inForce.ancestors.filter(({ limit }) => limit === 'pids.max');
	return [
		...(own && refused > 0 ? [ownTasks(value, refused)] : []),
		...inForce.below.filter(({ limit, hits }) => limit === 'pids.max' && hits).map(tasksBelow),
		...above.map((one) => tasksAbove(one, unexplained)).filter(({ hits }) => hits > 0),
	];
}

function ownTasks(value: string, refused: number): Cause {
	return {
		limit: 'pids.max',
		level: 'self',
		value,
		hits: refused,
		evidence: `pids.events max ${refused}`,
		fatal: false,
		sentence: `The limit of ${count(Number(value), 'task')} was hit: ${count(refused, 'fork')} refused.`,
	};
}

function tasksAbove({ path, value, hits, counter }: OtherLimit, unexplained: number): Cause {
	const counted = hits ?? unexplained;
	return {
		limit: 'pids.max',
		level: 'ancestor',
		path,
		value,
		hits: counted,
		evidence: hits === null ? `pids.events max ${unexplained}` : `${counter} +${hits}`,
		fatal: false,
		sentence:
			`The limit of ${count(Number(value), 'task')} of ${path} was hit: ` +
			`${count(counted, 'fork')} refused${hits === null ? '' : ' in all of it'}.`,
	};
}

function tasksBelow({ path, value, hits, counter }: OtherLimit): Cause {
	const limit = value === '' ? 'A limit of tasks' : `The limit of ${count(Number(value), 'task')}`;
	return {
		...{ limit: 'pids.max', level: 'below', path, value, hits: hits ?? 0, fatal: false },
		evidence: `${counter || 'pids.events max'} +${hits}`,
		sentence: `${limit} of ${nameOf('below', path)} was hit: ${count(hits ?? 0, 'fork')} refused.`,
	};
}
