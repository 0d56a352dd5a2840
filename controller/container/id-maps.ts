/** The id maps of a new user namespace, written while its first process waits. user_namespaces(7). */

import { errnoOf, ProcreadyError } from '../errors.js';
import { errnoText } from '../host/errno.js';
import { machine } from '../host/machine.js';
import type { Plan } from '../model/plan.js';
import type { IdMapping } from '../model/spec.js';

type IdMaps = NonNullable<Plan['idMaps']>;

interface Kind {
	/** The option; in an error it is `where`. */
	option: 'uidMappings' | 'gidMappings';
	file: 'uid_map' | 'gid_map';
	/** What may write a map without root, as far as /etc/sub?id lets it. */
	program: 'newuidmap' | 'newgidmap';
	subordinate: '/etc/subuid' | '/etc/subgid';
}

const uid: Kind = { option: 'uidMappings', file: 'uid_map', program: 'newuidmap', subordinate: '/etc/subuid' };
const gid: Kind = { option: 'gidMappings', file: 'gid_map', program: 'newgidmap', subordinate: '/etc/subgid' };

/**
 * Root writes any map; anybody may map the own id, and more with newuidmap(1) and newgidmap(1). Throws
 * `not-permitted`, which says what is missing.
 */
export async function writeIdMaps(pid: number, { uids, gids }: IdMaps): Promise<void> {
	const { uid: ownUid, gid: ownGid } = machine.self();
	if (ownUid === 0 || isOnly(uids, ownUid)) write(pid, uid, uids);
	else await delegate(pid, uid, uids);
	if (ownUid === 0) return write(pid, gid, gids);
	if (!isOnly(gids, ownGid)) return delegate(pid, gid, gids);
	// who may drop a group could get at what the group is denied, so without root the kernel wants this first
	machine.writeText(`/proc/${pid}/setgroups`, 'deny');
	write(pid, gid, gids);
}

function isOnly(maps: IdMapping[], own: number): boolean {
	return maps.length === 1 && maps[0]?.size === 1 && maps[0].hostID === own;
}

function write(pid: number, { option, file }: Kind, maps: IdMapping[]): void {
	try {
		machine.writeText(`/proc/${pid}/${file}`, lines(maps));
	} catch (cause) {
		const errno = errnoOf(cause) ?? 'unknown error';
		const why =
			errno === 'EPERM'
				? 'procready may not map these ids: they must be mapped in its own user namespace, and AppArmor must not forbid it'
				: 'ids must not overlap, and the lines may have 4095 bytes in all';
		const shown = lines(maps.slice(0, 3), '; ') + (maps.length > 3 ? '; …' : '');
		throw new ProcreadyError('not-permitted', `${option}: the kernel refused "${shown}": ${errnoText(errno)}: ${why}`, {
			where: `/${option}`,
			errno,
			cause,
		});
	}
}

function lines(maps: IdMapping[], separator = '\n'): string {
	return maps.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}`).join(separator);
}

async function delegate(pid: number, { option, program, subordinate }: Kind, maps: IdMapping[]): Promise<void> {
	const args = [pid, ...maps.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size])].map(String);
	const { failed, errno, stderr } = await machine.run(program, args, {});
	if (!failed) return;
	throw new ProcreadyError(
		'not-permitted',
		errno === 'ENOENT'
			? `${option}: to map more than the own id without root ${program} is needed: install the package uidmap`
			: `${option}: ${sentenceOf(stderr, program)}${/not allowed/.test(stderr) ? `: ${subordinate} must hold ${needed(maps)}` : ''}`,
		{ where: `/${option}`, ...(errno === undefined ? {} : { errno }) },
	);
}

function sentenceOf(stderr: string, program: string): string {
	return stderr.trim().replace(/\.$/, '') || `${program} failed`;
}

/** The lines of subuid(5) or subgid(5) that would allow it; the own id needs none. */
function needed(maps: IdMapping[]): string {
	const { uid: user, gid: group } = machine.self();
	const own = [user, group];
	const others = maps.filter(({ hostID, size }) => size > 1 || !own.includes(hostID));
	return others.map(({ hostID, size }) => `${user}:${hostID}:${size}`).join(' and ');
}
