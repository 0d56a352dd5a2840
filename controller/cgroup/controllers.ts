/**
 * v2: a controller has files in a directory only when the one above lists it in cgroup.subtree_control, and so on up. What is
 * above the base is not ours: there each controller that we enable has a mark beside the base, an empty cgroup that is made
 * before it, such as `procready+memory`. By the marks the last of ours knows what to disable again, whoever has enabled it,
 * also where that was killed.
 */
import { errnoOf, ProcreadyError } from '../errors.js';
import { errnoText } from '../host/errno.js';
import { machine } from '../host/machine.js';
import { dirname, join } from '../model/path.js';
import type { Directory } from '../model/plan.js';
import { words } from '../model/words.js';

const mark = 'procready+';

/** Names of ours beside a base: its own, those of marks, and those of leaf.ts. */
const ours = /^procready($|\+|-controller-\d+$)/;

const tries = 100;

/** What this process has enabled in cgroups that are not ours: a mark may have been removed at that very moment. */
const enabledHere = new Map<string, Set<string>>();

/** Nearly always they are enabled already. Where somebody takes them away meanwhile it is tried again. */
export function enableControllers({ path, base, controllers }: Directory): void {
	for (let left = tries; ; left--)
		try {
			return void enable(path, base, controllers);
		} catch (error) {
			if (!(error instanceof ProcreadyError && error.errno === 'ENOENT') || left === 1) throw error;
		}
}

function enable(path: string, base: string, controllers: readonly string[]): void {
	const available = controllersOf(path);
	if (!available) throw cannotEnable(controllers, path, new Missing());
	const lacking = controllers.filter((name) => !available.includes(name));
	if (lacking.length === 0) return;
	const above = dirname(path);
	enable(above, base, lacking);
	const marked: string[] = [];
	try {
		if (above !== base) for (const name of lacking) if (make(markOf(above, name))) marked.push(markOf(above, name));
		machine.writeText(`${above}/cgroup.subtree_control`, lacking.map((name) => `+${name}`).join(' '));
	} catch (cause) {
		marked.forEach(tryRemove);
		throw cannotEnable(lacking, above, cause);
	}
	if (above !== base) enabledHere.set(above, new Set([...(enabledHere.get(above) ?? []), ...lacking]));
}

const markOf = (level: string, name: string) => join(level, `${mark}${name}`);

/** False where there is one. */
function make(path: string): boolean {
	try {
		machine.makeDirectory(path);
		return true;
	} catch (error) {
		if (errnoOf(error) === 'EEXIST') return false;
		throw error;
	}
}

/** None above the root of the hierarchy. */
function controllersOf(path: string): string[] | undefined {
	try {
		return words(machine.readText(`${path}/cgroup.controllers`));
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') return undefined;
		throw error;
	}
}

class Missing extends Error {
	readonly code = 'ENOENT';
}

const reasons: Record<string, string> = {
	EBUSY: ', because processes are in it',
	ENOENT: `, because it has not got them from the cgroup above, or somebody takes them away again and again`,
};

function cannotEnable(lacking: readonly string[], above: string, cause: unknown): ProcreadyError {
	const errno = errnoOf(cause) ?? 'unknown error';
	return new ProcreadyError(
		'controller-missing',
		`cannot enable the cgroup controllers ${lacking.join(', ')} in ${above}: ${errnoText(errno)}${reasons[errno] ?? ''}; ` +
			'procready doctor says how',
		{ errno, cause },
	);
}

/**
 * Removes the base, where nobody needs it any more; who does so is the last of ours and disables what was enabled for it.
 * In this order: as soon as another of ours uses a controller in its own base, the kernel refuses to disable it above.
 */
export function removeBase(base: string): void {
	if (!tryRemove(base)) {
		for (const [level, names] of enabledHere)
			if (base.startsWith(join(level, '/'))) for (const name of names) tryMake(markOf(level, name));
		if (!tryRemove(base)) return; // the others will do it
	}
	for (let level = dirname(base); disableAll(level); level = dirname(level));
}

/** False where there was nothing to disable. */
function disableAll(level: string): boolean {
	const children = directoriesIn(level);
	const marked = children.flatMap((name) => (name.startsWith(mark) ? name.slice(mark.length) : []));
	const names = new Set([...marked, ...(enabledHere.get(level) ?? [])]);
	enabledHere.delete(level);
	for (const name of names) {
		const isDisabled = !children.some((child) => mayUse(level, child, name)) && disable(level, name);
		// kept for the others of ours; where only somebody else uses it, it is theirs from now on
		if (isDisabled || !isOursBelow(level)) tryRemove(markOf(level, name));
	}
	return names.size > 0;
}

/** False where the kernel refuses: a cgroup below hands it on to its own children. */
function disable(level: string, name: string): boolean {
	try {
		machine.writeText(`${level}/cgroup.subtree_control`, `-${name}`);
	} catch (error) {
		if (errnoOf(error) === 'EBUSY') return false;
	}
	return true; // also where the cgroup is gone, or no longer ours to write to
}

/**
 * Whether somebody else may rely on it: in a cgroup made after we had enabled it (the kernel's numbers of cgroups grow), or
 * by a limit of one that was there. The kernel does not refuse then.
 */
function mayUse(level: string, child: string, name: string): boolean {
	if (ours.test(child)) return false;
	const [path, fresh] = [join(level, child), markOf(level, name)];
	const [status, marked] = [machine.status(path), machine.status(fresh)];
	if (status === undefined) return false;
	if (marked === undefined || status.inode > marked.inode) return true;
	return limitFilesOf(fresh, name).some((file) => textOf(`${path}/${file}`) !== textOf(`${fresh}/${file}`));
}

/** Those that hold what was written to them. */
function limitFilesOf(path: string, controller: string): string[] {
	const isLimit = (file: string) => file.startsWith(`${controller}.`) && !/\.(pressure|peak)$/.test(file);
	const holds = (file: string) => ((machine.status(`${path}/${file}`)?.mode ?? 0) & 0o600) === 0o600;
	return namesIn(path).filter((file) => isLimit(file) && holds(file));
}

/** Another base, or what leads to one: it has marks as well. */
function isOursBelow(level: string): boolean {
	const children = directoriesIn(level);
	const leads = (child: string) => directoriesIn(join(level, child)).some((name) => name.startsWith(mark));
	return children.some((child) => child === 'procready' || (!ours.test(child) && leads(child)));
}

const directoriesIn = (path: string) => attempt(() => machine.listDirectories(path)) ?? [];
const namesIn = (path: string) => attempt(() => machine.list(path)) ?? [];
const textOf = (path: string) => attempt(() => machine.readText(path));
const tryMake = (path: string) => attempt(() => machine.makeDirectory(path));

/** What cannot be done at the end, because others come and go, is nobody's failure. */
function attempt<T>(act: () => T): T | undefined {
	try {
		return act();
	} catch {
		return undefined;
	}
}

/** Whether it is gone. */
function tryRemove(path: string): boolean {
	try {
		machine.removeDirectory(path);
	} catch (error) {
		return errnoOf(error) === 'ENOENT';
	}
	return true;
}
