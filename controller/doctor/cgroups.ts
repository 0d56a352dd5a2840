/** What can be done with cgroups here, by doing it in directories of our own; nothing else is written to. */
import { randomBytes } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, writeSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { makeDirectories, removeDirectories, writeLimits } from '../cgroup/cgroup.js';
import { enterLeaf } from '../cgroup/leaf.js';
import { staleBeside } from '../cgroup/stale.js';
import { readRights } from '../host/caller.js';
import { parseHost, readHost } from '../host/hierarchy.js';
import type { Hierarchy, Host } from '../model/host.js';
import type { Limits } from '../model/limit-options.js';
import type { Options } from '../model/options.js';
import type { Directory, Plan } from '../model/plan.js';
import { words } from '../model/words.js';
import { planOf } from '../plan/plan.js';
import { specOf } from '../plan/specify.js';
import { startShim } from '../protocol/shim.js';
import { waitingStarters } from '../protocol/starter.js';
import { attempt, failed, failureOf, textOf } from './attempt.js';
import type { Attempt, CgroupFacts, HierarchyFacts, Level } from './facts.js';
import { initOf, program, tryInit } from './try-init.js';

/** They bind nothing: what is tried is whether the kernel takes and keeps them. */
const trialLimits: Record<string, Limits> = {
	'pids.max': { pids: 64 },
	'memory.max': { memory: '64M' },
	'cpu.max': { cpu: 0.5 },
};

/** On v1 they are files, on v2 a program that the shim loads. */
const deviceRules: Limits = {
	devices: [
		{ allow: false, access: 'rwm' },
		{ allow: true, type: 'c', access: 'rwm' },
	],
};

export async function tryCgroups(): Promise<CgroupFacts> {
	const host = findHost();
	const hierarchies = host.hierarchies.map(levelsOf);
	const id = nextId();
	const directories = hierarchies.flatMap((hierarchy) => directoryOf(hierarchy, id));
	enterLeaf(directories, waitingStarters);
	const keeper = keep(directories);
	try {
		const made = new Map(directories.map((one) => [one.path, attempt(() => makeDirectories([one]))]));
		const usable = directories.filter(({ path }) => made.get(path) === 'done');
		return {
			controllers: parseControllers(textOf('/proc/cgroups') ?? ''),
			hierarchies: hierarchies.map((one) => ({ ...one, ...whatWasMade(one, id, made) })),
			limits: { ...(await tryLimits(host, id, usable)), devices: await tryDevices(host, id, usable) },
			peakReset: tryPeakReset(usable),
			stale: await staleAt(hierarchies),
			...(await tryStart(host, usable)),
		};
	} finally {
		await removeDirectories(directories).finally(() => keeper.close());
	}
}

/** As a launch sees it; where no launch would be possible, what is mounted at least. */
export function findHost(): Host {
	try {
		return readHost();
	} catch {
		const [mountinfo, cgroup] = ['/proc/self/mountinfo', '/proc/self/cgroup'].map((path) => textOf(path) ?? '');
		return { ...parseHost(mountinfo ?? '', cgroup ?? ''), cgroupMounts: [], ...readRights() };
	}
}

type Described = Omit<HierarchyFacts, 'made' | 'files'>;

function levelsOf(hierarchy: Hierarchy): Described {
	const { version, mountPoint, own, base, leaf } = hierarchy;
	const readOnly = isReadOnly(textOf('/proc/self/mountinfo') ?? '', mountPoint);
	if (version === 1) return { ...hierarchy, whole: true, readOnly, levels: [] };
	const below = relative(mountPoint, base === undefined ? own : dirname(base))
		.split(sep)
		.filter(Boolean);
	const directories = [mountPoint, ...below.map((_, i) => join(mountPoint, ...below.slice(0, i + 1)))];
	const whole = !existsSync(`${mountPoint}/cgroup.type`); // the real root has no such file
	const levels = directories.map(levelOf);
	const last = levels.at(-1);
	if (leaf && last) last.enabled = last.controllers; // as soon as this process is in its leaf
	return { ...hierarchy, whole, readOnly, levels };
}

/** proc_pid_mountinfo(5). The last mount on a place is the one that is seen; the file system may be read-only too. */
export function isReadOnly(mountinfo: string, mountPoint: string): boolean {
	const lines = mountinfo.split('\n').map((line) => line.split(' '));
	const mount = lines.findLast(([, , , , point]) => point === mountPoint.replaceAll(' ', '\\040')) ?? [];
	return [mount[5], mount.at(-1)].some((options) => options?.split(',').includes('ro'));
}

function levelOf(directory: string): Level {
	return {
		directory,
		controllers: words(textOf(`${directory}/cgroup.controllers`) ?? ''),
		enabled: words(textOf(`${directory}/cgroup.subtree_control`) ?? ''),
		writable: attempt(() => accessSync(`${directory}/cgroup.subtree_control`, constants.W_OK)) === 'done',
	};
}

/** With what is enabled above already: to enable more would be to write to a directory that is not ours. */
function directoryOf({ version, controllers, base, leaf, levels }: Described, id: string): Directory[] {
	if (base === undefined) return [];
	const enabled = levels.at(-1)?.enabled ?? controllers;
	const usable = controllers.filter((one) => enabled.includes(one));
	return [{ version, controllers: usable, base, path: join(base, id), ...(leaf !== undefined && { leaf }) }];
}

let count = 0;

/** As those of containers: where somebody kills the shims too, the next launch removes what is left. */
function nextId(): string {
	return `${process.pid}-${randomBytes(4).toString('hex')}-${count++}`;
}

/** A shim that only waits: it removes the directories where this process is killed. */
function keep(directories: Directory[]) {
	const keeper = startShim({ stdio: ['ignore', 'ignore', 'ignore'] });
	const [paths, bases] = [directories.map(({ path }) => path), directories.map(({ base }) => base)];
	keeper.send(initOf({ cgroup: { directories: paths, bases } }));
	return keeper;
}

function whatWasMade(
	{ base }: Described,
	id: string,
	made: Map<string, Attempt>,
): Pick<HierarchyFacts, 'made' | 'files'> {
	const path = join(base ?? '', id);
	const result = made.get(path) ?? 'untried';
	return { made: result, files: result === 'done' ? readdirSync(path) : [] };
}

/** What a launch would do; the directories have the names of the trial. */
function plan(host: Host, id: string, options: Options): Plan {
	return planOf(specOf(program, { ...options, extendEnv: false, cwd: '/' }, host), host, id);
}

async function tryLimits(host: Host, id: string, usable: Directory[]): Promise<CgroupFacts['limits']> {
	const limits: CgroupFacts['limits'] = {};
	for (const [name, limit] of Object.entries(trialLimits)) limits[name] = await tryLimit(name, limit, host, id, usable);
	return limits;
}

async function tryDevices(host: Host, id: string, usable: Directory[]): Promise<Attempt> {
	const onV1 = host.hierarchies.some(({ version, controllers }) => version === 1 && controllers.includes('devices'));
	if (onV1) return tryLimit('devices', deviceRules, host, id, usable);
	return tryStartWith({ limits: deviceRules }, host, usable);
}

async function tryLimit(name: string, limit: Limits, host: Host, id: string, usable: Directory[]): Promise<Attempt> {
	const controller = name.split('.')[0] as string;
	if (!usable.some(({ controllers }) => controllers.includes(controller))) return 'untried';
	try {
		const { early, late } = plan(host, id, { limits: limit });
		const applied = await writeLimits([...early, ...late]);
		const changed = applied.find((one) => one.rounded);
		return changed ? { message: `${changed.limit}: ${changed.asked} became ${changed.value}` } : 'done';
	} catch (error) {
		return failureOf(error);
	}
}

async function staleAt(hierarchies: Described[]): Promise<string[]> {
	const stale: string[] = [];
	for (const { base } of hierarchies)
		if (base !== undefined) for await (const path of staleBeside(base)) stale.push(path);
	return stale;
}

/** Since Linux 6.12, for the open file that wrote it. v1 has a peak that is reset for all. */
function tryPeakReset(usable: Directory[]): Attempt {
	const memory = usable.find(({ controllers }) => controllers.includes('memory'));
	if (!memory) return 'untried';
	return attempt(() => {
		const file = openSync(`${memory.path}/${memory.version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes'}`, 'r+');
		try {
			writeSync(file, '0');
		} finally {
			closeSync(file);
		}
	});
}

async function tryStart(host: Host, usable: Directory[]): Promise<Pick<CgroupFacts, 'start' | 'startInUser'>> {
	const start = await tryStartWith({}, host, usable);
	const refused = failed(start) && start.errno === 'EPERM';
	const inUser: Options = { namespaces: { user: 'new' } };
	return { start, startInUser: refused ? await tryStartWith(inUser, host, usable) : 'untried' };
}

/**
 * In directories of its own: since Linux 6.12.18 no process can be cloned into a cgroup that was killed once, and at the
 * end of a launch each is. Needs every hierarchy that a launch would need.
 */
async function tryStartWith(options: Options, host: Host, usable: Directory[]): Promise<Attempt> {
	try {
		const planned = plan(host, nextId(), options);
		const beside = planned.directories.map(({ base }) => usable.find((one) => one.base === base));
		if (beside.includes(undefined)) return 'untried';
		const directories = planned.directories.map((one, i) => ({ ...one, controllers: beside[i]?.controllers ?? [] }));
		return await tryInit({ ...planned, directories });
	} catch (error) {
		return failureOf(error);
	}
}

/** /proc/cgroups: name, hierarchy, number of cgroups, enabled. */
export function parseControllers(text: string): Record<string, boolean> {
	const rows = text
		.split('\n')
		.filter((line) => line && !line.startsWith('#'))
		.map(words);
	return Object.fromEntries(rows.map(([name, , , enabled]) => [name, enabled === '1']));
}
