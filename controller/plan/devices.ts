/** Device nodes and links in /dev. OCI config-linux.md, "Devices", "Default Devices"; config.md, "Dev symbolic links". */

import { invalidOption } from '../errors.js';
import { defined, nonEmpty } from '../model/defined.js';
import type { InitConfig, InitDevice } from '../model/init-config.js';
import type { DeviceRule } from '../model/resources.js';
import type { Device, Mount, Spec } from '../model/spec.js';
import { isBind, normalize } from './mounts.js';

/** What every container with a root file system has. mem(4), null(4), random(4), tty(4). */
const standard: InitDevice[] = (
	[
		['null', 1, 3],
		['zero', 1, 5],
		['full', 1, 7],
		['random', 1, 8],
		['urandom', 1, 9],
		['tty', 5, 0],
	] as const
).map(([name, major, minor]) => ({ path: `/dev/${name}`, type: 'c', major, minor, fileMode: 0o666 }));

const standardLinks = [
	{ path: '/dev/fd', target: '/proc/self/fd' },
	{ path: '/dev/stdin', target: '/proc/self/fd/0' },
	{ path: '/dev/stdout', target: '/proc/self/fd/1' },
	{ path: '/dev/stderr', target: '/proc/self/fd/2' },
];

/** `devices` and `links` of the init config. A /dev that is a bind is somebody else's, and stays as it is. */
export function initDevices({ root, mounts = [], linux }: Spec): Pick<InitConfig, 'devices' | 'links'> {
	const given = (linux.devices ?? []).map((device, index) => initDevice(device, `/linux/devices/${index}`));
	checkPlaces(given, mounts, root !== undefined);
	const isOurs = root !== undefined && !mounts.some(isForeignDev);
	const isGiven = ({ path }: InitDevice) => given.some((device) => device.path === path);
	const devices = [...(isOurs ? standard.filter((device) => !isGiven(device)) : []), ...given];
	const hasTerminals = mounts.some(({ destination }) => normalize(destination) === '/dev/pts');
	const links = [...standardLinks, ...(hasTerminals ? [{ path: '/dev/ptmx', target: 'pts/ptmx' }] : [])];
	return defined({ devices: nonEmpty(devices), links: isOurs ? links : undefined });
}

function isForeignDev(mount: Mount): boolean {
	return normalize(mount.destination) === '/dev' && isBind(mount);
}

/** What a container cannot do without: its standard devices, its terminals, and to make nodes that do nothing yet. */
const indispensable: DeviceRule[] = [
	{ allow: true, type: 'c', access: 'm' },
	{ allow: true, type: 'b', access: 'm' },
	...standard.map(({ major = 0, minor = 0 }) => ({ allow: true, type: 'c' as const, major, minor, access: 'rwm' })),
	{ allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
	{ allow: true, type: 'c', major: 136, access: 'rwm' },
];

/**
 * Who forbids all devices to a container with a root does not mean these, so they are allowed right after; a later rule
 * can still forbid one of them.
 */
export function withIndispensable(spec: Spec): Spec {
	const { resources } = spec.linux;
	const all = resources?.devices?.findLastIndex(isOfAll) ?? -1;
	if (!resources?.devices || spec.root === undefined || resources.devices[all]?.allow !== false) return spec;
	const devices = resources.devices.toSpliced(all + 1, 0, ...indispensable);
	return { ...spec, linux: { ...spec.linux, resources: { ...resources, devices } } };
}

function isOfAll({ type = 'a', major = -1, minor = -1, access }: DeviceRule): boolean {
	const isEvery = !access || ['r', 'w', 'm'].every((letter) => access.includes(letter));
	return type === 'a' && major < 0 && minor < 0 && isEvery;
}

function initDevice({ type, path, major, minor, ...rest }: Device, where: string): InitDevice {
	if (path.split('/').includes('..')) throw invalidOption(`${where}/path`, `${path} contains ".."`);
	const numbered = major !== undefined && minor !== undefined;
	if (type !== 'p' && !numbered) throw invalidOption(where, `${path}: major and minor are missing`);
	return {
		path: normalize(path),
		type: type === 'u' ? 'c' : type,
		...(type !== 'p' && numbered ? { major, minor } : {}),
		...rest,
	};
}

/** Without a root a node may only be made in a file system that is the container's own. */
function checkPlaces(devices: InitDevice[], mounts: Mount[], hasRoot: boolean): void {
	for (const [index, { path }] of devices.entries()) {
		const where = `/linux/devices/${index}/path`;
		if (devices.findIndex((other) => other.path === path) < index) throw invalidOption(where, `${path} is there twice`);
		const holder = mounts.findLast(({ destination }) => path.startsWith(`${normalize(destination)}/`));
		if (!hasRoot && (!holder || isBind(holder)))
			throw invalidOption(where, `${path} would be made on the host: give a root, or mount a tmpfs there`);
	}
}
