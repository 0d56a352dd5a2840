/** Where the entries of this user's containers are, by which other processes find them. */

import { errnoOf, ProcreadyError, reasonOf } from '../errors.js';
import { join } from '../model/path.js';
import { errnoText } from './errno.js';
import { machine } from './machine.js';

/** Only for its owner: who can write there says where the processes of others go. file-hierarchy(7), "/run/user/". */
export function runDirectoryOf(uid: number): string {
	return uid === 0
		? '/run/procready'
		: join(machine.self().environment.XDG_RUNTIME_DIR || `/run/user/${uid}`, 'procready');
}

/** Where the entries of this user are; it is there then. */
export function runDirectory(): string {
	const directory = runDirectoryOf(machine.self().uid);
	makeDirectory(directory);
	return directory;
}

export function makeDirectory(path: string): void {
	try {
		machine.makeDirectory(path, 0o700);
	} catch (cause) {
		const errno = errnoOf(cause) ?? 'unknown error';
		if (errno !== 'EEXIST')
			throw new ProcreadyError('not-permitted', `name: cannot make ${path}: ${wayOut(cause)}`, {
				where: '/name',
				errno,
				cause,
			});
	}
}

/** Only of a user other than root it can be elsewhere. */
function wayOut(cause: unknown): string {
	return machine.self().uid === 0
		? reasonOf(cause)
		: `${errnoText(errnoOf(cause))}; set XDG_RUNTIME_DIR to a directory that this user may write to`;
}
