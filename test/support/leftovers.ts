/** What a container must not leave behind: processes, cgroups, mounts. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHost } from '../../controller/host/hierarchy.js';
import { waitingStarters } from '../../controller/protocol/starter.js';

/** The directories of our own in every hierarchy of the host. Those of `make test` are this file's alone: own-cgroups.ts. */
export const bases = readHost().hierarchies.flatMap(({ base }) => base ?? []);

const mountsBefore = mounts();

/**
 * Everything of containers that is there: the names of their cgroup directories, the processes with `mark` in their
 * arguments, and changes in the mounts of this process. Empty when all is clean: a starter that waits for this very process
 * to launch something belongs to it.
 */
export function leftovers(mark: string): string[] {
	const cgroups = bases.flatMap(children);
	const own = waitingStarters();
	const others = processesBelow(dirname(bases[0] ?? '')).filter((pid) => !own.includes(Number(pid)));
	const processes = others.filter((pid) => commandOf(pid).includes(mark));
	return [...cgroups, ...processes.map((pid) => `process ${pid}: ${commandOf(pid)}`), ...changedMounts()];
}

/** The same after at most `milliseconds`, as soon as there is nothing. */
export async function leftoversAfter(mark: string, milliseconds = 2000): Promise<string[]> {
	for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(20))
		if (leftovers(mark).length === 0) break;
	return leftovers(mark);
}

function children(directory: string): string[] {
	try {
		return readdirSync(directory, { withFileTypes: true })
			.filter((entry) => entry.isDirectory())
			.map(({ name }) => `${directory}/${name}`);
	} catch {
		return []; // it has just been removed
	}
}

function processesBelow(directory: string): string[] {
	const inner = children(directory).flatMap(processesBelow);
	try {
		return [...readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean), ...inner];
	} catch {
		return inner; // it has just been removed
	}
}

/** Rows of proc_pid_mountinfo(5). */
function mounts(): string[] {
	return readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
}

function changedMounts(): string[] {
	const now = mounts();
	const [came, went] = [
		now.filter((row) => !mountsBefore.includes(row)),
		mountsBefore.filter((row) => !now.includes(row)),
	];
	return [
		...came.map((row) => `a mount that was not there: ${row}`),
		...went.map((row) => `a mount that is gone: ${row}`),
	];
}

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
	} catch {
		return '';
	}
}
