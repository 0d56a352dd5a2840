/** Compiled filters on disk. Nobody else can write there, or it is as if there were none; an error costs only time. */
import { machine } from '../host/machine.js';
import { join } from '../model/path.js';

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
	const { uid, environment } = machine.self();
	if (uid === 0) return '/var/cache/procready/seccomp';
	const { XDG_CACHE_HOME: given } = environment;
	return join(given?.startsWith('/') ? given : join(machine.homeDirectory(), '.cache'), 'procready/seccomp');
}

export function readCached(directory: string, key: string): Compiled | undefined {
	return inside(directory, (path) => readOurs(path(key)));
}

export function writeCached(directory: string, key: string, compiled: Compiled): void {
	try {
		machine.makeDirectories(directory, 0o700);
	} catch {
		return;
	}
	inside(directory, (path) => {
		const temporary = path(`${key}.${machine.readText('/proc/sys/kernel/random/uuid')}`);
		try {
			machine.createFile(temporary, JSON.stringify(compiled), 0o600);
			machine.rename(temporary, path(key));
		} finally {
			machine.remove(temporary);
		}
		removeOldest(path);
	});
}

/** Paths go through the file descriptor that was checked, so that they cannot lead anywhere else. */
function inside<T>(directory: string, use: (path: (name: string) => string) => T): T | undefined {
	let at: number | undefined;
	try {
		at = machine.open(directory, 'directory');
		return isOurs(at) ? use((name) => `/proc/self/fd/${at}/${name}`) : undefined;
	} catch {
		return undefined;
	} finally {
		if (at !== undefined) machine.close(at);
	}
}

function isOurs(file: number): boolean {
	const { uid, mode } = machine.statusOf(file);
	return uid === machine.self().uid && (mode & 0o022) === 0;
}

function readOurs(path: string): Compiled | undefined {
	const file = machine.open(path, 'entry');
	try {
		const found: unknown = isOurs(file) ? JSON.parse(machine.readFile(file)) : undefined;
		return isCompiled(found) ? found : undefined;
	} finally {
		machine.close(file);
	}
}

/** A file that a crash cut short is no filter. */
function isCompiled(found: unknown): found is Compiled {
	const { filter, unknown } = (found ?? {}) as Partial<Compiled>;
	return typeof filter === 'string' && /^([0-9a-f]{16})+$/.test(filter) && Array.isArray(unknown);
}

function removeOldest(path: (name: string) => string): void {
	const files = machine.list(path('')).map((name) => ({ name, time: machine.status(path(name))?.modified ?? 0 }));
	for (const { name } of files.sort((a, b) => b.time - a.time).slice(most)) machine.remove(path(name));
}
