/** Reads the files of which something is expected. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { errnoOf } from '../../errors.js';
import type { Files } from './check.js';

/** More of a file is not looked at. */
const longest = 16 * 2 ** 20;

/**
 * `paths` are below `directory`, or of `root`, where the program had one of its own: then a link that leads out of it is
 * no file. So is a directory, a device or a FIFO.
 */
export function readFiles(paths: readonly string[], directory: string, root?: string): Files {
	return Object.fromEntries(
		paths.flatMap((path) => {
			const text = textOf(root === undefined ? resolve(directory, path) : join(root, resolve(directory, path)), root);
			return text === undefined ? [] : [[path, text]];
		}),
	);
}

function textOf(path: string, root: string | undefined): string | undefined {
	try {
		const real = realpathSync(path);
		if (root !== undefined && !real.startsWith(`${realpathSync(root)}${sep}`)) return undefined;
		return statSync(real).isFile() ? readFileSync(real).subarray(0, longest).toString('utf8') : undefined;
	} catch (error) {
		if (errnoOf(error)) return undefined;
		throw error;
	}
}
