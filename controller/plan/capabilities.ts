/** Capabilities by name, capabilities(7), and the five sets that a process has. */

import { invalidOption } from '../errors.js';
import { didYouMean } from '../model/closest.js';
import type { Capabilities, CapabilitySet } from '../model/spec.js';

/** In the order of their numbers. Linux 5.9 and later have these. */
export const capabilityNames = [
	...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
	...['LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER'],
	...['SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE'],
	...['SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP'],
	...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF'],
	'CHECKPOINT_RESTORE',
].map((name) => `CAP_${name}`);

export const allCapabilities: bigint = (1n << BigInt(capabilityNames.length)) - 1n;

/** Those of a container with a root file system, as podman gives them. */
export const defaultCapabilities: readonly string[] = [
	...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP'],
	...['SETUID', 'SYS_CHROOT'],
].map((name) => `CAP_${name}`);

export const capabilitySets: readonly CapabilitySet[] = [
	'bounding',
	'effective',
	'permitted',
	'inheritable',
	'ambient',
];

/** The names of the bits. */
export function capabilitiesOf(bits: bigint): string[] {
	return capabilityNames.filter((_, number) => bits & (1n << BigInt(number)));
}

export interface CapabilityOptions {
	capAdd?: string[] | undefined;
	capDrop?: string[] | undefined;
	capabilities?: Capabilities | undefined;
}

/** `process.capabilities`: what `base` and the options come to; `undefined` where there is neither. */
export function capabilitySetsOf(
	{ capAdd, capDrop, capabilities }: CapabilityOptions,
	base: readonly string[] | undefined,
	everything: readonly string[],
	isRoot: boolean,
): Capabilities | undefined {
	if (capabilities) {
		if (capAdd || capDrop)
			throw invalidOption('/capabilities', 'is given beside capAdd or capDrop: it says all by itself');
		return Object.fromEntries(
			Object.entries(capabilities).map(([set, names]) => [set, names.map(nameIn(`/capabilities/${set}`))]),
		);
	}
	if (!base && !capAdd && !capDrop) return undefined;
	const added = (capAdd ?? []).map(nameIn('/capAdd'));
	const dropped = (capDrop ?? []).map(nameIn('/capDrop'));
	for (const name of added)
		if (dropped.includes(name)) throw invalidOption('/capDrop', `${name} is both added and dropped`);
	let start = added.includes(all) || !base ? everything : base;
	if (dropped.includes(all)) start = [];
	const names = capabilityNames.filter(
		(name) => added.includes(name) || (start.includes(name) && !dropped.includes(name)),
	);
	return isRoot
		? setsOfRoot(names)
		: setsOfOther(
				names,
				names.filter((name) => added.includes(name) || added.includes(all)),
			);
}

/** exec gives root what is in the bounding set; inheritable stays empty (CVE-2022-29162). */
function setsOfRoot(names: string[]): Capabilities {
	return { bounding: names, effective: names, permitted: names };
}

/** exec takes all capabilities from others but the ambient ones, which have to be inheritable. */
function setsOfOther(names: string[], added: string[]): Capabilities {
	return added.length === 0
		? { bounding: names }
		: { bounding: names, effective: added, permitted: added, inheritable: added, ambient: added };
}

const all = 'ALL';

/** In any case, with or without CAP_. Given to map(), it names the item. */
function nameIn(where: string): (given: string, index: number) => string {
	return (given, index) => {
		const upper = given.toUpperCase();
		if (upper === all && !where.startsWith('/capabilities/')) return all;
		const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
		if (capabilityNames.includes(name)) return name;
		const hint = didYouMean(name, capabilityNames);
		throw invalidOption(
			`${where}/${index}`,
			`${JSON.stringify(given)} is not a capability${hint || ', see capabilities(7)'}`,
		);
	};
}

/**
 * `capabilities` of the init config. OCI config.md: what is unknown or cannot be granted is no error but a warning,
 * added to `notes`. `held` are those the init has.
 */
export function initCapabilities(sets: Capabilities, held: bigint, notes: string[]): Capabilities {
	const granted = capabilitiesOf(held);
	const missing = new Set<string>();
	const filtered = capabilitySets.flatMap((set) => {
		const names = sets[set];
		if (!names) return [];
		for (const name of names) if (!granted.includes(name)) missing.add(name);
		return [[set, granted.filter((name) => names.includes(name))]];
	});
	if (missing.size > 0)
		notes.push(
			`process.capabilities: the program does not get ${[...missing].join(', ')}, which the caller has not got either`,
		);
	return Object.fromEntries(filtered);
}
