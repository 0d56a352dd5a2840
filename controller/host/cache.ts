/** Values on disk that can be had again. Nobody else can write there, or it is as if there were none; an error costs only time. */
import { join } from '../model/path.js';
import { machine } from './machine.js';

/** The caller's own: /var/cache/procready for root, else below $XDG_CACHE_HOME or ~/.cache. `name` is a directory in it. */
export function cacheDirectory(name: string): string {
	const { uid, environment } = machine.self();
	if (uid === 0) return `/var/cache/procready/${name}`;
	const { XDG_CACHE_HOME: given } = environment;
	return join(given?.startsWith('/') ? given : join(machine.homeDirectory(), '.cache'), 'procready', name);
}

/** What JSON says there; `undefined` where that is nothing, is not JSON, or may be another's. */
export function readCached(directory: string, key: string): unknown {
	return inside(directory, (path) => readOurs(path(key)));
}

/** The newest `most` files of the directory stay: whoever makes up many must not fill the disk. */
export function writeCached(directory: string, key: string, value: object, most: number): void {
	try {
		machine.makeDirectories(directory, 0o700);
	} catch {
		return;
	}
	inside(directory, (path) => {
		const temporary = path(`${key}.${machine.readText('/proc/sys/kernel/random/uuid')}`);
		try {
			machine.createFile(temporary, JSON.stringify(value), 0o600);
			machine.rename(temporary, path(key));
		} finally {
			machine.remove(temporary);
		}
		removeOldest(path, most);
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

function readOurs(path: string): unknown {
	const file = machine.open(path, 'entry');
	try {
		return isOurs(file) ? JSON.parse(machine.readFile(file)) : undefined;
	} finally {
		machine.close(file);
	}
}

function removeOldest(path: (name: string) => string, most: number): void {
	const files = machine.list(path('')).map((name) => ({ name, time: machine.status(path(name))?.modified ?? 0 }));
	for (const { name } of files.sort((a, b) => b.time - a.time).slice(most)) machine.remove(path(name));
}
