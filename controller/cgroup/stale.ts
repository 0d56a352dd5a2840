/**
 * What is left of containers whose controller and outer shim were killed at the same moment: nobody was there to remove
 * their directories. Only those of our own are touched, and none that anybody locks or that holds a process. A shim that was
 * stopped when its controller was killed cannot see that, and its container would run on: it is ended first.
 */
import { ifThere, textIfThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import { findProcess, isStopped, type ProcessStatus, signalTo } from '../host/processes.js';
import { basename, dirname, join } from '../model/path.js';
import type { Directory } from '../model/plan.js';
import { dropBase, useBase } from './bases.js';
import { childrenOf, processesIn } from './kill.js';

/** Of a container: `Container.id`. */
const name = /^\d+-[0-9a-f]{8}-\d+$/;

/** Of a controller, see leaf.ts; nobody locks it, but it is never without its process. */
const leaf = /^procready-controller-\d+$/;

/** Milliseconds: what has just been made is not locked yet. */
const youth = 10_000;

const known = new Set<string>();

/** Looks once for each base, in the background; a failure is nobody's, the next process will look again. */
export function removeStaleBeside(directories: readonly Directory[]): void {
	for (const { base } of directories) {
		if (known.has(base)) continue;
		known.add(base);
		removeStale(base).catch(() => {});
	}
}

async function removeStale(base: string): Promise<void> {
	useBase(base);
	try {
		endOrphans(base);
		for await (const path of staleBeside(base)) remove(path);
	} finally {
		dropBase(base);
	}
}

/** Paths in the base, and beside it. One at a time, so that whoever removes it does so as soon as it is found. */
export async function* staleBeside(base: string): AsyncGenerator<string> {
	for (const entry of entriesOf(base)) {
		const path = join(base, entry);
		if (name.test(entry) && isOld(path) && isEmpty(path) && !(await isLocked(path))) yield path;
	}
	for (const entry of entriesOf(dirname(base))) {
		const path = join(dirname(base), entry);
		if (leaf.test(entry) && isEmpty(path)) yield path;
	}
}

/** Those of shims that are stopped, and whose controller is gone: all of the container dies with its shim. */
function endOrphans(base: string): void {
	const paths = entriesOf(base).filter((entry) => name.test(entry));
	for (const path of paths.map((entry) => join(base, entry)).filter(isOld))
		for (const pid of processesIn(path)) {
			const shim = findProcess(findProcess(pid)?.parent ?? 0);
			if (!shim || !isStopped(shim) || !hasLocked(shim, path) || hasController(shim, path)) continue;
			for (const one of [pid, shim.pid]) signalTo(one, 'SIGKILL');
		}
}

/** The container's own shim has, and that of a process which has joined it has not. proc_locks(5) */
function hasLocked({ pid }: ProcessStatus, path: string): boolean {
	const inode = machine.status(path)?.inode;
	return new RegExp(`: FLOCK .* ${pid} [^ ]*:${inode} `).test(machine.readFile('/proc/locks'));
}

/**
 * As long as it lives it is the parent of the shim, or of the starter of that. The directory is called by its number. Who
 * ends meanwhile, as the starter of a controller that was killed, leaves its children to another parent, who is asked
 * instead; where a parent stays and is hidden nobody can say, and it may be the controller.
 */
function hasController(shim: ProcessStatus, path: string): boolean {
	const [controller] = basename(path).split('-');
	for (let below = shim; below.parent > 0; ) {
		const number = ownNumberOf(below.parent);
		if (number === controller) return true;
		let next = number === undefined ? undefined : findProcess(below.parent);
		if (!next) {
			next = findProcess(below.pid);
			if (!next || next.parent === below.parent) return true;
		}
		below = next;
	}
	return false;
}

/** In its own pid namespace. proc_pid_status(5). */
function ownNumberOf(pid: number): string | undefined {
	return /^NSpid:.*\t(\d+)$/m.exec(statusOf(pid))?.[1];
}

function statusOf(pid: number): string {
	try {
		return machine.readText(`/proc/${pid}/status`);
	} catch {
		return ''; // it is gone
	}
}

/**
 * None where there is no such directory. Not by Node's threads: the program may have all tasks of a limit that binds this
 * process too, and Node aborts when it cannot start one.
 */
function entriesOf(directory: string): string[] {
	return ifThere(directory, () => machine.list(directory)) ?? [];
}

function isOld(path: string): boolean {
	const status = machine.status(path);
	return status !== undefined && machine.now() - status.modified > youth;
}

/** No process in it, nor in the cgroups below. */
function isEmpty(path: string): boolean {
	// one that is just being removed has no text
	return [path, ...childrenOf(path)].every((directory) => textIfThere(`${directory}/cgroup.procs`) === '');
}

/** To ask starts a process: only for those without processes, so hardly ever. */
async function isLocked(path: string): Promise<boolean> {
	const file = machine.open(path, 'directory');
	try {
		return !(await machine.lock(file, false).catch(() => false)); // where there is no flock(1) nobody can say
	} finally {
		machine.close(file);
	}
}

/** The kernel keeps one that somebody has entered meanwhile. */
function remove(path: string): void {
	for (const directory of [...childrenOf(path), path])
		try {
			machine.removeDirectory(directory);
		} catch {
			return;
		}
}
