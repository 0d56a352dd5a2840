/** Small kernel files, read and written in three system calls: readFileSync needs five, and each launch has a dozen. */
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';

const buffer = Buffer.allocUnsafe(16 * 1024);

/** Without the line feed at its end. */
export function readText(path: string): string {
	const file = openSync(path, constants.O_RDONLY);
	try {
		const length = readSync(file, buffer, 0, buffer.length, 0);
		return (length < buffer.length ? buffer.toString('latin1', 0, length) : readFileSync(path, 'latin1')).trimEnd();
	} finally {
		closeSync(file);
	}
}

/** Never creates a file. */
export function writeText(path: string, text: string): void {
	const file = openSync(path, constants.O_WRONLY);
	try {
		writeSync(file, text);
	} finally {
		closeSync(file);
	}
}
