/** Files, by Node. Small kernel files in three system calls: readFileSync needs five, and each launch has a dozen. */

import {
	accessSync,
	closeSync,
	constants,
	existsSync,
	fstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	readSync,
	renameSync,
	rmdirSync,
	type Stats,
	statSync,
	unlinkSync,
	watch as watchFile,
	writeFileSync,
	write as writeLater,
	writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from '../../errors.js';
import type { Access, FileStatus } from '../interface.js';
import { readGiven as readGivenBytes } from './read-bounded.js';

const buffer = Buffer.allocUnsafe(16 * 1024);

export function readText(path: string): string {
	const file = openSync(path, constants.O_RDONLY);
	try {
		const length = readSync(file, buffer, 0, buffer.length, 0);
		return (length < buffer.length ? buffer.toString('latin1', 0, length) : readFileSync(path, 'latin1')).trimEnd();
	} finally {
		closeSync(file);
	}
}

export function writeText(path: string, text: string): void {
	const file = openSync(path, constants.O_WRONLY);
	try {
		writeSync(file, text);
	} finally {
		closeSync(file);
	}
}

export function readFile(file: string | number): string {
	return readFileSync(file, 'utf8');
}

export function readGiven(path: string): string {
	return readGivenBytes(path, { waits: true }).toString();
}

export function readBytes(path: string): Uint8Array {
	return readFileSync(path);
}

export function readRecords(path: string): string[] {
	const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const records: string[] = [];
		for (;;) {
			const record = nextRecord(file);
			if (record === undefined) return records;
			records.push(record);
		}
	} finally {
		closeSync(file);
	}
}

/** `undefined` where there is none; empty for those that were overwritten meanwhile. */
function nextRecord(file: number): string | undefined {
	try {
		return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, null));
	} catch (error) {
		if (errnoOf(error) === 'EAGAIN') return undefined;
		if (errnoOf(error) === 'EPIPE') return '';
		throw error;
	}
}

export function createFile(path: string, text: string, mode: number): void {
	const file = openSync(path, 'wx', mode);
	try {
		writeFileSync(file, text); // all of it, in as many calls as that takes
	} catch (error) {
		unlinkSync(path);
		throw error;
	} finally {
		closeSync(file);
	}
}

const flags: Record<Access, number> = {
	read: constants.O_RDONLY,
	fifo: constants.O_RDONLY | constants.O_NONBLOCK,
	write: constants.O_WRONLY,
	readWrite: constants.O_RDWR,
	append: constants.O_WRONLY | constants.O_APPEND,
	entry: constants.O_RDONLY | constants.O_NOFOLLOW,
	directory: constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
};

export function open(path: string, access: Access): number {
	return openSync(path, flags[access]);
}

export function close(file: number): void {
	try {
		closeSync(file);
	} catch (error) {
		if (errnoOf(error) === 'EBADF') throw error;
	}
}

export function read(file: number): string {
	return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0)).trimEnd();
}

export function write(file: number, text: string): void {
	writeFileSync(file, text);
}

const writeByThread = promisify(writeLater) as (file: number, text: string) => Promise<unknown>;

export async function writeAside(file: number, text: string): Promise<void> {
	await writeByThread(file, text);
}

export function status(path: string): FileStatus | undefined {
	const stats = statSync(path, { throwIfNoEntry: false });
	return stats && inWords(stats);
}

export function statusOf(file: number): FileStatus {
	return inWords(fstatSync(file));
}

function inWords({ ino, uid, mode, rdev, nlink, mtimeMs }: Stats): FileStatus {
	return { inode: ino, uid, mode, device: rdev, links: nlink, modified: mtimeMs };
}

export function exists(path: string): boolean {
	return existsSync(path);
}

export function isWritable(path: string): boolean {
	try {
		accessSync(path, constants.W_OK);
		return true;
	} catch (error) {
		if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
		return false;
	}
}

export function readLink(path: string): string {
	return readlinkSync(path);
}

export function list(directory: string): string[] {
	return readdirSync(directory);
}

export function listDirectories(directory: string): string[] {
	const entries = readdirSync(directory, { withFileTypes: true });
	return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

export function makeDirectory(path: string, mode?: number): void {
	mkdirSync(path, mode);
}

export function makeDirectories(path: string, mode: number): void {
	mkdirSync(path, { recursive: true, mode });
}

export function removeDirectory(path: string): void {
	rmdirSync(path);
}

export function remove(path: string): void {
	try {
		unlinkSync(path);
	} catch (error) {
		if (errnoOf(error) !== 'ENOENT') throw error;
	}
}

export function rename(from: string, to: string): void {
	renameSync(from, to);
}

export function watch(path: string, onChange: (name?: string) => void): Disposable {
	const watcher = watchFile(path, (_, name) => onChange(name ?? undefined)).on('error', () => onChange());
	return { [Symbol.dispose]: () => watcher.close() };
}
