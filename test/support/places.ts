/** The files of a container's cgroup on this host, and what the host has. */
import { existsSync, readFileSync } from 'node:fs';
import { readHost } from '../../controller/host/hierarchy.js';
import { numbersOf } from '../../controller/model/values.js';

const { hierarchies } = readHost();

/** Memory, tasks and processors are limited by cgroup v2. */
export const isV2 = hierarchies.some(({ version, controllers }) => version === 2 && controllers.includes('memory'));

export function hasController(name: string): boolean {
	return hierarchies.some(({ controllers }) => controllers.includes(name));
}

/** There is swap space, proc_swaps(5): a line of titles, then a line each. */
export const hasSwap = readFileSync('/proc/swaps', 'utf8').trim().split('\n').length > 1;

/** The processors this process may run on. */
export const processors = numbersOf(
	/^Cpus_allowed_list:\t(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '',
);

/** Where the container has a file of this name. */
export function fileOf({ id }: { id: string }, file: string): string {
	const found = hierarchies.map(({ base }) => `${base}/${id}/${file}`).find(existsSync);
	if (!found) throw new Error(`no ${file} of ${id}`);
	return found;
}
