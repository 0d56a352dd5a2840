/**
 * Where the container sees its own cgroups, and so its limits: binds of its directories. They are made before v1 has moved
 * the program there; that does not matter, because the kernel says where they begin when it is asked.
 */
import { invalidOption } from '../errors.js';
import type { CgroupMount, Hierarchy, Host } from '../model/host.js';
import type { InitConfig, InitMount, NamespaceType } from '../model/init-config.js';
import { basename, join, partsBelow } from '../model/path.js';
import type { Directory } from '../model/plan.js';
import type { Mount, Spec } from '../model/spec.js';
import { type MountOptions, parseMountOptions } from './mount-options.js';
import { initMount, normalize } from './mounts.js';

/** What there is to be seen of one cgroup mount of the host. */
export interface Shown extends Pick<CgroupMount, 'version' | 'controllers' | 'mountPoint' | 'frame'> {
	/** The container's directory, or the caller's where it has none: then that is where its program is. */
	path: string;
	isOwn: boolean;
}

export interface CgroupMounts {
	mounts: InitMount[];
	links: NonNullable<InitConfig['links']>;
	readonlyPaths: string[];
}

/** Of several mounts of a hierarchy each shows the same, as far as it reaches. */
export function shownOf({ hierarchies, cgroupMounts }: Host, directories: readonly Directory[]): Shown[] {
	return cgroupMounts.flatMap(({ own, ...mount }) => {
		const hierarchy = hierarchies.find((one) => isOf(one, mount));
		const directory = hierarchy && directories.find((one) => isOf(one, hierarchy));
		const path = directory ? join(own, ...partsBelow(hierarchy.own, directory.path)) : own;
		return isBelow(path, mount.mountPoint) ? [{ ...mount, path, isOwn: directory !== undefined }] : [];
	});
}

type OfHierarchy = Pick<Hierarchy, 'version' | 'controllers'>;

function isOf(one: OfHierarchy, other: OfHierarchy): boolean {
	if (one.version !== other.version) return false;
	return one.version === 2 || one.controllers.some((name) => other.controllers.includes(name));
}

function isBelow(path: string, directory: string): boolean {
	return partsBelow(directory, path)[0] !== '..';
}

/**
 * Without a root of its own a program finds the mounts of the host. In their place it gets its own, and writable where they
 * are: it may write to the host's cgroups anyway. In a user namespace those of the host are locked, and lie below.
 */
export function seesHost(spec: Spec): boolean {
	const { root, linux } = spec;
	const isNew = (wanted: NamespaceType) =>
		linux.namespaces?.some(({ type, path }) => type === wanted && path === undefined);
	return !root && isNew('mount') === true && isNew('cgroup') === true && mayReplace(spec);
}

/** What is taken away from a mount that the host shares would be taken away from the host. */
function mayReplace({ linux }: Spec): boolean {
	return !linux.rootfsPropagation?.endsWith('shared');
}

/** A root may have come with the mounts of the host, `--rootfs /` for one: its cgroups are then below what is mounted here. */
export function inPlaceOfSys(mount: InitMount, spec: Spec): InitMount {
	const isSys = mount.destination === '/sys' && mount.type !== 'bind';
	return spec.root && isSys && mayReplace(spec) ? { ...mount, replace: true } : mount;
}

/** What the mounts of v1 stand on is taken away with them, once: each of them would cost a wait for the kernel's RCU. */
export function ownView(shown: readonly Shown[]): InitMount[] {
	const frames = [...new Set(shown.flatMap(({ frame }) => frame ?? []))];
	const places = [
		...frames.map((frame) => ({ mountPoint: frame, path: frame })),
		...shown.filter(({ mountPoint }) => !frames.includes(mountPoint)),
	];
	return places.map(({ mountPoint, path }) => ({ destination: mountPoint, type: 'bind', source: path, replace: true }));
}

export function isCgroupMount({ type }: Mount): boolean {
	return type === 'cgroup' || type === 'cgroup2';
}

/** Throws where an option is none of such a mount. */
export function cgroupOptions({ options = [] }: Mount, where: string): MountOptions {
	const parsed = parseMountOptions(options, `${where}/options`);
	for (const option of parsed.data)
		throw invalidOption(
			`${where}/options/${options.indexOf(option)}`,
			`${option} is not an option of a mount of cgroups`,
		);
	return parsed;
}

/**
 * Read-only unless `rw` is asked for: with its own limits writable a program has none (CVE-2023-25809). v2: the
 * directory itself; v1: a tmpfs with a directory for each hierarchy, under the names that hosts use. What is the caller's
 * is read-only always.
 */
export function cgroupMounts(mount: Mount, where: string, shown: readonly Shown[], hasRoot: boolean): CgroupMounts {
	const directories = shown.filter((one, index) => shown.findIndex((other) => isOf(one, other)) === index);
	const given = mount.options ?? [];
	const at = normalize(mount.destination);
	const { access } = cgroupOptions(mount, where);
	const writable = access === 'rw';
	const bind = ({ path, isOwn }: Shown, destination: string) =>
		initMount({ destination, source: path, options: ['bind', ...given, ...(writable && isOwn ? [] : ['ro'])] }, where);
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
