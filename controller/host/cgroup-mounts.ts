/** Where cgroup hierarchies are mounted, from the texts of the kernel. proc_pid_mountinfo(5), cgroups(7). */

import { defined } from '../model/defined.js';
import type { CgroupMount, Mounted } from '../model/host.js';
import { join } from '../model/path.js';

/**
 * From the texts of /proc/self/mountinfo and /proc/self/cgroup. Of several mounts of one hierarchy the one that is to be
 * used: where our own cgroup is seen, and may be written to. Named hierarchies of v1, such as systemd's, limit nothing.
 */
export function parseMounted(mountinfo: string, cgroup: string): Mounted[] {
	const best = new Map<string, Candidate>();
	for (const candidate of candidatesOf(lines(mountinfo).map(parseMount), cgroup)) {
		const { version, controllers } = candidate.mounted;
		const key = controllers.join();
		const known = best.get(key);
		if (version === 1 && controllers.length === 0) continue;
		if (!known || rank(candidate) > rank(known)) best.set(key, candidate);
	}
	return [...best.values()].map(({ mounted }) => mounted);
}

/** From the same texts: each mount that shows the cgroup of this process, and of `located`, where the texts do not say it. */
export function parseCgroupMounts(mountinfo: string, cgroup: string, located: readonly Mounted[] = []): CgroupMount[] {
	const mounts = lines(mountinfo).map(parseMount);
	const shown = candidatesOf(mounts, cgroup).flatMap(({ mount, controllers, mounted, showsOwn }) => {
		const { version, mountPoint } = mounted;
		const own = showsOwn ? mounted.own : located.find((one) => one.mountPoint === mountPoint)?.own;
		return own === undefined ? [] : [{ mount, seen: { version, controllers, mountPoint, own } }];
	});
	const frameOf = (mount: Mount) => {
		const siblings = mounts.filter(({ parent }) => parent === mount.parent);
		const areShown = siblings.every((sibling) => shown.some((one) => one.mount === sibling));
		return areShown && siblings.length > 1 ? parentOf(mount, mounts)?.point : undefined;
	};
	return shown.map(({ mount, seen }) => defined({ ...seen, frame: frameOf(mount) }));
}

/** Of all that is in a text of /proc/PID/mountinfo, in the kernel's order. */
export function mountPointsIn(mountinfo: string): string[] {
	return lines(mountinfo).map((line) => parseMount(line).point);
}

interface Candidate {
	mount: Mount;
	/** With the name of the hierarchy. */
	controllers: string[];
	mounted: Mounted;
	showsOwn: boolean;
	isWritable: boolean;
}

const rank = ({ showsOwn, mounted, isWritable }: Candidate) =>
	(showsOwn ? 4 : mounted.hiddenLevels ? 2 : 0) + (isWritable ? 1 : 0);

function candidatesOf(mounts: readonly Mount[], cgroup: string): Candidate[] {
	const paths = new Map(lines(cgroup).flatMap(parseMembership));
	return mounts.filter((mount) => !isHidden(mount, mounts)).flatMap((mount) => candidateOf(mount, paths));
}

/** No path leads to it: something is mounted over it, or over a directory before it. */
function isHidden(mount: Mount, mounts: readonly Mount[]): boolean {
	const isCovered = mounts.some(({ parent, point }) => parent === mount.id && point === mount.point);
	for (let at: Mount | undefined = mount; at && !isCovered; at = parentOf(at, mounts)) {
		const { id, parent, point } = at;
		if (mounts.some((one) => one.id !== id && one.parent === parent && isAtOrBelow(point, one.point))) return true;
	}
	return isCovered;
}

/** The root of all is its own parent, or has one that is not there. */
function parentOf({ id, parent }: Mount, mounts: readonly Mount[]): Mount | undefined {
	return parent === id ? undefined : mounts.find((one) => one.id === parent);
}

function isAtOrBelow(path: string, directory: string): boolean {
	return path === directory || path.startsWith(`${directory}/`);
}

function candidateOf(mount: Mount, paths: ReadonlyMap<string, string>): Candidate[] {
	const { type, root, point: mountPoint, flags, options } = mount;
	const isV1 = type === 'cgroup';
	const controllers = isV1 ? options.filter((one) => paths.has(one)) : []; // and its name, if it has one
	if (isV1 ? controllers.length === 0 : type !== 'cgroup2') return [];
	const inside = paths.get(controllers[0] ?? '') ?? '/';
	const path = pathBelow(root, inside);
	const hiddenLevels = path === undefined ? levelsAbove(root, inside) : 0;
	return [
		{
			mount,
			controllers,
			mounted: {
				version: isV1 ? 1 : 2,
				controllers: controllers.filter((one) => !one.startsWith('name=')),
				mountPoint,
				own: join(mountPoint, path ?? ''),
				...(hiddenLevels > 0 && { hiddenLevels, inside }),
			},
			showsOwn: path !== undefined,
			isWritable: ![...flags, ...options].includes('ro'),
		},
	];
}

/** `3:cpu,cpuacct:/some/path` -> [`cpu`, path], [`cpuacct`, path]; v2 has the name ''. */
/** Of a text of /proc/PID/cgroup, the path in the hierarchy that has the controller; `''` is that of v2. */
export function pathIn(membership: string, controller: string): string | undefined {
	return new Map(lines(membership).flatMap(parseMembership)).get(controller);
}

function parseMembership(line: string): [string, string][] {
	const [, controllers = '', ...path] = line.split(':');
	return controllers.split(',').map((controller) => [controller, path.join(':')]);
}

type Mount = ReturnType<typeof parseMount>;

/** ID parent major:minor root point flags [optional…] - type source options */
function parseMount(line: string) {
	const [before = '', after = ''] = line.split(' - ');
	const [id, parent, , root = '/', point = '/', flags = ''] = before.split(' ').map(decodeOctal);
	const [type = '', , options = ''] = after.split(' ');
	return { id, parent, root, point, flags: flags.split(','), type, options: options.split(',') };
}

function decodeOctal(field: string): string {
	return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * A mount may show a part of the hierarchy only. Both are seen from the root of the cgroup namespace, and what lies
 * outside begins with `/..`. `undefined` where the path is not below the root, or there is no saying how far.
 */
function pathBelow(root: string, path: string): string | undefined {
	const above = root.split('/').filter(Boolean);
	const names = path.split('/').filter(Boolean);
	const below = names.slice(above.length);
	return above.every((name, i) => name === names[i]) && !below.includes('..') ? below.join('/') : undefined;
}

/** How many levels the root of a mount is above that of our cgroup namespace; 0 where it is not, or we were moved out. */
function levelsAbove(root: string, path: string): number {
	const above = root.split('/').filter(Boolean);
	return above.every((name) => name === '..') && !path.startsWith('/..') ? above.length : 0;
}

function lines(text: string): string[] {
	return text.split('\n').filter(Boolean);
}
