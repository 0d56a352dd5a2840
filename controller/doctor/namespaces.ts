/** Which namespaces and mounts the caller can make, by trying. */
import { existsSync } from 'node:fs';
import type { InitConfig, InitMount, NamespaceType } from '../model/init-config.js';
import { failed } from './attempt.js';
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
function tryWith(more: Partial<InitConfig>): Promise<Attempt> {
	return tryInit({ init: initOf(more) });
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
	const [api, idmapped] = await Promise.all([
		tryMount({ destination: '/dev', type: 'tmpfs', source: 'tmpfs', set: ['nosuid', 'noexec'] }),
		tryMount({
			destination: '/dev',
			type: 'bind',
			source: '/',
			idmap: { uids: '0 100000 65536', gids: '0 100000 65536' },
		}),
	]);
	return { api, idmapped };
}

async function tryMount(mount: InitMount): Promise<Attempt> {
	const init: Partial<InitConfig> = { namespaces: { mount: 'new' }, mounts: [mount] };
	const alone = await tryWith(init);
	if (mount.idmap || !failed(alone) || alone.errno !== 'EPERM') return alone; // an idmap asks for more than a namespace gives
	return tryWith({ ...init, namespaces: { mount: 'new', user: 'new' } });
}
