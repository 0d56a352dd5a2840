/** Which cgroup hierarchies the host has, where in them this process is, and where its containers go. */
import { readFileSync } from 'node:fs';
import { type Caller, readCaller } from '../caller.js';
import { ProcreadyError } from '../errors.js';
import { parseMounted } from './mounts.js';
import { type Located, locate } from './namespace.js';
import { findPlace, type Place } from './place.js';

export { words } from './words.js';

/** Of v2 the controllers are those that can be enabled where the containers go. */
export type Hierarchy = Located & Place;

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
