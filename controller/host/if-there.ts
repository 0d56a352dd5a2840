/**
 * Files that need not be there: of another kernel, of the other version of cgroups, of a process or a cgroup that is gone.
 * Whatever else goes wrong is an error, so that nothing counts as absent that could not be read.
 */
import { errnoOf, ProcreadyError } from '../errors.js';
import { errnoText } from './errno.js';
import { machine } from './machine.js';

/** ENODEV: the cgroup was removed while its file was open; ESRCH: the process has ended. */
const absent = ['ENOENT', 'ENODEV', 'ESRCH'];

let notes: Set<string> | undefined;

/** What `act` does with the file; `undefined` where it is not there, or fails with one of the errnos named. */
export function ifThere<T>(path: string, act: () => T, ...tolerated: string[]): T | undefined {
	try {
		return act();
	} catch (cause) {
		const errno = errnoOf(cause);
		if (errno === undefined) throw cause;
		if ([...absent, ...tolerated].includes(errno)) return undefined;
		const text = `cannot read ${path}: ${errnoText(errno)}`;
		if (!notes) throw new ProcreadyError('setup-failed', text, { errno, cause });
		notes.add(text);
		return undefined;
	}
}

/** EOPNOTSUPP: it is switched off, as pressure may be, or has no meaning, as cgroup.procs of a threaded cgroup. */
export function textIfThere(path: string): string | undefined {
	return ifThere(path, () => machine.readText(path), 'EOPNOTSUPP');
}

/** Runs `act`, for which what cannot be read is not there: for what has to be told all the same. Each is noted in a sentence. */
export function noting<T>(where: Set<string>, act: () => T): T {
	notes = where;
	try {
		return act();
	} finally {
		notes = undefined;
	}
}
