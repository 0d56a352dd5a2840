/** The types of ../../schema/spec.schema.json, which is the authority: OCI runtime-spec 1.3 and one extension. */

import type { NamespaceType, Propagation } from './init-config.js';
import type { Link } from './link.js';
import type { ProcessExtension } from './process-options.js';
import type { Capabilities, ConsoleSize, IoPriority, Scheduler } from './process-values.js';
import type { Resources } from './resources.js';
import type { SeccompProfile } from './seccomp-profile.js';

export type { Capabilities, CapabilitySet, ConsoleSize, IoPriority, Scheduler } from './process-values.js';

/** OCI config.md, "Mounts". */
export interface Mount {
	destination: string;
	type?: string;
	source?: string;
	options?: string[];
	uidMappings?: IdMapping[];
	gidMappings?: IdMapping[];
}

/** Ids from `hostID` on, as seen from where the map is written, are those from `containerID` on inside. */
export interface IdMapping {
	containerID: number;
	hostID: number;
	size: number;
}

/** Numbers only; names are in `procready.user`. */
export interface User {
	uid?: number;
	gid?: number;
	umask?: number;
	additionalGids?: number[];
}

export interface Rlimit {
	type: string;
	soft: number;
	hard: number;
}

export interface Process {
	args: string[];
	env?: string[];
	cwd: string;
	terminal?: boolean;
	consoleSize?: ConsoleSize;
	user?: User;
	capabilities?: Capabilities;
	rlimits?: Rlimit[];
	noNewPrivileges?: boolean;
	oomScoreAdj?: number;
	scheduler?: Scheduler;
	ioPriority?: IoPriority;
	/** Of processes that join later, not of the first one. */
	execCPUAffinity?: { initial?: string; final?: string };
}

export interface Device {
	path: string;
	/** `u` is another word for `c`. */
	type: 'b' | 'c' | 'u' | 'p';
	major?: number;
	minor?: number;
	fileMode?: number;
	uid?: number;
	gid?: number;
}

export interface TimeOffset {
	secs?: number;
	nanosecs?: number;
}

/** OCI config-linux.md, "Network Devices". */
export interface NetDevice {
	/** Inside, or a template such as `eth%d`. Default: as on the host. */
	name?: string;
}

export interface Linux {
	/** With a path: joined; without: made. */
	namespaces?: { type: NamespaceType; path?: string }[];
	uidMappings?: IdMapping[];
	gidMappings?: IdMapping[];
	timeOffsets?: Partial<Record<'monotonic' | 'boottime', TimeOffset>>;
	devices?: Device[];
	sysctl?: Record<string, string>;
	seccomp?: SeccompProfile;
	rootfsPropagation?: Propagation | `r${Propagation}`;
	maskedPaths?: string[];
	readonlyPaths?: string[];
	personality?: { domain: 'LINUX' | 'LINUX32'; flags?: string[] };
	cgroupsPath?: string;
	/** Interfaces of the host, by their names, that are moved into the container. */
	netDevices?: Record<string, NetDevice>;
	resources?: Resources;
}

/** A network interface of the container, or its loopback, which every new network namespace has anyway. */
export interface Network {
	type: 'loopback' | 'veth';
	/** Inside the container, at most 15 bytes. Default: `eth0`, `eth1`, … */
	name?: string;
	/**
	 * The bridge of the host that the other end is attached to. One that is missing is made, and goes with its last
	 * container. Default: none, the other end is the host's alone.
	 */
	bridge?: string;
	/** Default: a random one. */
	macAddress?: string;
	/**
	 * IPv4, `10.9.0.2/24`. Default: one of its own that is free on this host or at this bridge, unless there is an
	 * `ipv6Address`; at a bridge of others it must be given.
	 */
	address?: string;
	/** In the subnet of `address`. Default: the host's end, or the address of a bridge that procready has made. */
	gateway?: string;
	/** `fd00::2/64`. Default: none. */
	ipv6Address?: string;
	ipv6Gateway?: string;
	/** 68 to 65535 bytes, from 1280 on with IPv6; of both ends. Default: 1500. */
	mtu?: number;
	/** Packets. Default: 1000. */
	txQueueLen?: number;
	/** Of the other end. Default: a name of procready's own. */
	hostInterfaceName?: string;
	/** The bridge sends what comes from this interface back to it as well. */
	hairpinMode?: boolean;
	/** Under which the container's end is made before it gets its name. Default: it has its name from the beginning. */
	tempVethPeerName?: string;
	/** What comes from the container leaves the host with the address of the host. Default: false. */
	masquerade?: boolean;
}

/** At least one of `gateway` and `interfaceName` is given. */
export interface Route {
	/** A subnet, an address or `default`. */
	destination: string;
	/** An address of the container that is put into what it sends. */
	source?: string;
	gateway?: string;
	interfaceName?: string;
}

/** What OCI has no word for. Options of a process are here under their own names. */
export interface Extension extends Omit<ProcessExtension, 'cpuAffinity'> {
	/** Milliseconds the program may run. */
	timeout?: number;
	/** Milliseconds until it runs, or 0 for no end. */
	setupTimeout?: number;
	/** Milliseconds of processor time that all of the container may use. */
	cpuTime?: number;
	/** Bytes that may be written to stdout and stderr together. */
	outputMax?: number;
	/** Names in /etc/passwd and /etc/group of the container, in the place of the numbers of `process.user`. */
	user?: { name?: string; group?: string; additionalGroups?: string[]; variables?: boolean };
	/** Process 1 is not the program but a small one of procready, which forwards signals. Default: the program is. */
	init?: boolean;
	/** Forks that fail, by their number. */
	refuseForks?: number[];
	/** A list as in cpuset(7), such as `0-3,7`. */
	cpuAffinity?: string;
	/** Name of a signal. */
	parentDeathSignal?: string;
	/** How many file descriptors the program gets beside the first three. */
	fds?: number;
	name?: string;
	/** From the root of each hierarchy with a leading slash, else from where the cgroup would be made otherwise. */
	cgroupParent?: string;
	/** A listening unix socket that gets the terminal. */
	consoleSocket?: string;
	/** Interfaces of the new network namespace. */
	networks?: Network[];
	routes?: Route[];
	/** Addresses by names, for /etc/hosts. */
	hosts?: Record<string, string>;
	/** Of each interface, in each direction. */
	link?: Link;
}

export interface Spec {
	ociVersion: string;
	process: Process;
	root?: { path: string; readonly?: boolean };
	hostname?: string;
	domainname?: string;
	mounts?: Mount[];
	/** Not looked at. */
	annotations?: Record<string, string>;
	linux: Linux;
	procready?: Extension;
}
