/** Which cgroup hierarchies the host has, where in them this process is, and where its containers go. */

import { readFileSync } from 'node:fs';
import { ProcreadyError } from '../errors.js';
import type { Host } from '../model/host.js';
import { readCaller } from './caller.js';
import { parseMounted } from './cgroup-mounts.js';
import { locate } from './cgroup-namespace.js';
import { findPlace } from './place.js';

/** Throws `cgroup-missing` when nothing is mounted. */
export function readHost(): Host {
	const { hierarchies } = parseHost(
		readFileSync('/proc/self/mountinfo', 'utf8'),
		readFileSync('/proc/self/cgroup', 'utf8'),
	);
	if (hierarchies.length === 0)
		throw new ProcreadyError(
			'cgroup-missing',
			'no cgroup hierarchy is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup',
		);
	const located = hierarchies.map(locate);
	return { hierarchies: located.map((one) => ({ ...one, ...findPlace(one) })), ...readCaller() };
}

/** From the texts of /proc/self/mountinfo and /proc/self/cgroup; of v2 the controllers are not in them. */
export function parseHost(mountinfo: string, cgroup: string): Pick<Host, 'hierarchies'> {
	return { hierarchies: parseMounted(mountinfo, cgroup) };
}
