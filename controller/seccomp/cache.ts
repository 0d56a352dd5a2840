/** Compiled filters on disk. An error costs only time. */
import * as cache from '../host/cache.js';

/** What the compiler made of a profile. */
export interface Compiled {
	/** struct sock_filter in hexadecimal, as it lies in memory. */
	filter: string;
	/** Names of system calls that libseccomp does not know: their rules are not in the filter. */
	unknown: string[];
}

/** Filters that are kept. A program that makes up a profile for each of its containers must not fill the disk. */
const most = 64;

export function cacheDirectory(): string {
	return cache.cacheDirectory('seccomp');
}

export function readCached(directory: string, key: string): Compiled | undefined {
	const found = cache.readCached(directory, key);
	return isCompiled(found) ? found : undefined;
}

export function writeCached(directory: string, key: string, compiled: Compiled): void {
	cache.writeCached(directory, key, compiled, most);
}

/** A file that a crash cut short is no filter. */
function isCompiled(found: unknown): found is Compiled {
	const { filter, unknown } = (found ?? {}) as Partial<Compiled>;
	return typeof filter === 'string' && /^([0-9a-f]{16})+$/.test(filter) && Array.isArray(unknown);
}
