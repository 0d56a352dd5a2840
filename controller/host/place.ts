/** Where in a hierarchy the cgroups of containers go. cgroups(7), "No internal processes" and "Delegation". */

import type { Located, Obstacle, Place } from '../model/host.js';
import { dirname, join, partsBelow } from '../model/path.js';
import { words } from '../model/words.js';
import { textIfThere } from './if-there.js';
import { machine } from './machine.js';

/**
 * v1: below the cgroup this process is in, so that its limits keep binding what we start.
 * v2: only a cgroup without processes, or the root, may have children with controllers, so it is the nearest such one
 * above that is ours to write to, and not above the root of our cgroup namespace. Where there is none and this process is alone in its cgroup, it moves into a leaf.
 */
export function findPlace(located: Located): Place {
	const { version, own, controllers, mountPoint, top = mountPoint } = located;
	if (version === 1) return { base: join(own, 'procready'), controllers };
	const fitting = upwards(own, top).filter((path) => isRoot(path) || processesIn(path)?.length === 0);
	const place = fitting.find(isOurs);
	if (place !== undefined) return { base: join(place, 'procready'), ...controllersAt(place, top) };
	const full = upwards(own, top).find(isOurs);
	const others = processesIn(own)?.filter((pid) => pid !== String(machine.self().pid)) ?? [];
	const isAlone = others.length === 0 && isOurs(own);
	const leaf = join(own, `procready-controller-${machine.self().pid}`);
	if (isAlone && !machine.self().environment.PROCREADY_NO_MOVE)
		return { base: join(own, 'procready'), leaf, ...controllersAt(own, top) };
	if (full !== undefined) return { obstacle: isAlone ? moveForbidden(own) : fullOf(full), ...controllersAt(own, top) };
	const [nearest = own] = fitting; // making it will say why it cannot be made
	return { base: join(nearest, 'procready'), ...controllersAt(nearest, top) };
}

function moveForbidden(own: string): Obstacle {
	return {
		finding: `this process is in ${own}, and PROCREADY_NO_MOVE forbids to move it`,
		advice: 'unset it, or start procready in a cgroup below',
		command: 'unset PROCREADY_NO_MOVE',
	};
}

/** It could be used, but for who is in it. */
function fullOf(full: string): Obstacle {
	const scope = machine.self().uid === 0 ? 'systemd-run --scope' : 'systemd-run --user --scope -p Delegate=yes';
	return {
		finding:
			`${full} holds processes (${list(processesIn(full) ?? [])}), so the kernel allows no cgroup with limits below it, ` +
			'and above it is no place either',
		advice:
			`move these into one of their own (mkdir ${full}/rest; echo PID > ${full}/rest/cgroup.procs)` +
			(hasSystemd() ? `, or start procready with ${scope}` : ''),
		full,
	};
}

/** sd_booted(3) */
export function hasSystemd(): boolean {
	return machine.exists('/run/systemd/system');
}

function list(pids: string[]): string {
	const own = String(machine.self().pid);
	const named = pids.filter((pid) => pid !== '0' && pid !== own).slice(0, 5); // 0: not in this pid namespace
	const rest = pids.filter((pid) => pid !== own).length - named.length;
	return [...named, ...(rest > 0 ? [`${rest} others`] : [])].join(', ');
}

/** From the cgroup to the topmost one. */
function upwards(own: string, top: string): string[] {
	const below = partsBelow(top, own);
	return [...below.map((_, i) => join(top, ...below.slice(0, below.length - i))), top];
}

/** Of the whole hierarchy, not of a namespace: only there are processes no obstacle. */
function isRoot(path: string): boolean {
	return machine.exists(path) && !machine.exists(join(path, 'cgroup.type'));
}

/** `undefined` where the kernel does not say: of a threaded cgroup, or of one that is gone. */
function processesIn(path: string): string[] | undefined {
	return wordsIn(join(path, 'cgroup.procs'));
}

function wordsIn(file: string): string[] | undefined {
	const text = textIfThere(file);
	return text === undefined ? undefined : words(text);
}

/** Whether cgroups can be made in it, and processes moved from below it to below it. */
function isOurs(path: string): boolean {
	return machine.isWritable(path) && machine.isWritable(join(path, 'cgroup.procs'));
}

function controllersAt(place: string, highest: string): Pick<Place, 'controllers' | 'above' | 'withheld'> {
	const at = (path: string) => wordsIn(join(path, 'cgroup.controllers')) ?? [];
	const controllers = at(place);
	let top = place;
	while (top !== highest && machine.isWritable(join(dirname(top), 'cgroup.subtree_control'))) top = dirname(top);
	const above = at(top).filter((name) => !controllers.includes(name));
	const withheld = at(highest).filter((name) => ![...controllers, ...above].includes(name));
	return { controllers, ...(above.length > 0 && { above }), ...(withheld.length > 0 && { withheld }) };
}
