/** Which namespaces and mounts the caller can make, by trying. */
import { existsSync } from 'node:fs';
import { mountPointsIn } from '../host/cgroup-mounts.js';
import type { InitConfig, InitMount, NamespaceType } from '../model/init-config.js';
import { failed, textOf } from './attempt.js';
import { findHost } from './cgroups.js';
import type { Attempt, Facts, NamespaceFacts } from './facts.js';
import { initOf, tryInit } from './try-init.js';

/** Names in /proc/PID/ns, namespaces(7). */
export const namespaceFiles: Record<NamespaceType, string> = {
	mount: 'mnt',
	pid: 'pid',
	uts: 'uts',
	ipc: 'ipc',
	cgroup: 'cgroup',
	network: 'net',
	time: 'time',
	user: 'user',
};

export const namespaceTypes = Object.keys(namespaceFiles) as NamespaceType[];

/** Starts a program with this added to the config. */
function tryWith(more: Partial<InitConfig>, look?: (pid: number) => void): Promise<Attempt> {
	return tryInit({ init: initOf(more), ...(look && { look }) });
}

/** Together, which is three programs and not fifteen; only where that fails one after the other, to know which it is. */
export async function tryNamespaces(): Promise<Facts['namespaces']> {
	const known = namespaceTypes.filter((type) => existsSync(`/proc/self/ns/${namespaceFiles[type]}`));
	const others = known.filter((type) => type !== 'user');
	const together = await tryInAndOut(others);
	const works = together.alone === 'done' || together.inUser === 'done';
	const tried = async (type: NamespaceType): Promise<NamespaceFacts> => {
		if (!known.includes(type)) return { known: false, alone: 'untried', inUser: 'untried' };
		// one may be there and give no rights: AppArmor; the mount namespace is made with the rights in it
		if (type === 'user') return { known: true, alone: await tryWith(making(['user', 'mount'])), inUser: 'untried' };
		return { known: true, ...(works ? together : await tryInAndOut([type])) };
	};
	const entries = await Promise.all(namespaceTypes.map(async (type) => [type, await tried(type)] as const));
	return Object.fromEntries(entries) as Facts['namespaces'];
}

async function tryInAndOut(types: NamespaceType[]): Promise<Pick<NamespaceFacts, 'alone' | 'inUser'>> {
	const alone = await tryWith(making(types));
	const refused = failed(alone) && alone.errno === 'EPERM';
	return { alone, inUser: refused ? await tryWith(making(['user', ...types])) : 'untried' };
}

function making(types: NamespaceType[]): Partial<InitConfig> {
	return { namespaces: Object.fromEntries(types.map((type) => [type, 'new'])) };
}

/** In a mount namespace, so that the host's mounts stay as they are. */
export async function tryMounts(): Promise<Facts['mounts']> {
	// /dev is there wherever a program runs
	const [api, idmapped, cgroups] = await Promise.all([
		tryMount({ destination: '/dev', type: 'tmpfs', source: 'tmpfs', set: ['nosuid', 'noexec'] }),
		tryMount({
			destination: '/dev',
			type: 'bind',
			source: '/',
			idmap: { uids: '0 100000 65536', gids: '0 100000 65536' },
		}),
		tryReplacing(),
	]);
	return { api, idmapped, cgroups };
}

/** Of the mounts that are there then, it is the only one, or lies over those of the host. */
async function tryReplacing(): Promise<Facts['mounts']['cgroups']> {
	const [mount] = findHost().cgroupMounts;
	if (!mount) return 'untried';
	const at = mount.frame ?? mount.mountPoint;
	let isAlone = false;
	const look = (pid: number) => {
		isAlone = mountPointsIn(textOf(`/proc/${pid}/mountinfo`) ?? '').filter((point) => point === at).length === 1;
	};
	const attempt = await tryMount({ destination: at, type: 'tmpfs', source: 'tmpfs', replace: true }, look);
	return attempt === 'done' && !isAlone ? 'locked' : attempt;
}

async function tryMount(mount: InitMount, look?: (pid: number) => void): Promise<Attempt> {
	const init: Partial<InitConfig> = { namespaces: { mount: 'new' }, mounts: [mount] };
	const alone = await tryWith(init, look);
	if (mount.idmap || !failed(alone) || alone.errno !== 'EPERM') return alone; // an idmap asks for more than a namespace gives
	return tryWith({ ...init, namespaces: { mount: 'new', user: 'new' } }, look);
}
