/** Paths as they are seen from the working directory of this process. */

import { resolve } from '../model/path.js';
import { machine } from './machine.js';

/** Absolute. ENOENT where the path is relative and the working directory was removed. */
export function fromHere(path: string): string {
	return resolve(path.startsWith('/') ? '/' : machine.directory(), path);
}
