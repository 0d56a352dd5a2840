/** What callers of the library write. */
import type { NamespaceType } from './init-config.js';
import type { Limits } from './limit-options.js';
import type { ProcessOptions } from './process-options.js';
import type { ScheduledStep } from './schedule.js';
import type { Device, IdMapping, Mount, Network, Route } from './spec.js';

export type { ProcessOptions, Stdio } from './process-options.js';

/** `'new'`, `'host'` (the caller's), a path such as `/proc/1/ns/net`, or that of a process or of a named container. */
export type NamespaceOption = 'new' | 'host' | `/${string}` | `pid:${number}` | `container:${string}`;

/** The host's network, a new one with a loopback alone, that with a link to the host or to a bridge, or one that is there. */
export type NetworkOption = 'host' | 'none' | 'veth' | `bridge=${string}` | `path:/${string}` | `container:${string}`;

/** An interface; `type` is `'veth'` where it is left out. */
export type NetworkInterface = Omit<Network, 'type'> & Partial<Pick<Network, 'type'>>;

export interface Options extends ProcessOptions {
	limits?: Limits;
	/** Time the program may run: milliseconds, or a string such as `'10s'`. Then all of it is killed. Default: no end. */
	timeout?: number | string;
	/** For `run`: what the program reads from stdin, instead of the option `stdin`. */
	input?: string | Uint8Array;
	/**
	 * For `run`: bytes of stdout, and of stderr, that are kept; what exceeds them is read and dropped. Default: 16 MiB. At most
	 * 536870888, the longest text that V8 has.
	 */
	maxOutput?: number;
	/** Kills the container when it fires; `run` and `launch` then reject with the code `aborted`. */
	signal?: AbortSignal;
	/**
	 * Keeps /run/procready/NAME.json while the container lives, so that other processes find it: `attach`, `list`, `exec`,
	 * and `procready ps`, `stats`, …. Letters, digits, `_.-`.
	 */
	name?: string;
	/**
	 * The cgroup in which that of the container is made, in every hierarchy: from the root of the hierarchy with a leading
	 * slash, else from where it would be made otherwise. It must exist, and hold no processes on v2.
	 */
	cgroupParent?: string;

	/**
	 * A directory that becomes the root of the file system. Then defaults are those of OCI runtimes: /proc, /dev, /dev/pts,
	 * /dev/shm, /dev/mqueue and /sys are mounted, the standard devices made, paths masked or read-only, and capabilities
	 * and environment reduced. Default: the caller's root.
	 */
	rootfs?: string;
	/** Makes `rootfs` read-only; mounts in it say so themselves. Default: false. */
	readonly?: boolean;
	/**
	 * Mounts of OCI config.md, in this order after the default ones; one with the destination of a default one takes its
	 * place. Type `cgroup` shows the container's own cgroup, read-only unless `rw` is among the options.
	 */
	mounts?: Mount[];
	/** Devices of OCI config-linux.md, made by mknod(2); or `'HOST[:PATH]'`, a node of the host that is bound to PATH. */
	devices?: (Device | string)[];
	/** Paths that are hidden: files become empty, directories empty too. Default: `defaultMaskedPaths` with `rootfs`. */
	maskedPaths?: string[];
	/** Paths made read-only, with what is mounted below. Default: `defaultReadonlyPaths` with `rootfs`. */
	readonlyPaths?: string[];

	/** namespaces(7). Default: pid, mount, uts, ipc and cgroup are new, network, user and time are the caller's. */
	namespaces?: Partial<Record<NamespaceType, NamespaceOption>>;
	/**
	 * `'veth'` gives it an address of its own, which is free on this host and which the host reaches; `container.address`
	 * says which. An interface, or several, says all that can be said of one. Default: as `namespaces.network`, the host's.
	 */
	network?: NetworkOption | NetworkInterface | NetworkInterface[];
	/** Routes of a new network beside those of its interfaces, in this order. */
	routes?: Route[];
	/**
	 * Names and their addresses, for a file that is shown at /etc/hosts. At a bridge the containers that are there already
	 * and have a `name` are in it too, without being named here.
	 */
	hosts?: Record<string, string>;
	/** Maps of a new user namespace, which they imply. Default of such a one: the caller's id becomes 0, alone. */
	uidMappings?: IdMapping[];
	gidMappings?: IdMapping[];
	/** Seconds added to the clocks of a new time namespace, which they imply. time_namespaces(7). */
	timeOffsets?: Partial<Record<'monotonic' | 'boottime', number>>;
	/** In the new uts namespace, at most 64 bytes. Default: the caller's. */
	hostname?: string;
	domainname?: string;
	/** Kernel parameters of the new namespaces, as in sysctl(8): `net.*`, `kernel.shm*`, `kernel.msg*`, `fs.mqueue.*`. */
	sysctl?: Record<string, string | number>;

	/**
	 * The program is process 1 of its pid namespace: the kernel drops signals that it has no handler for, its own abort()
	 * among them, and orphans are its children, pid_namespaces(7). Default: false: process 1 is a small one of procready,
	 * outside the limits, which forwards signals to the program; the program's parent is process 0. Without a new pid
	 * namespace there is no process 1 of procready, and the option is an error.
	 */
	asPid1?: boolean;
	/** What is the default: process 1 is not the program. An error together with `asPid1`. */
	init?: boolean;
	/** Sent to the program when the caller dies or lets go of it, a second before SIGKILL. Default: SIGKILL at once. */
	parentDeathSignal?: NodeJS.Signals;

	/**
	 * Forks that fail with EAGAIN, by their number: those of the program and all its descendants are counted from 1 on, by
	 * clone, clone3, fork and vfork alike, so threads count. At most 64; an empty list counts only. Those of `container.exec`
	 * are not counted. Default: none is refused or counted.
	 */
	refuseForks?: number[];
	/** Other limits, signals and pauses while the program runs, at times or when a limit is hit. Default: none. */
	schedule?: ScheduledStep[];
}
