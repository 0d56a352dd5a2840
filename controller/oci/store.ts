/**
 * What is known of the containers of a root directory: ROOT/ID/state.json each. A container's directory appears and goes in
 * one piece, by a rename: before and after that its name is `.PID-START-ID`, of the process that makes or removes it. So a
 * process that is killed leaves nothing which the next command cannot tell from what is in use.
 */

import type { Before } from '../cgroup/ancestors.js';
import { errnoOf, notRunning, ProcreadyError, reasonOf } from '../errors.js';
import { ifThere } from '../host/if-there.js';
import { withLock } from '../host/lock.js';
import { machine } from '../host/machine.js';
import { isRunning, startTimeOf, unknownStart } from '../host/processes.js';
import { version } from '../host/release.js';
import type { Change } from '../model/change.js';
import type { ContainerFacts, ProcessId } from '../model/container-facts.js';
import { join } from '../model/path.js';
import type { Plan } from '../model/plan.js';
import type { Hooks } from './hooks.js';

/** All that a later command needs. */
export interface Entry {
	/** Of procready. */
	version: string;
	id: string;
	/** Of the specification. */
	ociVersion: string;
	/** Absolute. */
	bundle: string;
	annotations: Record<string, string>;
	hooks: Hooks;
	/** RFC 3339. */
	created: string;
	/** The effective user. */
	owner: number;
	/** The process that makes the container. It is needed until `settled`. */
	creator: ProcessId;
	/** The container is its caller's: the creator has ended, or may. */
	settled: boolean;
	hasProcess: boolean;
	plan: Plan;
	/** Cgroups that were made above those of the container. */
	above: string[];
	/** When its limits are in force. */
	facts?: ContainerFacts;
	/** What the files of its limits held then, by their paths. */
	held?: Record<string, string>;
	/** The limits of the cgroups above, as they were then. */
	before?: Before[];
	changes: Change[];
}

const file = 'state.json';

/** Only for its owner, like /run/procready. */
export function defaultRoot(): string {
	const { uid, environment } = machine.self();
	return uid === 0 ? '/run/procready-oci' : join(environment.XDG_RUNTIME_DIR || `/run/user/${uid}`, 'procready-oci');
}

export const directoryOf = (root: string, id: string) => join(root, id);

/** Throws `option-invalid`: runc and crun take the same names. */
export function checkId(id: string | undefined): string {
	if (id !== undefined && /^[\w+.-]{1,1024}$/.test(id) && !id.startsWith('.')) return id;
	const what =
		id === undefined
			? 'is missing'
			: `${JSON.stringify(id)} must be letters, digits, "_", "+", "-" and ".", the first no "."`;
	throw new ProcreadyError('option-invalid', `the ID of the container ${what}`);
}

export function thisProcess(): ProcessId {
	const { pid } = machine.self();
	return { pid, startTime: startTimeOf({ pid, startTime: unknownStart }) };
}

/** Throws `name-in-use`. */
export function claim(root: string, entry: Entry): void {
	const hidden = hiddenName(root, entry.id);
	try {
		machine.makeDirectories(root, 0o700);
		machine.makeDirectory(hidden, 0o700);
		machine.createFile(join(hidden, file), JSON.stringify(entry), 0o600);
		machine.rename(hidden, directoryOf(root, entry.id));
	} catch (cause) {
		removeTree(hidden);
		if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(cause) ?? ''))
			throw new ProcreadyError('name-in-use', `container ${entry.id} exists already`, { cause });
		throw new ProcreadyError('setup-failed', `cannot write below ${root}: ${reasonOf(cause)}`, { cause });
	}
}

export function hiddenName(root: string, id: string): string {
	const { pid, startTime } = thisProcess();
	return join(root, `.${pid}-${startTime}-${id}`);
}

/** In one piece: who reads meanwhile has the one or the other. */
export function save(root: string, entry: Entry): void {
	const directory = directoryOf(root, entry.id);
	const next = hiddenName(directory, file);
	machine.remove(next);
	machine.createFile(next, JSON.stringify(entry), 0o600);
	machine.rename(next, join(directory, file));
}

/** Throws `not-running` where there is none. */
export function load(root: string, id: string): Entry {
	const entry = tryLoad(root, checkId(id));
	if (!entry) throw new ProcreadyError('not-running', `container ${id} does not exist`);
	if (entry.version !== version)
		throw new ProcreadyError(
			'not-running',
			`container ${id} was made by procready ${entry.version}, this is ${version}`,
		);
	return entry;
}

function tryLoad(root: string, id: string): Entry | undefined {
	const path = join(directoryOf(root, id), file);
	const text = ifThere(path, () => machine.readFile(path));
	return text === undefined ? undefined : (JSON.parse(text) as Entry);
}

export function loadAll(root: string): Entry[] {
	return namesIn(root)
		.filter((name) => !name.startsWith('.'))
		.sort()
		.flatMap((id) => tryLoad(root, id) ?? []);
}

export const namesIn = (root: string): string[] => ifThere(root, () => machine.list(root)) ?? [];

/** Gone for others at once, and then altogether. */
export function forget(root: string, id: string): void {
	const hidden = hiddenName(root, id);
	ifThere(root, () => machine.rename(directoryOf(root, id), hidden));
	removeTree(hidden);
}

/** What processes that are gone were making or removing in a directory. */
export function removeHidden(directory: string): void {
	for (const name of namesIn(directory)) {
		const [, pid, startTime] = /^\.(\d+)-(\d+)-/.exec(name) ?? [];
		if (pid !== undefined && !isRunning({ pid: Number(pid), startTime: Number(startTime) })) removeIn(directory, name);
	}
}

function removeIn(directory: string, name: string): void {
	const path = join(directory, name);
	const areDirectories = ifThere(directory, () => machine.listDirectories(directory)) ?? [];
	if (areDirectories.includes(name)) removeTree(path);
	else machine.remove(path);
}

/** A directory, with what is in it. */
export function removeTree(path: string): void {
	for (const name of namesIn(path)) removeIn(path, name);
	ifThere(path, () => machine.removeDirectory(path));
}

/** While no other command changes the container. Throws `not-running` where it is gone. */
export async function alone<T>(root: string, id: string, act: (entry: Entry) => Promise<T>): Promise<T> {
	load(root, id);
	try {
		return await withLock(directoryOf(root, id), () => act(load(root, id)));
	} catch (error) {
		if (errnoOf(error) === 'ENOENT' && !machine.exists(directoryOf(root, id))) throw notRunning(id, error);
		throw error;
	}
}
