/**
 * What the freezer of cgroup v1 holds cannot die before it is thawed, and whoever waits for it waits as long; what v2 holds
 * can. cgroup-v1/freezer-subsystem.rst.
 */

import { parseMounted, pathIn } from '../host/cgroup-mounts.js';
import { machine } from '../host/machine.js';
import { dirname, join } from '../model/path.js';
import { words } from '../model/words.js';
import { childrenOf } from './kill.js';

/**
 * Thaws the cgroups in which nobody is but these, all of whom are to die, whoever has frozen them. Returns those that stay
 * frozen with some of them inside, because others are in there too.
 */
export function thawFor(killed: ReadonlySet<number>): string[] {
	const cgroups = killed.size > 0 ? freezerOf(killed) : [];
	return [...new Set(cgroups.flatMap((cgroup) => topmostFrozen(cgroup) ?? []))].filter((top) => !tryThaw(top, killed));
}

/** The directories of the freezer's hierarchy that these processes are in. */
function freezerOf(pids: ReadonlySet<number>): string[] {
	const membership = machine.readFile('/proc/self/cgroup');
	const mounted = parseMounted(machine.readFile('/proc/self/mountinfo'), membership);
	const own = pathIn(membership, 'freezer');
	const freezer = mounted.find(({ version, controllers }) => version === 1 && controllers.includes('freezer'));
	if (!freezer || own === undefined || !freezer.own.endsWith(own === '/' ? '' : own)) return [];
	const root = freezer.own.slice(0, freezer.own.length - (own === '/' ? 0 : own.length));
	const cgroups = [...pids].flatMap((pid) => pathIn(read(`/proc/${pid}/cgroup`) ?? '', 'freezer') ?? []);
	return [...new Set(cgroups)].map((cgroup) => join(root, cgroup));
}

/** The root of the hierarchy has no such file. */
function topmostFrozen(cgroup: string): string | undefined {
	let top: string | undefined;
	for (let path = cgroup; ; path = dirname(path)) {
		const state = read(`${path}/freezer.state`);
		if (state === undefined || state === 'THAWED') return top;
		top = path;
	}
}

function tryThaw(top: string, killed: ReadonlySet<number>): boolean {
	const all = [top, ...childrenOf(top)];
	const pids = all.flatMap((path) => words(read(`${path}/cgroup.procs`) ?? ''));
	if (!pids.every((pid) => killed.has(Number(pid)))) return false;
	try {
		for (const path of all) machine.writeText(`${path}/freezer.state`, 'THAWED');
		return true;
	} catch {
		return !machine.exists(top); // else it is not ours to thaw
	}
}

/** `undefined` where it is gone meanwhile. */
function read(path: string): string | undefined {
	try {
		return machine.readText(path);
	} catch {
		return undefined;
	}
}
