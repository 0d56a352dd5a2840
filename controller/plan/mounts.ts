/** Mounts of a specification, turned into what the shim mounts. OCI config.md, "Mounts". */

import { invalidOption } from '../errors.js';
import type { InitMount } from '../model/init-config.js';
import { normalize as withoutDots } from '../model/path.js';
import type { IdMaps } from '../model/plan.js';
import type { Mount } from '../model/spec.js';
import { mapLines } from './mappings.js';
import { attributesThat, checkBindOptions, type MountOptions, parseMountOptions } from './mount-options.js';

/** What lxcfs serves may cover files of a procfs. */
const servedByLxcfs = ['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'slabinfo', 'stat', 'swaps', 'uptime'];

/** `where` is the pointer to the mount. */
export function initMount(mount: Mount, where: string, idMaps?: IdMaps): InitMount {
	const options = parseMountOptions(mount.options ?? [], `${where}/options`);
	const bind = isBind(mount);
	if (!bind && (!mount.type || mount.type === 'none'))
		throw invalidOption(`${where}/type`, `${mount.destination}: is missing, and the options do not say bind or rbind`);
	checkDestination(mount.destination, bind, mount.type, where);
	const attributes = attributesOf(options, bind);
	const common = { destination: normalize(mount.destination), ...attributes };
	if (!bind) return fileSystem(mount, options, common, where);
	if (options.copyUp) throw invalidOption(`${where}/options`, `${mount.destination}: tmpcopyup is for a tmpfs`);
	checkBindOptions(options, mount.options ?? [], `${where}/options`);
	if (!mount.source?.startsWith('/'))
		throw invalidOption(`${where}/source`, `${mount.destination}: a bind needs the absolute path of what it shows`);
	return {
		...common,
		type: 'bind',
		source: mount.source,
		...(options.recursive ? { recursive: true } : {}),
		...idmapOf(mount, options, where, idMaps),
	};
}

/** A bind is what the type or the options say is one; runc writes `none` as its type, and the type may be missing. */
export function isBind({ type, options = [] }: Mount): boolean {
	return type === 'bind' || options.includes('bind') || options.includes('rbind');
}

function fileSystem(
	{ type = '', source, uidMappings, gidMappings }: Mount,
	{ data, idmap, access, copyUp }: MountOptions,
	common: Pick<InitMount, 'destination'>,
	where: string,
): InitMount {
	if (idmap || uidMappings || gidMappings)
		throw invalidOption(`${where}/type`, `${common.destination}: ids can be mapped for a bind only`);
	if (copyUp && (type !== 'tmpfs' || access === 'ro'))
		throw invalidOption(`${where}/options`, `${common.destination}: tmpcopyup is for a tmpfs that can be written to`);
	// a device may not be writable at all, and then the file system has to know before it is mounted
	const flags = access === 'ro' && source?.startsWith('/') ? ['ro'] : [];
	const all = [...flags, ...data];
	return {
		...common,
		type,
		...(copyUp && { copyUp }),
		...(source ? { source } : {}),
		...(all.length > 0 ? { data: all } : {}),
	};
}

/** Lists that are empty are left out. A new file system has no attributes that could be cleared. */
function attributesOf(
	{ own, below, propagation }: MountOptions,
	bind: boolean,
): Omit<InitMount, 'destination' | 'type'> {
	const lists = {
		set: attributesThat(true, own),
		clear: bind ? attributesThat(false, own) : [],
		setRecursive: attributesThat(true, below),
		clearRecursive: bind ? attributesThat(false, below) : [],
	};
	return {
		...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
		...(propagation ? { propagation } : {}),
	};
}

/** config.md: mappings alone ask for an idmapped mount; the option alone takes those of the container. */
function idmapOf(
	{ destination, uidMappings, gidMappings }: Mount,
	{ idmap }: MountOptions,
	where: string,
	idMaps: IdMaps | undefined,
): Pick<InitMount, 'idmap'> {
	if (!idmap && !uidMappings?.length && !gidMappings?.length) return {};
	if (!uidMappings?.length !== !gidMappings?.length)
		throw invalidOption(where, `${destination}: uidMappings and gidMappings go together`);
	const uids = uidMappings?.length ? uidMappings : idMaps?.uids;
	const gids = gidMappings?.length ? gidMappings : idMaps?.gids;
	if (!uids || !gids)
		throw invalidOption(where, `${destination}: ${idmap} needs maps of ids, its own or those of a new user namespace`);
	return {
		idmap: { uids: mapLines(uids), gids: mapLines(gids), ...(idmap === 'ridmap' ? { recursive: true } : {}) },
	};
}

/**
 * What the words alone show of a bad destination; the shim looks at what is there. A /proc that is no procfs would make
 * the runtime write anywhere but where it means to (CVE-2019-16884, CVE-2025-52881).
 */
function checkDestination(destination: string, bind: boolean, type: string | undefined, where: string): void {
	if (destination.split('/').includes('..'))
		throw invalidOption(`${where}/destination`, `${destination} contains ".."`);
	const path = normalize(destination);
	if (path === '/proc' && !bind && type !== 'proc')
		throw invalidOption(`${where}/type`, `${destination}: must be proc, or a bind of one`);
	if (path.startsWith('/proc/') && !(bind && servedByLxcfs.includes(path.slice(6))))
		throw invalidOption(
			`${where}/destination`,
			`${destination}: nothing is mounted below /proc but binds of ${servedByLxcfs.join(', ')}; leave this mount out`,
		);
	if (path === '/') throw invalidOption(`${where}/destination`, 'is the root itself');
}

/** One slash where there are several, none at the end. */
export function normalize(path: string): string {
	return withoutDots(path).replace(/(?<=.)\/$/, '');
}
