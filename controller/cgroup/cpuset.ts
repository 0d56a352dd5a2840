/** cgroup v1: a cpuset takes no tasks before it has processors and memory nodes, and a new one has none. */
import { dirname } from 'node:path';
import { readText, writeText } from '../host/files.js';
import type { Directory } from '../model/plan.js';

/** Gives both directories, the base and the container's, those of the one above. */
export function inheritCpuset({ version, controllers, base, path }: Directory): void {
	if (version === 2 || !controllers.includes('cpuset')) return;
	for (const directory of [base, path])
		for (const file of ['cpuset.cpus', 'cpuset.mems'])
			if (readText(`${directory}/${file}`) === '')
				writeText(`${directory}/${file}`, readText(`${dirname(directory)}/${file}`));
}
