/** The cgroups of the benchmark: all of them are <mount>/procready-bench/<our pid>-<name>, so all can be found again. */
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories, removeDirectories } from '../../controller/cgroup/cgroup.js';
import { readHost } from '../../controller/host/hierarchy.js';
import type { Directory } from '../../controller/model/plan.js';

const top = 'procready-bench';
const prefix = `${process.pid}-`;

/** The path of a cgroup of ours below the mount points of the hierarchies: what OCI calls cgroupsPath. */
export function cgroupsPath(name: string): string {
	return `/${top}/${prefix}${name}`;
}

/** The directory of a cgroup of ours in the hierarchy of a controller. */
export function directoryOf(controller: string, name: string): Directory {
	const hierarchy = readHost().hierarchies.find(({ controllers }) => controllers.includes(controller));
	if (!hierarchy) throw new Error(`this host has no cgroup controller "${controller}"`);
	const { version, mountPoint } = hierarchy;
	return { version, controllers: [controller], base: join(mountPoint, top), path: mountPoint + cgroupsPath(name) };
}

/** A new directory in the hierarchy of the controller, removed when `use` is done. */
export async function withDirectory<T>(controller: string, name: string, use: (path: string) => Promise<T>) {
	const directory = directoryOf(controller, name);
	makeDirectories([directory]);
	try {
		return await use(directory.path);
	} finally {
		await removeDirectories([directory]);
	}
}

/** Whether the kernel can limit swap: it may be built or booted without. */
export async function canLimitSwap(): Promise<boolean> {
	return withDirectory('memory', 'swap', async (path) =>
		['memory.swap.max', 'memory.memsw.limit_in_bytes'].some((file) => existsSync(join(path, file))),
	);
}

/** Kills what is in our cgroups of this name, of any name when none is given, and removes them. */
export async function removeCgroups(name = ''): Promise<void> {
	for (const mountPoint of mountPoints()) {
		const base = join(mountPoint, top);
		const ours = existsSync(base) ? readdirSync(base).filter((entry) => entry.startsWith(prefix + name)) : [];
		const directories = ours.map((entry) => ({ version: 1 as const, controllers: [], base, path: join(base, entry) }));
		await removeDirectories(directories);
		if (name === '') removeIfEmpty(base);
	}
}

/** Of every hierarchy, named ones too: runc makes its cgroup also there. */
function mountPoints(): string[] {
	const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
	return mounts.filter((line) => / - cgroup2? /.test(line)).map((line) => line.split(' ')[4] ?? '');
}

function removeIfEmpty(base: string): void {
	try {
		rmdirSync(base);
	} catch {
		// it was never made, or another benchmark uses it
	}
}
