/**
 * Where this process is when the mounts are those from outside of its cgroup namespace: a container that sees the cgroups
 * of its host. The kernel tells no path then (`/..`), but who is in a cgroup. cgroup_namespaces(7)
 */

import type { Located, Mounted } from '../model/host.js';
import { join } from '../model/path.js';
import { words } from '../model/words.js';
import { ifThere, textIfThere } from './if-there.js';
import { machine } from './machine.js';

/** As it is where the texts have said it, or where it is not to be found. */
export function locate(mounted: Mounted): Located {
	const { hiddenLevels, inside = '/', ...rest } = mounted;
	if (hiddenLevels === undefined) return rest;
	const top = directoriesAt(mounted.mountPoint, hiddenLevels).find((directory) => holdsUs(join(directory, inside)));
	return top === undefined ? rest : { ...rest, own: join(top, inside), top };
}

/** So many levels below. */
function directoriesAt(directory: string, levels: number): string[] {
	if (levels === 0) return [directory];
	return directlyBelow(directory).flatMap((child) => directoriesAt(child, levels - 1));
}

function directlyBelow(directory: string): string[] {
	return (ifThere(directory, () => machine.listDirectories(directory)) ?? []).map((name) => join(directory, name));
}

function holdsUs(directory: string): boolean {
	return words(textIfThere(`${directory}/cgroup.procs`) ?? '').includes(String(machine.self().pid));
}
