/**
 * A leaf for this process. In the root of a cgroup namespace, such as that of a Docker container, the kernel lets a cgroup
 * have either processes or children with limits. Where this process is the only one there it moves one level down, for as
 * long as it lives. What it starts from then on is born there; of others only the starters that wait are moved.
 */
import { errnoOf, ProcreadyError } from '../errors.js';
import { errnoText } from '../host/errno.js';
import { machine } from '../host/machine.js';
import { dirname } from '../model/path.js';
import type { Directory } from '../model/plan.js';
import { removeBase } from './controllers.js';

const entered = new Set<string>();

/**
 * To be called before the first process of a launch is started. `helpers` gives the pids of processes that wait on behalf
 * of this one and start others: they are moved with it. Throws `cgroup-missing`.
 */
export function enterLeaf(directories: readonly Directory[], helpers: () => number[]): void {
	for (const { leaf, base } of directories) {
		if (leaf === undefined || entered.has(leaf)) continue;
		enter(leaf, helpers());
		entered.add(leaf);
		machine.atExit(() => leave(leaf, base, helpers()));
	}
}

function enter(leaf: string, helpers: readonly number[]): void {
	try {
		machine.makeDirectory(leaf);
		moveTo(leaf, helpers);
	} catch (cause) {
		const errno = errnoOf(cause) ?? 'unknown error';
		throw new ProcreadyError('cgroup-missing', `cannot move this process into ${leaf}: ${errnoText(errno)}`, {
			errno,
			cause,
		});
	}
}

function moveTo(path: string, helpers: readonly number[]): void {
	for (const pid of [...helpers, machine.self().pid])
		try {
			machine.writeText(`${path}/cgroup.procs`, String(pid));
		} catch (error) {
			if (errnoOf(error) !== 'ESRCH') throw error; // a starter that has just ended
		}
}

/** Back, where nobody else needs the controllers; else the leaf stays, and a later procready removes it. */
function leave(leaf: string, base: string, helpers: readonly number[]): void {
	removeBase(base);
	try {
		moveTo(dirname(leaf), helpers);
		machine.removeDirectory(leaf);
	} catch {
		// another procready uses them, or something that we started is still there
	}
}
