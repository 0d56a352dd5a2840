/** Directories of ours that were left behind: nothing is in them, and who made them is gone. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { textOf } from './attempt.js';

/** The name begins with the pid of the controller. Paths; a process that is just being started is never among them. */
export function staleIn(base: string): string[] {
	return directoriesIn(base)
		.filter((name) => !existsSync(`/proc/${Number.parseInt(name, 10)}`))
		.map((name) => join(base, name))
		.filter(isEmpty);
}

/** No process in it, nor in what is below it. */
function isEmpty(path: string): boolean {
	return textOf(`${path}/cgroup.procs`) === '' && directoriesIn(path).every((name) => isEmpty(join(path, name)));
}

function directoriesIn(path: string): string[] {
	try {
		const entries = readdirSync(path, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
	} catch {
		return []; // there is none
	}
}
