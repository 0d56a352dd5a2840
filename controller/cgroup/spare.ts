/** An additional directory for a container that runs: all that is in the container is moved there. */

import { notRunning, ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import type { ContainerDirectories, Directory } from '../model/plan.js';
import { words } from '../model/words.js';
import { equip, makeDirectories, moveInto, removeDirectories } from './cgroup.js';
import { childrenOf } from './kill.js';

/** What there is of the spare ones. On v2 it may be one of the others, which has got an additional controller. */
export function madeOf({ directories, spare }: ContainerDirectories): Directory[] {
	return spare.filter(({ path }) => directories.every((one) => one.path !== path) && machine.exists(path));
}

/** A container that runs, or has just ended. */
export interface Running {
	readonly facts: ContainerDirectories & { id: string };
	isRunning(): boolean;
}

/**
 * Makes it, or enables its controllers where it is there already. Nobody else may do so at the same time. Whoever removes
 * what is left of the container looks for it after the end: what is made later is for nobody but us to remove.
 */
export async function make(directory: Directory, container: Running): Promise<void> {
	if (machine.exists(directory.path)) return equip(directory);
	try {
		makeDirectories([directory]);
	} finally {
		if (!container.isRunning()) await removeDirectories([directory]);
	}
	if (!container.isRunning()) throw notRunning(container.facts.id);
}

const patience = 10_000;

/**
 * Moves all of the container there, also what is forked meanwhile: when a look finds nobody outside, all are inside, and
 * with them whatever they fork. Throws `container-busy` where they fork faster than that.
 */
export async function gather({ directories }: ContainerDirectories, to: Directory): Promise<void> {
	const [from] = directories;
	if (!from || from.path === to.path) return;
	const end = Date.now() + patience;
	for (let pids = outside(from, to); pids.length > 0; pids = outside(from, to)) {
		await moveInto(to, ...pids.map(Number));
		if (Date.now() > end)
			throw new ProcreadyError('container-busy', `${from.path}: it forks faster than it can be moved to ${to.path}`);
	}
}

/** One that has joined the container goes where the others are. To be called when it is in all its other directories. */
export async function follow(directories: ContainerDirectories, pid: number): Promise<void> {
	for (const directory of madeOf(directories)) await moveInto(directory, pid);
}

function outside(from: Directory, to: Directory): string[] {
	const inside = new Set(processesIn(to));
	return processesIn(from).filter((pid) => !inside.has(pid));
}

/** Also in the cgroups that the program made below. Not those of other pid namespaces, which have no number here. */
function processesIn({ path }: Directory): string[] {
	return [path, ...childrenOf(path)]
		.flatMap((directory) => words(machine.readText(`${directory}/cgroup.procs`)))
		.filter((pid) => pid !== '0');
}
