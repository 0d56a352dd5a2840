/** Which namespaces are made or joined, namespaces(7), and what depends on that. */

import { invalidOption } from '../errors.js';
import { utf8Length } from '../model/bytes.js';
import type { InitConfig, NamespaceType } from '../model/init-config.js';
import type { NamespaceOption } from '../model/options.js';
import type { Linux, Spec } from '../model/spec.js';
import { checkSysctl } from './sysctl.js';

type Namespaces = NonNullable<Linux['namespaces']>;

/** Names in /proc/PID/ns. */
const files: Record<NamespaceType, string> = {
	cgroup: 'cgroup',
	ipc: 'ipc',
	mount: 'mnt',
	network: 'net',
	pid: 'pid',
	time: 'time',
	user: 'user',
	uts: 'uts',
};

const isolated: readonly NamespaceType[] = ['pid', 'mount', 'uts', 'ipc', 'cgroup'];

export interface NamespaceOptions {
	namespaces?: Partial<Record<NamespaceType, NamespaceOption>> | undefined;
	uidMappings?: unknown;
	gidMappings?: unknown;
	timeOffsets?: unknown;
}

/** `linux.namespaces`. */
export function namespacesOf(options: NamespaceOptions, containerPid: (name: string) => number): Namespaces {
	const wanted: Partial<Record<NamespaceType, NamespaceOption>> = {
		...Object.fromEntries(isolated.map((type) => [type, 'new'])),
		...(options.uidMappings || options.gidMappings ? { user: 'new' } : {}),
		...(options.timeOffsets ? { time: 'new' } : {}),
		...options.namespaces,
	};
	return (Object.entries(wanted) as [NamespaceType, string][]).flatMap(([type, what]) => {
		if (what === 'host') return [];
		return [what === 'new' ? { type } : { type, path: pathOf(type, what, containerPid) }];
	});
}

function pathOf(type: NamespaceType, what: string, containerPid: (name: string) => number): string {
	const where = `/namespaces/${type}`;
	if (what.startsWith('/')) return what;
	const [, kind, name = ''] = /^(pid|container):(.+)$/.exec(what) ?? [];
	if (kind === 'container') return `/proc/${containerPid(name)}/ns/${files[type]}`;
	if (kind === 'pid' && /^[1-9]\d{0,6}$/.test(name)) return `/proc/${name}/ns/${files[type]}`;
	throw invalidOption(where, `${JSON.stringify(what)} is not new, host, a path, pid:N or container:NAME`);
}

/** `namespaces` of the init config. */
export function initNamespaces(namespaces: Namespaces = []): InitConfig['namespaces'] {
	const named: InitConfig['namespaces'] = {};
	for (const [index, { type, path }] of namespaces.entries()) {
		if (type in named) throw invalidOption(`/linux/namespaces/${index}`, `${type} is there twice`);
		named[type] = path ?? 'new';
	}
	return named;
}

/** Members that change what is the host's unless there is a namespace for them. */
const needs: { needed: NamespaceType; by: (spec: Spec) => unknown; where: string }[] = [
	{ needed: 'mount', by: ({ root }) => root, where: '/root' },
	{ needed: 'mount', by: ({ mounts }) => mounts?.length, where: '/mounts' },
	{ needed: 'mount', by: ({ linux }) => linux.devices?.length, where: '/linux/devices' },
	{ needed: 'mount', by: ({ linux }) => linux.maskedPaths?.length, where: '/linux/maskedPaths' },
	{ needed: 'mount', by: ({ linux }) => linux.readonlyPaths?.length, where: '/linux/readonlyPaths' },
	{ needed: 'uts', by: ({ hostname }) => hostname, where: '/hostname' },
	{ needed: 'uts', by: ({ domainname }) => domainname, where: '/domainname' },
	{ needed: 'mount', by: ({ procready }) => procready?.hosts, where: '/procready/hosts' },
	{ needed: 'pid', by: ({ procready }) => procready?.init, where: '/procready/init' },
	{ needed: 'network', by: ({ procready }) => procready?.networks?.length, where: '/procready/networks' },
	{ needed: 'network', by: ({ procready }) => procready?.routes?.length, where: '/procready/routes' },
	{ needed: 'time', by: ({ linux }) => linux.timeOffsets, where: '/linux/timeOffsets' },
	{ needed: 'user', by: ({ linux }) => linux.uidMappings?.length, where: '/linux/uidMappings' },
	{ needed: 'user', by: ({ linux }) => linux.gidMappings?.length, where: '/linux/gidMappings' },
];

/** Throws where something would change what is not the container's own. */
export function checkNeeds(spec: Spec, namespaces: InitConfig['namespaces']): void {
	for (const { needed, by, where } of needs)
		if (by(spec) && namespaces[needed] !== 'new')
			throw invalidOption(where, `needs a new ${needed} namespace, or it would be that of others`);
	if (Object.keys(spec.linux.netDevices ?? {}).length > 0 && namespaces.network === undefined)
		throw invalidOption('/linux/netDevices', 'needs a network namespace: the interfaces are on the host already');
	checkName(spec.hostname, '/hostname');
	checkName(spec.domainname, '/domainname');
	checkSysctl(spec.linux.sysctl ?? {}, Object.keys(namespaces), '/linux/sysctl');
}

/** __NEW_UTS_LEN of the kernel. */
function checkName(name: string | undefined, where: string): void {
	if (name !== undefined && utf8Length(name) > 64) throw invalidOption(where, 'is longer than 64 bytes');
}

/** `timeOffsets` of the init config. */
export function initTimeOffsets(offsets: NonNullable<Linux['timeOffsets']>): InitConfig['timeOffsets'] {
	return Object.fromEntries(
		Object.entries(offsets).map(([clock, { secs = 0, nanosecs = 0 }]) => [clock, { secs, nanosecs }]),
	);
}

/** `linux.timeOffsets` from seconds. Nanoseconds count upwards from the whole second below. */
export function timeOffsetsOf(
	offsets: Partial<Record<'monotonic' | 'boottime', number>>,
): Linux['timeOffsets'] & object {
	return Object.fromEntries(
		Object.entries(offsets).map(([clock, offset]) => {
			const nanoseconds = Math.round(offset * 1e9);
			if (!Number.isSafeInteger(Math.floor(offset)))
				throw invalidOption(`/timeOffsets/${clock}`, `${offset} is not a number of seconds`);
			const secs = Math.floor(nanoseconds / 1e9);
			return [clock, { secs, nanosecs: nanoseconds - secs * 1e9 }];
		}),
	);
}
