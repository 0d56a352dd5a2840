/** The new user namespace of a container: its maps, and what the kernel does not mount in one. user_namespaces(7). */

import { invalidOption } from '../errors.js';
import type { Rights } from '../model/host.js';
import type { NamespaceType } from '../model/init-config.js';
import { join } from '../model/path.js';
import type { IdMaps } from '../model/plan.js';
import type { Linux, Mount, Spec } from '../model/spec.js';
import { checkMappings, isMapped } from './mappings.js';

type Namespaces = NonNullable<Linux['namespaces']>;

/**
 * Without root nothing can be isolated but in a user namespace, so where none is named one is added, in which the
 * caller is root and nobody else exists. Maps that are missing become that one too.
 */
export function withUserNamespace(spec: Spec, caller: Rights): Spec {
	const { namespaces = [], ...linux } = spec.linux;
	const user = namespaces.find(({ type }) => type === 'user');
	if (user ? user.path !== undefined : caller.uid === 0) return spec;
	const idMaps = {
		uids: linux.uidMappings?.length ? linux.uidMappings : [{ containerID: 0, hostID: caller.uid, size: 1 }],
		gids: linux.gidMappings?.length ? linux.gidMappings : [{ containerID: 0, hostID: caller.gid, size: 1 }],
	};
	const all: Namespaces = user ? namespaces : [...namespaces, { type: 'user' }];
	return {
		...spec,
		...(spec.mounts && !user ? { mounts: fittingMounts(spec.mounts, all, idMaps) } : {}),
		linux: { ...linux, namespaces: all, uidMappings: idMaps.uids, gidMappings: idMaps.gids },
	};
}

/** The maps of a new user namespace; `undefined` where there is none. */
export function idMapsOf({ process: { user }, linux }: Spec): IdMaps | undefined {
	const isNew = linux.namespaces?.some(({ type, path }) => type === 'user' && path === undefined);
	if (!isNew || !linux.uidMappings || !linux.gidMappings) return undefined;
	const idMaps = { uids: linux.uidMappings, gids: linux.gidMappings };
	checkMappings(idMaps.uids, '/linux/uidMappings');
	checkMappings(idMaps.gids, '/linux/gidMappings');
	const check = (id: number | undefined, side: keyof IdMaps, where: string) => {
		if (id === undefined || isMapped(idMaps[side], id)) return;
		throw invalidOption(
			where,
			`${id} does not exist in the user namespace: it is not among linux.${side.slice(0, -1)}Mappings`,
		);
	};
	check(user?.uid, 'uids', '/process/user/uid');
	check(user?.gid, 'gids', '/process/user/gid');
	for (const [index, gid] of (user?.additionalGids ?? []).entries())
		check(gid, 'gids', `/process/user/additionalGids/${index}`);
	return idMaps;
}

/** File systems that show a namespace, and where the host has them: only its owner may mount a new one. */
const owned: Record<string, { namespace: NamespaceType; path: string }> = {
	proc: { namespace: 'pid', path: '/proc' },
	sysfs: { namespace: 'network', path: '/sys' },
	mqueue: { namespace: 'ipc', path: '/dev/mqueue' },
};

/** Every sysfs has them. Not fs/: the cgroups of the host are mounted there, and locked, and would lie below the own ones. */
const ofSysfs = ['block', 'bus', 'class', 'dev', 'devices', 'firmware', 'kernel', 'module'];

/**
 * The same mounts as far as a new user namespace may have them: what shows a namespace of the host's is bound from it,
 * and ids that are not mapped are left out.
 */
export function fittingMounts(mounts: readonly Mount[], namespaces: Namespaces, idMaps: IdMaps): Mount[] {
	const isNew = (type: NamespaceType) => namespaces.some((one) => one.type === type && one.path === undefined);
	return mounts.flatMap((mount) => {
		const { destination, type = '', options = [] } = mount;
		const owner = Object.hasOwn(owned, type) ? owned[type] : undefined;
		if (!owner || isNew(owner.namespace))
			return mount.options ? { ...mount, options: options.filter((option) => hasMappedId(option, idMaps)) } : mount;
		const bind = (name: string) => ({
			destination: join(destination, name),
			type: 'bind',
			source: join(owner.path, name),
			options: ['rbind', ...options.flatMap(asOfBind)],
		});
		if (type !== 'sysfs') return bind('');
		const below = {
			destination,
			type: 'tmpfs',
			source: 'tmpfs',
			options: ['nosuid', 'noexec', 'nodev', 'mode=755', 'size=64k'],
		};
		return [below, ...ofSysfs.map(bind)];
	});
}

/** Read-only with all that is below: the host may have mounted something there. */
function asOfBind(option: string): string[] {
	if (option === 'ro') return ['rro'];
	return option.includes('=') ? [] : [option];
}

function hasMappedId(option: string, { uids, gids }: IdMaps): boolean {
	const [, kind, id] = /^(uid|gid)=(\d+)$/.exec(option) ?? [];
	return kind === undefined || isMapped(kind === 'uid' ? uids : gids, Number(id));
}
