/** The init config: a specification in the words of the shim. */

import { version } from '../host/release.js';
import { defined, maybe, nonEmpty } from '../model/defined.js';
import type { Host } from '../model/host.js';
import type { InitConfig, Propagation } from '../model/init-config.js';
import type { Directory, Plan } from '../model/plan.js';
import type { DeviceRule } from '../model/resources.js';
import type { Linux, Spec } from '../model/spec.js';
import { allCapabilities } from './capabilities.js';
import {
	type CgroupMounts,
	cgroupMounts,
	inPlaceOfSys,
	isCgroupMount,
	ownView,
	seesHost,
	shownOf,
} from './cgroup-mounts.js';
import { deviceProgram } from './device-program.js';
import { initDevices } from './devices.js';
import { initMount } from './mounts.js';
import { checkNeeds, initNamespaces, initTimeOffsets } from './namespaces.js';
import { initProcess } from './process.js';
import { idMapsOf } from './user-namespace.js';

type Directories = Pick<Plan, 'directories' | 'spare'>;

/** What is asked for and cannot be had is added to `notes`. */
export function initOf(spec: Spec, host: Host, { directories, spare }: Directories, notes: string[]): InitConfig {
	const { linux, root } = spec;
	const namespaces = initNamespaces(linux.namespaces);
	checkNeeds(spec, namespaces);
	const held = namespaces.user === undefined ? host.capabilities : allCapabilities;
	const { mounts, links, readonlyPaths } = mountsOf(spec, host, directories);
	const { devices, links: standardLinks = [] } = initDevices(spec);
	return defined({
		version,
		initType: 'standard' as const,
		...initProcess(spec, held, notes),
		ignoredSignals: host.ignoredSignals,
		namespaces,
		timeOffsets: maybe(linux.timeOffsets, initTimeOffsets),
		hostname: spec.hostname || undefined,
		domainname: spec.domainname || undefined,
		sysctl: nonEmpty(Object.entries(linux.sysctl ?? {}).map(([name, value]) => `${name}=${value}`)),
		rootfsPropagation: propagationOf(linux),
		root,
		mounts: nonEmpty(mounts),
		devices,
		links: nonEmpty([...standardLinks, ...links]),
		maskedPaths: nonEmpty(linux.maskedPaths),
		readonlyPaths: nonEmpty([...(linux.readonlyPaths ?? []), ...readonlyPaths]),
		cgroup: cgroupOf({ directories, spare }, linux.resources?.devices ?? []),
	});
}

/** It is always recursive, whether the specification says so or not. */
function propagationOf({ rootfsPropagation }: Linux): Propagation {
	return (rootfsPropagation?.replace(/^r/, '') as Propagation | undefined) ?? 'private';
}

/** All that may be there at the end is for the shim to remove. */
function cgroupOf({ directories, spare }: Directories, rules: readonly DeviceRule[]): InitConfig['cgroup'] {
	const v1 = directories.some(({ controllers }) => controllers.includes('devices'));
	const all = [...directories, ...spare];
	return defined({
		path: directories.find(({ version }) => version === 2)?.path,
		directories: [...new Set(all.map(({ path }) => path))],
		bases: [...new Set(all.map(({ base }) => base))],
		deviceProgram: rules.length > 0 && !v1 ? deviceProgram(rules) : undefined,
	});
}

function mountsOf(spec: Spec, host: Host, directories: readonly Directory[]): CgroupMounts {
	const idMaps = idMapsOf(spec);
	const shown = shownOf(host, directories);
	const all: CgroupMounts = { mounts: seesHost(spec) ? ownView(shown) : [], links: [], readonlyPaths: [] };
	for (const [index, mount] of (spec.mounts ?? []).entries()) {
		const where = `/mounts/${index}`;
		if (!isCgroupMount(mount)) {
			all.mounts.push(inPlaceOfSys(initMount(mount, where, idMaps), spec));
			continue;
		}
		const { mounts, links, readonlyPaths } = cgroupMounts(mount, where, shown, spec.root !== undefined);
		all.mounts.push(...mounts);
		all.links.push(...links);
		all.readonlyPaths.push(...readonlyPaths);
	}
	return all;
}
