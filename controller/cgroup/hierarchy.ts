/** Which cgroup hierarchies the host has, and where in them this process is. cgroups(7), "/proc files". */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { type Caller, readCaller } from '../caller.js';
import { ProcreadyError } from '../errors.js';

export interface Hierarchy {
	version: 1 | 2;
	/** v1: as mounted together, in the kernel's order; v2: what can be enabled. */
	controllers: string[];
	/** Where it is mounted. */
	mountPoint: string;
	/** The directory of the cgroup this process is in. */
	own: string;
	/** The directory of our own that holds those of the containers; absent where none can be made. */
	base?: string;
}

/** What a plan needs to know of the host: pure data. */
export interface Host extends Caller {
	hierarchies: Hierarchy[];
}

/** Throws `cgroup-missing` when nothing is mounted. */
export function readHost(): Host {
	const { hierarchies } = parseHost(
		readFileSync('/proc/self/mountinfo', 'utf8'),
		readFileSync('/proc/self/cgroup', 'utf8'),
	);
	for (const hierarchy of hierarchies) {
		const place = findPlace(hierarchy);
		if (place !== undefined) hierarchy.base = join(place, 'procready');
		if (hierarchy.version === 2)
			hierarchy.controllers = words(readFileSync(join(place ?? hierarchy.own, 'cgroup.controllers'), 'utf8'));
	}
	if (hierarchies.length === 0)
		throw new ProcreadyError(
			'cgroup-missing',
			'no cgroup hierarchy is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup',
		);
	return { hierarchies, ...readCaller() };
}

/** From the texts of /proc/self/mountinfo and /proc/self/cgroup; of v2 the controllers are not in them. */
export function parseHost(mountinfo: string, cgroup: string): Pick<Host, 'hierarchies'> {
	const own = new Map(lines(cgroup).flatMap(parseMembership));
	const hierarchies: Hierarchy[] = [];
	for (const line of lines(mountinfo)) {
		const mount = parseMount(line);
		if (mount.type !== 'cgroup' && mount.type !== 'cgroup2') continue;
		const controllers =
			mount.type === 'cgroup2' ? [] : mount.options.filter((option) => own.has(option) && !option.startsWith('name='));
		if (mount.type === 'cgroup' && controllers.length === 0) continue; // a named one, such as systemd's
		const path = own.get(controllers[0] ?? '') ?? '/';
		// A later mount of the same hierarchy, or one on the same place, would be confusing: the first counts.
		if (
			hierarchies.some((known) => known.mountPoint === mount.point || known.controllers.join() === controllers.join())
		)
			continue;
		hierarchies.push({
			version: mount.type === 'cgroup2' ? 2 : 1,
			controllers,
			mountPoint: mount.point,
			own: posix.join(mount.point, pathBelow(mount.root, path)),
		});
	}
	return { hierarchies };
}

/** `3:cpu,cpuacct:/some/path` -> [`cpu`, path], [`cpuacct`, path]; v2 has the name ''. */
function parseMembership(line: string): [string, string][] {
	const [, controllers = '', ...path] = line.split(':');
	return controllers.split(',').map((controller) => [controller, path.join(':')]);
}

/**
 * Below which cgroup our own directory goes. v1: the one this process is in, so that its limits keep binding what we
 * start. v2: only a cgroup without processes, or the root, may have children with controllers ("no internal
 * processes", cgroups(7)), so it is the nearest such one above.
 */
function findPlace({ version, mountPoint, own }: Hierarchy): string | undefined {
	if (version === 1) return own;
	for (let place = own; place.startsWith(mountPoint); place = dirname(place)) {
		const isRealRoot = !existsSync(join(place, 'cgroup.type'));
		if (isRealRoot || readFileSync(join(place, 'cgroup.procs'), 'utf8') === '') return place;
	}
	return undefined;
}

/** proc_pid_mountinfo(5): ID parent major:minor root point options [optional…] - type source superOptions */
function parseMount(line: string) {
	const [before = '', after = ''] = line.split(' - ');
	const [, , , root = '/', point = '/'] = before.split(' ').map(decodeOctal);
	const [type = '', , options = ''] = after.split(' ');
	return { root, point, type, options: options.split(',') };
}

function decodeOctal(field: string): string {
	return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** A mount may show a part of the hierarchy only; what lies outside is then represented by its root. */
function pathBelow(root: string, path: string): string {
	const relative = posix.relative(root, path);
	return relative.startsWith('..') ? '' : relative;
}

function lines(text: string): string[] {
	return text.split('\n').filter(Boolean);
}

export function words(text: string): string[] {
	return text.split(/\s+/).filter(Boolean);
}
