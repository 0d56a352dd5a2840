/** Waits for a file to change that suites depend on: their own, and all in their directories and below. */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errnoOf } from '../../errors.js';
import { machine } from '../../host/machine.js';
import { isSearched } from './load.js';

/** Directories that are watched; of more the kernel may not tell one user. inotify(7), max_user_watches. */
const most = 1000;
/** Milliseconds: an editor writes several files when it saves one. */
const settling = 100;

/** The suites that changed; `all` where another file did, of which nobody knows which suites have to do with it. */
export type Changed = readonly string[] | 'all';

export interface Watched {
	/** Resolves at the next change, and when `signal` fires. */
	changed(signal: AbortSignal): Promise<Changed>;
}

/**
 * From here on each change of the files of suites counts; one of any other file only while `changed` waits, as the cases
 * themselves may write files.
 */
export function watchSuites(files: readonly string[]): Watched {
	const before = new Map(files.map((file) => [file, versionOf(file)]));
	return {
		async changed(signal) {
			const names = new Map(files.map((file) => [resolve(file), file]));
			const changed = new Set<string>();
			let isOther = false;
			let wake = () => {};
			const woken = new Promise<void>((resolve) => {
				wake = resolve;
			});
			using _ = watchDirectories(directoriesOf(files), (directory, name) => {
				if (name !== undefined && isTemporary(name)) return;
				const suite = name === undefined ? undefined : names.get(join(directory, name));
				if (suite === undefined) isOther = true;
				else changed.add(suite);
				setTimeout(wake, settling);
			});
			for (const [file, version] of before) if (versionOf(file) !== version) changed.add(file);
			signal.addEventListener('abort', () => wake(), { once: true });
			if (changed.size === 0 && !signal.aborted) await woken;
			return isOther ? 'all' : files.filter((file) => changed.has(file));
		},
	};
}

/** Changes whenever the file is written, or replaced. */
function versionOf(file: string): string {
	const stats = statSync(file, { throwIfNoEntry: false, bigint: true });
	return stats ? `${stats.ino} ${stats.mtimeNs} ${stats.size}` : 'none';
}

/** What editors write beside a file, for a moment or until it is closed. */
function isTemporary(name: string): boolean {
	return /^\.|~$|^4913$|^#.*#$/.test(name);
}

/** Those of the suites, and below as far as suites would be sought there. */
function directoriesOf(files: readonly string[]): string[] {
	const found = new Set(files.map((file) => resolve(dirname(file))));
	// those that are added are visited too
	for (const directory of found)
		for (const name of namesIn(directory)) if (found.size < most) found.add(join(directory, name));
	return [...found];
}

function namesIn(directory: string): string[] {
	try {
		const entries = readdirSync(directory, { withFileTypes: true });
		return entries.filter((entry) => entry.isDirectory() && isSearched(entry.name)).map(({ name }) => name);
	} catch (error) {
		if (errnoOf(error) === undefined) throw error;
		return []; // it is gone, or not for this user
	}
}

/** One that cannot be watched is left out, as it is gone, or the kernel watches no more for this user. */
function watchDirectories(directories: string[], onChange: (directory: string, name?: string) => void): Disposable {
	const watches: Disposable[] = [];
	for (const directory of directories)
		try {
			watches.push(machine.watch(directory, (name) => onChange(directory, name)));
		} catch (error) {
			if (errnoOf(error) === undefined) throw error;
		}
	return {
		[Symbol.dispose]() {
			for (const watch of watches) watch[Symbol.dispose]();
		},
	};
}
