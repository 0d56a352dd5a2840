/** Which cgroup hierarchies the host has, where in them this process is, and where its containers go. */

import { ProcreadyError } from '../errors.js';
import type { Host, Located } from '../model/host.js';
import { readRights } from './caller.js';
import { parseCgroupMounts, parseMounted } from './cgroup-mounts.js';
import { locate } from './cgroup-namespace.js';
import { machine } from './machine.js';
import { findPlace } from './place.js';

/** Where this process is in each hierarchy that is mounted; there may be none. */
export function readCgroups(): Located[] {
	return parseHost(...readTexts()).hierarchies.map(locate);
}

function readTexts() {
	return [machine.readFile('/proc/self/mountinfo'), machine.readFile('/proc/self/cgroup')] as const;
}

/** Throws `cgroup-missing` when nothing is mounted. */
export function readHost(): Host {
	const texts = readTexts();
	const { hierarchies } = parseHost(...texts);
	if (hierarchies.length === 0)
		throw new ProcreadyError(
			'cgroup-missing',
			'no cgroup hierarchy is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup',
		);
	const located = hierarchies.map(locate);
	return {
		hierarchies: located.map((one) => ({ ...one, ...findPlace(one) })),
		cgroupMounts: parseCgroupMounts(
			...texts,
			located.filter(({ top }) => top !== undefined),
		),
		...readRights(),
	};
}

/** From the texts of /proc/self/mountinfo and /proc/self/cgroup; of v2 the controllers are not in them. */
export function parseHost(mountinfo: string, cgroup: string): Pick<Host, 'hierarchies'> {
	return { hierarchies: parseMounted(mountinfo, cgroup) };
}
