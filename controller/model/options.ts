/** What callers of the library write. */
import type { NamespaceType } from './init-config.js';
import type { Limits } from './limit-options.js';
import type { ScheduledStep } from './schedule.js';
import type { SeccompProfile } from './seccomp-profile.js';
import type {
	Capabilities,
	ConsoleSize,
	Device,
	IdMapping,
	IoPriority,
	Mount,
	Network,
	Route,
	Scheduler,
} from './spec.js';
import type { Stream } from './streams.js';

/** As in `child_process.spawn`: a pipe to the caller, the caller's own, /dev/null, a file descriptor or a stream. */
export type Stdio = 'pipe' | 'inherit' | 'ignore' | number | Stream;

/** `'new'`, `'host'` (the caller's), a path such as `/proc/1/ns/net`, or that of a process or of a named container. */
export type NamespaceOption = 'new' | 'host' | `/${string}` | `pid:${number}` | `container:${string}`;

/** The host's network, a new one with a loopback alone, that with a link to the host or to a bridge, or one that is there. */
export type NetworkOption = 'host' | 'none' | 'veth' | `bridge=${string}` | `path:/${string}` | `container:${string}`;

/** An interface; `type` is `'veth'` where it is left out. */
export type NetworkInterface = Omit<Network, 'type'> & Partial<Pick<Network, 'type'>>;

/** What one process gets: the first of a container, or one that joins it (`container.exec`). */
export interface ProcessOptions {
	/**
	 * Who it runs as: `'1000'`, `'1000:1000'`, `'name'`, `'name:group'`, `'name:7'`. All digits is a number, anything else
	 * a name, which is looked up in /etc/passwd and /etc/group of the container. Without a group it is that of the user in
	 * /etc/passwd, with those of /etc/group added. Default: root with `rootfs`, else the caller.
	 */
	user?: string;
	/** Additional groups, numbers or names. setgroups(2). */
	groups?: (number | string)[];
	/** Added to the environment that there is otherwise, or all of it when `extendEnv` is false. */
	env?: Record<string, string>;
	/**
	 * Default: true, and what is extended is the caller's environment; with `rootfs` false, and then there are a PATH, with
	 * `terminal` a TERM, HOME as /etc/passwd of the container says, and `env`. `container.exec` extends the container's.
	 */
	extendEnv?: boolean;
	/** Working directory. Default: the caller's; with `rootfs` `/`, and it is a path inside. */
	cwd?: string;
	/** umask(2), 0 to 0o777, or octal digits. Default: the caller's; with `rootfs` 0o022. */
	umask?: number | string;
	/**
	 * Capabilities beside the default ones, with or without `CAP_`, or `'ALL'`. capabilities(7). The default is 11 with
	 * `rootfs` (`defaultCapabilities`), else all that the caller has. Of a user other than root they become ambient too,
	 * or they would be gone with the first exec.
	 */
	capAdd?: string[];
	/** Capabilities less than the default ones, or `'ALL'`: then those of `capAdd` are all there are. */
	capDrop?: string[];
	/** The five sets by name, each a list of capabilities, instead of the above; a set that is absent is empty. */
	capabilities?: Capabilities;
	/** PR_SET_NO_NEW_PRIVS. Default: true with `rootfs`, else false. */
	noNewPrivileges?: boolean;
	/** A seccomp profile: `linux.seccomp` of OCI. Default: none. */
	seccomp?: SeccompProfile;
	/**
	 * getrlimit(2): `{ nofile: '1024:4096', core: 0, memlock: 'unlimited' }`, soft and hard, or one for both, in the
	 * kernel's units. Default: the caller's.
	 */
	rlimits?: Record<string, number | string>;
	/** -1000 to 1000. proc_pid_oom_score_adj(5). Default: the caller's. */
	oomScoreAdj?: number;
	/** -20 to 19, setpriority(2). Default: the caller's. */
	nice?: number;
	/** sched_setattr(2): `process.scheduler` of OCI; `SCHED_` may be left out. Default: the caller's. */
	scheduler?: Scheduler;
	/** ioprio_set(2): `process.ioPriority` of OCI; `IOPRIO_CLASS_` may be left out. Default: the caller's. */
	ioPriority?: IoPriority;
	/** Processors, `'0-3,7'` or a list of numbers from 0 to 1023. sched_setaffinity(2). Default: the caller's. */
	cpuAffinity?: string | number[];
	/** personality(2): `'LINUX32'` makes uname(2) say a 32-bit machine. */
	personality?: 'LINUX' | 'LINUX32';
	/** keyrings(7): a new session keyring or the caller's. Default: `'new'` with `rootfs`, else `'caller'`. */
	keyring?: 'new' | 'caller';
	/** Gives it a pseudo-terminal as stdin, stdout, stderr and controlling terminal. Default: false. */
	terminal?: boolean;
	/** Of the terminal. */
	consoleSize?: ConsoleSize;
	/** A unix socket that listens and gets the terminal by SCM_RIGHTS, as in OCI runtimes; with `terminal`. */
	consoleSocket?: string;
	/** Default: `'ignore'` for `run`, `'pipe'` for `Container.launch`. */
	stdin?: Stdio;
	/** Default: `'pipe'`. */
	stdout?: Stdio;
	/** Default: `'pipe'`. */
	stderr?: Stdio;
	/** Further file descriptors, which the program has as 3, 4, … At most 250. */
	fds?: Stdio[];
}

export interface Options extends ProcessOptions {
	limits?: Limits;
	/** Time the program may run: milliseconds, or a string such as `'10s'`. Then all of it is killed. Default: no end. */
	timeout?: number | string;
	/** For `run`: what the program reads from stdin, instead of the option `stdin`. */
	input?: string | Uint8Array;
	/** For `run`: bytes of stdout, and of stderr, that are kept; what exceeds them is read and dropped. Default: 16 MiB. */
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
	 * Process 1 is a small init that reaps orphans and forwards signals to the program; it counts as one task.
	 * Default: false, the program is process 1.
	 */
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
