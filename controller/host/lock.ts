/** flock(2), which Node has not: by flock(1) of util-linux, on a file that this process has opened. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { ProcreadyError } from '../errors.js';

/**
 * Runs `act` while no other process, and nobody else in this one, has a lock of the file. The lock is that of the open
 * file: it ends with this process at the latest. Throws ENOENT where there is no file.
 */
export async function withLock<T>(path: string, act: () => Promise<T>): Promise<T> {
	const file = openSync(path, constants.O_RDONLY);
	try {
		await lock(file);
		return await act();
	} finally {
		closeSync(file);
	}
}

async function lock(file: number): Promise<void> {
	const child = spawn('flock', ['3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
	const [status] = await once(child, 'exit').catch((cause: Error) => {
		throw new ProcreadyError('setup-failed', `cannot start flock(1) of util-linux: ${cause.message}`, { cause });
	});
	if (status !== 0) throw new ProcreadyError('setup-failed', `flock(1) failed with status ${status}`);
}
