/** cgroup v1: a cpuset takes no tasks before it has processors and memory nodes, and a new one has none. */
import { machine } from '../host/machine.js';
import { dirname } from '../model/path.js';
import type { Directory } from '../model/plan.js';

/** Gives both directories, the base and the container's, those of the one above. */
export function inheritCpuset({ version, controllers, base, path }: Directory): void {
	if (version === 2 || !controllers.includes('cpuset')) return;
	for (const directory of [base, path])
		for (const file of ['cpuset.cpus', 'cpuset.mems'])
			if (machine.readText(`${directory}/${file}`) === '')
				machine.writeText(`${directory}/${file}`, machine.readText(`${dirname(directory)}/${file}`));
}
