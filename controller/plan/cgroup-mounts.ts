/** Mounts of type cgroup: binds of the container's own directories, so that it sees its limits and no others. */
import { invalidOption } from '../errors.js';
import type { InitConfig, InitMount } from '../model/init-config.js';
import { basename, join } from '../model/path.js';
import type { Mount } from '../model/spec.js';
import { parseMountOptions } from './mount-options.js';
import { initMount, normalize } from './mounts.js';

/** One of the container's directories, and where its hierarchy is mounted on the host. */
export interface CgroupDirectory {
	version: 1 | 2;
	path: string;
	mountPoint: string;
}

export interface CgroupMounts {
	mounts: InitMount[];
	links: NonNullable<InitConfig['links']>;
	readonlyPaths: string[];
}

export function isCgroupMount({ type }: Mount): boolean {
	return type === 'cgroup' || type === 'cgroup2';
}

/**
 * Read-only unless `rw` is asked for: with its own limits writable a program has none (CVE-2023-25809). v2: the
 * directory itself; v1: a tmpfs with a directory for each hierarchy, under the names that hosts use.
 */
export function cgroupMounts(
	mount: Mount,
	where: string,
	directories: readonly CgroupDirectory[],
	hasRoot: boolean,
): CgroupMounts {
	const given = mount.options ?? [];
	const at = normalize(mount.destination);
	const { data, access } = parseMountOptions(given, `${where}/options`);
	for (const option of data)
		throw invalidOption(`${where}/options/${given.indexOf(option)}`, `${option} has no meaning here`);
	const writable = access === 'rw';
	const options = ['bind', ...given, ...(writable ? [] : ['ro'])];
	const bind = ({ path }: CgroupDirectory, destination: string) =>
		initMount({ destination, source: path, options }, where);
	const [only] = directories;
	if (only?.version === 2 && directories.length === 1)
		return { mounts: [bind(only, at)], links: [], readonlyPaths: [] };
	if (!hasRoot)
		throw invalidOption(where, `${mount.destination}: with cgroup v1 it would cover what it shows: it needs a root`);
	const below = (name: string) => join(at, name);
	return {
		mounts: [
			{
				destination: at,
				type: 'tmpfs',
				source: 'tmpfs',
				set: ['nosuid', 'nodev', 'noexec'],
				data: ['mode=755'],
			},
			...directories.map((directory) => bind(directory, below(basename(directory.mountPoint)))),
		],
		links: directories.flatMap(({ mountPoint }) => linksTo(basename(mountPoint), below)),
		readonlyPaths: writable ? [] : [at],
	};
}

/** `cpu,cpuacct` is called `cpu` and `cpuacct` too. */
function linksTo(name: string, below: (name: string) => string): NonNullable<InitConfig['links']> {
	const controllers = name.split(',');
	return controllers.length < 2 ? [] : controllers.map((controller) => ({ path: below(controller), target: name }));
}
