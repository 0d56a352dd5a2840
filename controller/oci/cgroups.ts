/** The cgroups of a container where `linux.cgroupsPath` has them, with what is missing above; and their removal. */

import { removeOwn } from '../cgroup/cgroup.js';
import { inheritCpuset } from '../cgroup/cpuset.js';
import { processesIn } from '../cgroup/kill.js';
import { errnoOf, ProcreadyError, reasonOf } from '../errors.js';
import { machine } from '../host/machine.js';
import { allInTurn } from '../model/in-turn.js';
import { dirname } from '../model/path.js';
import type { Directory } from '../model/plan.js';
import { words } from '../model/words.js';

/** What has to be made above the directories, the highest first. */
export function missingAbove(directories: readonly Directory[]): string[] {
	const missing = directories.flatMap(({ path }) => {
		const levels: string[] = [];
		for (let level = dirname(path); !machine.exists(level); level = dirname(level)) levels.unshift(level);
		return levels;
	});
	return [...new Set(missing)];
}

/** Throws where one holds processes already. */
export function makeCgroups(directories: readonly Directory[], above: readonly string[]): void {
	for (const level of above) make(level);
	for (const directory of directories) {
		const { version, path, controllers } = directory;
		if (!make(path) && processesIn(path).length > 0)
			throw new ProcreadyError('name-in-use', `linux.cgroupsPath: ${path} is a cgroup of other processes`);
		if (version === 2) enable(dirname(path), controllers);
		for (const level of [...above, path])
			if (path.startsWith(level)) inheritCpuset({ ...directory, path: level, base: dirname(level) });
	}
}

/** False where there is one. */
function make(path: string): boolean {
	try {
		machine.makeDirectory(path);
		return true;
	} catch (cause) {
		if (errnoOf(cause) === 'EEXIST') return false;
		throw new ProcreadyError('cgroup-missing', `cannot make the cgroup ${path}: ${reasonOf(cause)}`, { cause });
	}
}

/** v2: for the cgroups below, from the topmost down; as other runtimes do, they stay so. What there is not is not asked for. */
function enable(path: string, controllers: readonly string[]): void {
	const file = `${path}/cgroup.subtree_control`;
	if (!machine.exists(file)) return;
	const lacking = controllers.filter((name) => !words(machine.readText(file)).includes(name));
	if (lacking.length === 0) return;
	enable(dirname(path), lacking);
	const held = words(machine.readText(`${path}/cgroup.controllers`));
	const possible = lacking.filter((name) => held.includes(name));
	if (possible.length === 0) return;
	try {
		machine.writeText(file, possible.map((name) => `+${name}`).join(' '));
	} catch (cause) {
		const reason = errnoOf(cause) === 'EBUSY' ? 'processes are in it' : reasonOf(cause);
		throw new ProcreadyError('controller-missing', `cannot enable ${possible.join(', ')} in ${path}: ${reason}`, {
			cause,
		});
	}
}

/** Kills what is in them. Of what was made above them that goes which is empty. */
export async function removeCgroups(directories: readonly Directory[], above: readonly string[]): Promise<void> {
	await allInTurn(
		() => removeOwn(directories),
		() => above.toReversed().forEach(tryRemove),
	);
}

function tryRemove(path: string): void {
	try {
		machine.removeDirectory(path);
	} catch (error) {
		if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error;
	}
}
