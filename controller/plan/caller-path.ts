/** Paths as the caller means them. */

import { ProcreadyError } from '../errors.js';
import { resolve } from '../model/path.js';

/** Absolute. Throws `cwd-invalid` where the path begins in a working directory that was removed, which is `undefined`. */
export function absolutePath(path: string, directory: string | undefined): string {
	if (path.startsWith('/')) return resolve('/', path);
	if (directory !== undefined) return resolve(directory, path);
	const what = `${JSON.stringify(path)} begins in the working directory, which was removed: give an absolute path`;
	throw new ProcreadyError('cwd-invalid', what, { errno: 'ENOENT' });
}
