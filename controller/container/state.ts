/**
 * What other processes know of a container that has a name: one file, /run/procready/NAME.json. Its first line holds what
 * it takes to steer the container and to start a process in it, each further one a change of its limits. It is there from
 * before the launch until nothing of the container is left; the outer shim removes it where the controller was killed.
 */

import { errnoOf, notRunning, ProcreadyError, reasonOf } from '../errors.js';
import { ifThere } from '../host/if-there.js';
import type { Access, FileStatus } from '../host/interface.js';
import { withLock } from '../host/lock.js';
import { machine } from '../host/machine.js';
import { exists, isRunning, startTimeOf, unknownStart } from '../host/processes.js';
import { version } from '../host/release.js';
import { makeDirectory, runDirectoryOf } from '../host/run-directory.js';
import type { Change } from '../model/change.js';
import type { ContainerFacts, NamedFacts, ProcessId } from '../model/container-facts.js';
import { basename, dirname, join } from '../model/path.js';
import type { Changes } from './changes.js';

interface Entry {
	version: string;
	id: string;
	/** Who has taken the name. */
	controller: ProcessId;
	/** Since the program runs. */
	facts?: NamedFacts;
}

/** A name that this process has taken for a container. */
export interface ClaimedName {
	readonly path: string;
	/** From now on others find the container. */
	publish(facts: ContainerFacts): void;
	readonly changes: Changes;
	/** To be called when nothing of the container is left. The shim may have done it. */
	release(): void;
}

/** Throws `name-in-use`; an entry whose container and controller are gone is replaced. */
export async function claimName(name: string, id: string): Promise<ClaimedName> {
	const path = pathOf(name);
	makeDirectory(dirname(path));
	const { pid, startTime } = ownProcess();
	const claim: Entry = { version, id, controller: { pid, startTime } };
	while (!tryCreate(path, claim)) await removeStale(name, path);
	return {
		path,
		publish(facts) {
			try {
				write(path, 'readWrite', { ...claim, facts: { ...facts, name } });
			} catch (error) {
				machine.remove(path); // a part of it may be there
				throw error;
			}
		},
		changes: changesIn(path),
		release() {
			if (read(path)?.id === id) machine.remove(path);
		},
	};
}

function ownProcess(): ProcessId {
	const { pid } = machine.self();
	const startTime = startTimeOf({ pid, startTime: unknownStart });
	if (startTime !== unknownStart) return { pid, startTime };
	throw new ProcreadyError('setup-failed', 'name: there is no /proc of this pid namespace: mount -t proc proc /proc', {
		where: '/name',
	});
}

/** The container of this name, whoever has started it. Throws `not-running`. */
export function findContainer(name: string): NamedFacts {
	const path = pathOf(name);
	const entry = read(path);
	if (entry && entry.version !== version)
		throw new ProcreadyError('not-running', `${name} was started by procready ${entry.version}, this is ${version}`);
	if (!entry?.facts || !isRunning(entry.facts))
		throw new ProcreadyError(
			'not-running',
			`no container ${name} is running: there is none in ${path}; procready ps lists those that run`,
		);
	return entry.facts;
}

/** All containers of this user that run and have a name, in the order of the names. */
export function listContainers(): NamedFacts[] {
	const directory = runDirectoryOf(machine.self().uid);
	if (!machine.exists(directory)) return [];
	const names = machine.list(directory).filter((file) => file.endsWith('.json'));
	return names.sort().flatMap((file) => {
		const entry = read(join(directory, file));
		return entry?.version === version && entry.facts && isRunning(entry.facts) ? [entry.facts] : [];
	});
}

/** The changes of the container of this name. */
export function changesOf(name: string): Changes {
	return changesIn(pathOf(name));
}

/** Lines are only ever added, in one piece each; nobody rewrites what another has written. */
function changesIn(path: string): Changes {
	return {
		all: () =>
			linesOf(path)
				.slice(1)
				.map((line): Change => JSON.parse(line)),
		async alone(act) {
			try {
				return await withLock(path, act);
			} catch (error) {
				throw errnoOf(error) === 'ENOENT' && !machine.exists(path) ? notRunning(basename(path, '.json'), error) : error;
			}
		},
		add: (change) => write(path, 'append', change),
	};
}

/** What is just being written is none yet. */
function linesOf(path: string): string[] {
	return (ifThere(path, () => machine.readFile(path)) ?? '').split('\n').slice(0, -1);
}

function pathOf(name: string): string {
	if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name))
		throw new ProcreadyError(
			'option-invalid',
			`name: ${JSON.stringify(name)} is not a name of a container: letters, digits, ".", "_" and "-", at most 64`,
			{ where: '/name' },
		);
	return join(runDirectoryOf(machine.self().uid), `${name}.json`);
}

/** False where there is an entry. */
function tryCreate(path: string, entry: Entry): boolean {
	try {
		machine.createFile(path, lineOf(entry), 0o600);
		return true;
	} catch (error) {
		if (errnoOf(error) === 'EEXIST') return false;
		throw cannotKeep(path, error);
	}
}

function cannotKeep(path: string, cause: unknown): ProcreadyError {
	const errno = errnoOf(cause);
	return new ProcreadyError('setup-failed', `name: cannot write ${path}: ${reasonOf(cause)}`, {
		where: '/name',
		cause,
		...(errno && { errno }),
	});
}

/** In place and in one piece: a file that is renamed over it could be left behind. The first line only ever grows. */
function write(path: string, access: Access, line: Entry | Change): void {
	try {
		const file = machine.open(path, access);
		try {
			machine.write(file, lineOf(line));
		} finally {
			machine.close(file);
		}
	} catch (cause) {
		throw cannotKeep(path, cause);
	}
}

const lineOf = (value: Entry | Change) => `${JSON.stringify(value)}\n`;

/** `undefined` where there is none, or it is just being written. */
function read(path: string): Entry | undefined {
	const [first = ''] = (ifThere(path, () => machine.readFile(path)) ?? '').split('\n', 1);
	try {
		const entry: Entry = JSON.parse(first);
		return entry.controller ? entry : undefined;
	} catch {
		return undefined;
	}
}

/** In milliseconds: so long the shim of a container that has ended may take to remove its entry, */
const youth = 1000;
/** and so long a container whose controller was killed may take to end. */
const farewell = 2000;
const pause = 20;

/** Returns when there may be none any more. */
async function removeStale(name: string, path: string): Promise<void> {
	let seen: FileStatus | undefined;
	for (const start = machine.now(); ; await machine.sleep(pause)) {
		mustBeFile(path);
		const status = machine.status(path);
		if (!status) return;
		const entry = read(path);
		const isUsed = entry && isRunning(entry.controller);
		const isEnding = isBeingRemoved(entry, status.modified, start);
		// one that is left is never refused, however long it took to see that
		if (isUsed || (isEnding && machine.now() - start > farewell))
			throw new ProcreadyError('name-in-use', `name: a container ${name} is there already, see ${path}`, {
				where: '/name',
			});
		if (!isEnding && isSame(status, seen)) return removeEntry(path, status);
		seen = isEnding ? undefined : status; // not at first sight: the shim may just be about to remove it
	}
}

/** What is no entry is not removed for one: only who may write to the directory can have put it there. inode(7) */
function mustBeFile(path: string): void {
	const [typeBits, regular] = [0o170000, 0o100000];
	const status = machine.status(path); // of what a link leads to
	if (isLink(path) || (status && (status.mode & typeBits) !== regular))
		throw new ProcreadyError('name-in-use', `name: ${path} is not a file that procready has made: remove it`, {
			where: '/name',
		});
}

function isLink(path: string): boolean {
	try {
		return machine.readLink(path) !== '';
	} catch (error) {
		if (['EINVAL', 'ENOENT'].includes(errnoOf(error) ?? '')) return false;
		throw error;
	}
}

/**
 * Whether its container still ends, or its shim is about to remove the entry: whoever had taken the name by then would lose
 * it again. The shim does that before it removes the cgroups, and where the program never ran nobody knows of any.
 */
function isBeingRemoved(entry: Entry | undefined, modified: number, start: number): boolean {
	const now = machine.now();
	if (!entry?.facts) return now - modified < youth; // or it is just being written
	const areLeft = entry.facts.directories?.some(({ path }) => machine.exists(path));
	return exists(entry.facts) || (areLeft === true && now - start < youth);
}

/** A number of an inode that is free may be the next one's. */
function isSame(status: FileStatus, other: FileStatus | undefined): boolean {
	return status.inode === other?.inode && status.modified === other.modified;
}

/** In milliseconds: an entry of another pid namespace names processes that cannot be found here. */
const age = 10_000;
let isTidied = false;

/** Looks once for entries whose container and controller are gone, killed at the same moment; in the background. */
export function removeStaleStates(): void {
	if (isTidied) return;
	isTidied = true;
	tidy(runDirectoryOf(machine.self().uid)).catch(() => {}); // the next process will look again
}

async function tidy(directory: string): Promise<void> {
	// not by Node's threads, as in cgroup/stale.ts
	for (const file of machine.list(directory)) {
		const path = join(directory, file);
		const status = machine.status(path);
		if (!status || machine.now() - status.modified < age) continue;
		if (file.endsWith('.hosts')) await removeEntry(path, status); // of a launch that was killed
		if (!file.endsWith('.json')) continue;
		const entry = read(path);
		const isUsed = entry && (isRunning(entry.controller) || (entry.facts && exists(entry.facts)));
		if (!isUsed) await removeEntry(path, status);
	}
}

/** Under a lock: of two that found the same stale entry, the second must not remove the first one's new one. */
async function removeEntry(path: string, found: FileStatus): Promise<void> {
	await withLock(dirname(path), async () => {
		const status = machine.status(path);
		if (status && isSame(status, found)) machine.remove(path);
	});
}
