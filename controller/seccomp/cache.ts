/** Compiled filters on disk. Nobody else can write there, or it is as if there were none; an error costs only time. */
import { randomUUID } from 'node:crypto';
import {
	closeSync,
	constants,
	fstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the compiler made of a profile. */
export interface Compiled {
	/** struct sock_filter in hexadecimal, as it lies in memory. */
	filter: string;
	/** Names of system calls that libseccomp does not know: their rules are not in the filter. */
	unknown: string[];
}

/** Filters that are kept. A program that makes up a profile for each of its containers must not fill the disk. */
const most = 64;

/** The caller's own: /var/cache/procready/seccomp for root, else below $XDG_CACHE_HOME or ~/.cache. */
export function cacheDirectory(): string {
	if (process.geteuid?.() === 0) return '/var/cache/procready/seccomp';
	const { XDG_CACHE_HOME: given } = process.env;
	return join(given?.startsWith('/') ? given : join(homedir(), '.cache'), 'procready/seccomp');
}

export function readCached(directory: string, key: string): Compiled | undefined {
	return inside(directory, (path) => readOurs(path(key)));
}

export function writeCached(directory: string, key: string, compiled: Compiled): void {
	try {
		mkdirSync(directory, { recursive: true, mode: 0o700 });
	} catch {
		return;
	}
	inside(directory, (path) => {
		const temporary = path(`${key}.${randomUUID()}`);
		try {
			writeFileSync(temporary, JSON.stringify(compiled), { flag: 'wx', mode: 0o600 });
			renameSync(temporary, path(key));
		} finally {
			rmSync(temporary, { force: true });
		}
		removeOldest(path);
	});
}

/** Paths go through the file descriptor that was checked, so that they cannot lead anywhere else. */
function inside<T>(directory: string, use: (path: (name: string) => string) => T): T | undefined {
	let at: number | undefined;
	try {
		at = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
		return isOurs(at) ? use((name) => `/proc/self/fd/${at}/${name}`) : undefined;
	} catch {
		return undefined;
	} finally {
		if (at !== undefined) closeSync(at);
	}
}

function isOurs(file: number): boolean {
	const { uid, mode } = fstatSync(file);
	return uid === process.geteuid?.() && (mode & 0o022) === 0;
}

function readOurs(path: string): Compiled | undefined {
	const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
	try {
		const found: unknown = isOurs(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
		return isCompiled(found) ? found : undefined;
	} finally {
		closeSync(file);
	}
}

/** A file that a crash cut short is no filter. */
function isCompiled(found: unknown): found is Compiled {
	const { filter, unknown } = (found ?? {}) as Partial<Compiled>;
	return typeof filter === 'string' && /^([0-9a-f]{16})+$/.test(filter) && Array.isArray(unknown);
}

function removeOldest(path: (name: string) => string): void {
	const files = readdirSync(path('')).map((name) => ({ name, time: statSync(path(name)).mtimeMs }));
	for (const { name } of files.sort((a, b) => b.time - a.time).slice(most)) rmSync(path(name), { force: true });
}
