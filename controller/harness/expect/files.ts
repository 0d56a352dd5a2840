/** Reads the files of which something is expected. */
import { realpathSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { errnoOf } from '../../errors.js';
import { readBounded } from '../../host/node/read-bounded.js';
import type { Files, Found } from './check.js';
import { whole } from './text.js';

/** More of a file is not looked at. */
const longest = 16 * 2 ** 20;

/** `paths` are below `directory`, or of `root`, where the program had one of its own: then no link may lead out of it. */
export function readFiles(paths: readonly string[], directory: string, root?: string): Files {
	return Object.fromEntries(
		paths.flatMap((path) => {
			const found = lookAt(root === undefined ? resolve(directory, path) : join(root, resolve(directory, path)), root);
			return found === undefined ? [] : [[path, found]];
		}),
	);
}

const absent = ['ENOENT', 'ENOTDIR'];

function lookAt(path: string, root: string | undefined): Found | undefined {
	try {
		const real = realpathSync(path);
		if (root !== undefined && !real.startsWith(`${realpathSync(root)}${sep}`))
			return { not: 'a link that leads out of the root' };
		return found(readBounded(real, longest));
	} catch (error) {
		const errno = errnoOf(error);
		if (errno === undefined) throw error;
		return absent.includes(errno) ? undefined : { not: `something that cannot be read (${errno})` };
	}
}

function found(file: ReturnType<typeof readBounded>): Found {
	if ('not' in file) return file;
	const { bytes, size } = file;
	const text = bytes.toString('utf8');
	if (size === bytes.length) return whole(text, size);
	const more = 'no more of a file is looked at';
	return { text: text.replace(/\uFFFD$/, ''), bytes: size, lines: undefined, kept: bytes.length, more };
}
