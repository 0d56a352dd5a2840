/** The cgroup directories of a container: one in each hierarchy that limits or counts something for it. */

import { invalidOption, ProcreadyError } from '../errors.js';
import type { Hierarchy, Host } from '../model/host.js';
import { v1Controllers } from '../model/limits-v1.js';
import { dirname, join, resolve } from '../model/path.js';
import type { Directory } from '../model/plan.js';

/**
 * Controllers whose accounts the report needs, limits or not. On v1 cpuacct counts what cpu limits; io is counted on v2
 * only, because each further hierarchy of v1 is one more move of the process.
 */
const accounted = { 1: ['pids', 'memory', 'cpu', 'cpuacct'], 2: ['pids', 'memory', 'cpu', 'io'] };

/**
 * The same in a cgroup that the caller names: it is somebody's, so that on v2 only those are enabled in it without being asked
 * for by which the verdict tells whose limit it was. What a program used of a processor is counted without any.
 */
const accountedInParent = { 1: accounted[1], 2: ['pids', 'memory'] };

/**
 * `wanted` are controllers beside these, by their v2 names; `parent` is a cgroup in which the container's is made instead.
 * Throws `cgroup-missing`.
 */
export function directoriesOf(host: Host, id: string, wanted: readonly string[], parent?: string): Directory[] {
	return host.hierarchies
		.map((hierarchy) => ({
			...hierarchy,
			controllers: controllersOf(hierarchy, wanted, parent === undefined ? accounted : accountedInParent),
		}))
		.filter(({ controllers }) => controllers.length > 0)
		.map((hierarchy) => directoryOf(parent === undefined ? hierarchy : below(hierarchy, parent), id));
}

/** For an account alone nothing is enabled above the place where the container goes. */
function controllersOf(
	{ version, controllers, above = [] }: Hierarchy,
	wanted: readonly string[],
	counted: typeof accounted,
): string[] {
	const named = wanted.map((name) => (version === 1 ? (v1Controllers[name] ?? name) : name));
	const used = new Set([...counted[version], ...named]);
	return [...controllers.filter((name) => used.has(name)), ...above.filter((name) => named.includes(name))];
}

/** A base of our own in the parent: what is made in it can be told from what others make there. */
function below(hierarchy: Hierarchy, parent: string): Hierarchy {
	const { mountPoint, own, base } = hierarchy;
	const from = parent.startsWith('/') ? mountPoint : base === undefined ? own : dirname(base);
	return { ...hierarchy, base: join(from, parent, 'procready') };
}

/**
 * `linux.cgroupsPath` of OCI: the same path in each hierarchy that has controllers, where engines look for it. An absolute
 * one begins at the mount point, any other where the cgroups of this process would be made. Throws `option-invalid`.
 */
export function exactDirectoriesOf(host: Host, cgroupsPath: string): Directory[] {
	const where = '/linux/cgroupsPath';
	if (/^[^/]*:[^/]*:[^/]*$/.test(cgroupsPath))
		throw invalidOption(
			where,
			`${cgroupsPath} is a slice, a prefix and a name for systemd, which is not asked: give a path`,
		);
	if (cgroupsPath.split('/').includes('..')) throw invalidOption(where, `${cgroupsPath} contains ".."`);
	return host.hierarchies
		.filter(({ controllers }) => controllers.length > 0)
		.map(({ version, controllers, mountPoint, own, base }) => {
			const from = cgroupsPath.startsWith('/') ? mountPoint : base === undefined ? own : dirname(base);
			const path = resolve(from, `./${cgroupsPath}`);
			if (path === from) throw invalidOption(where, `${cgroupsPath} is a cgroup that is there already: name one below`);
			return { version, controllers, base: dirname(path), path };
		});
}

/** Controllers that a container has no directory for unless it is asked for one of their limits, now or when it runs. */
const later = new Set(['freezer', 'cpuset', 'cpu', 'io', 'blkio', 'hugetlb', 'rdma', 'misc']);

/**
 * Where a container that runs can be put for what is asked of it later: a pause, or a limit of another controller. They
 * are made when they are needed; v2 has one that is there already, in which the controllers can be enabled. The freezer
 * limits nothing, so it takes no parent.
 */
export function spareDirectoriesOf(
	host: Host,
	id: string,
	directories: readonly Directory[],
	parent?: string,
): Directory[] {
	const canFreeze =
		directories.some(({ version }) => version === 2) ||
		host.hierarchies.some(({ controllers }) => controllers.includes('freezer'));
	const used = directories.flatMap(({ controllers }) => controllers);
	return host.hierarchies.flatMap((hierarchy) => {
		const { version, controllers } = hierarchy;
		const { base } = parent === undefined || controllers.includes('freezer') ? hierarchy : below(hierarchy, parent);
		if (base === undefined) return [];
		const spare = controllers.filter((name) => later.has(name) && !used.includes(name));
		const isNeeded = spare.length > 0 || (version === 2 && !canFreeze);
		return isNeeded ? [{ version, controllers: spare, base, path: join(base, id) }] : [];
	});
}

function directoryOf({ version, controllers, base, leaf, obstacle }: Hierarchy, id: string): Directory {
	if (base === undefined)
		throw new ProcreadyError('cgroup-missing', `${obstacle?.finding}: ${obstacle?.advice}; procready doctor says more`);
	return { version, controllers, base, path: join(base, id), ...(leaf !== undefined && { leaf }) };
}
