/** Locks that keep apart whoever makes, changes or removes the same thing, in this process and in others. flock(2). */

import { machine } from './machine.js';

/**
 * Runs `act` while no other process, and nobody else in this one, has a lock of the file. The lock is that of the open
 * file: it ends with this process at the latest. Throws ENOENT where there is no file.
 */
export async function withLock<T>(path: string, act: () => Promise<T>): Promise<T> {
	const file = machine.open(path, 'read');
	try {
		await machine.lock(file, true);
		return await act();
	} finally {
		machine.close(file);
	}
}
