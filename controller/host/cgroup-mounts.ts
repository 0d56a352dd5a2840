/** Where cgroup hierarchies are mounted, from the texts of the kernel. proc_pid_mountinfo(5), cgroups(7). */

import type { Mounted } from '../model/host.js';
import { join } from '../model/path.js';

/**
 * From the texts of /proc/self/mountinfo and /proc/self/cgroup. Of several mounts of one hierarchy the one that is to be
 * used: where our own cgroup is seen, and may be written to. Named hierarchies of v1, such as systemd's, limit nothing.
 */
export function parseMounted(mountinfo: string, cgroup: string): Mounted[] {
	const paths = new Map(lines(cgroup).flatMap(parseMembership));
	const mounts = lines(mountinfo).map(parseMount);
	const candidates = mounts
		.filter((mount) => !mounts.some(({ parent, point }) => parent === mount.id && point === mount.point)) // covered
		.flatMap((mount) => candidateOf(mount, paths));
	const best = new Map<string, Candidate>();
	for (const candidate of candidates) {
		const known = best.get(candidate.name);
		if (!known || rank(candidate) > rank(known)) best.set(candidate.name, candidate);
	}
	return [...best.values()].map(({ mounted }) => mounted);
}

interface Candidate {
	/** The same for every mount of the hierarchy. */
	name: string;
	mounted: Mounted;
	showsOwn: boolean;
	isWritable: boolean;
}

const rank = ({ showsOwn, mounted, isWritable }: Candidate) =>
	(showsOwn ? 4 : mounted.hiddenLevels ? 2 : 0) + (isWritable ? 1 : 0);

function candidateOf(mount: Mount, paths: ReadonlyMap<string, string>): Candidate[] {
	const { type, root, point: mountPoint, flags, options } = mount;
	const isV1 = type === 'cgroup';
	const controllers = isV1 ? options.filter((one) => paths.has(one) && !one.startsWith('name=')) : [];
	if (isV1 ? controllers.length === 0 : type !== 'cgroup2') return [];
	const inside = paths.get(controllers[0] ?? '') ?? '/';
	const path = pathBelow(root, inside);
	const hiddenLevels = path === undefined ? levelsAbove(root, inside) : 0;
	return [
		{
			name: controllers.join(),
			mounted: {
				version: isV1 ? 1 : 2,
				controllers,
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
