/** What the doctor knows of a host: pure data, so that the checks can be tried with the facts of any other host. */
import type { Hierarchy } from '../model/host.js';
import type { NamespaceType } from '../model/init-config.js';

/** Why something that was tried did not work. */
export interface Failure {
	/** The step of the init that failed, as in `procready-shim --steps`. */
	step?: string;
	/** Name of the errno(3). */
	errno?: string;
	message: string;
}

export type Attempt = 'done' | 'untried' | Failure;

export interface SystemFacts {
	/** uname(2), for example `6.12.1-amd64`. */
	release: string;
	/** As Node names it, for example `x64`. */
	architecture: string;
	/** Without the `v`. */
	node: string;
	/** /proc/cmdline */
	commandLine: string;
	/** systemd is process 1. */
	systemd: boolean;
	/** systemd runs for this user too. */
	userManager: boolean;
	/** What kind of container this is inside of; absent on a host or a virtual machine. */
	container?: string;
	/** There is swap space: /proc/swaps. */
	swap: boolean;
	/** /proc/pressure is there. */
	pressure: boolean;
	/** Filters can be loaded: /proc/sys/kernel/seccomp. */
	seccomp: boolean;
	/** Parameters of the kernel by their names, those that are there. */
	sysctls: Record<string, string>;
	/** Where programs of others are, those that are there. */
	programs: Record<string, string>;
}

export interface OwnFacts {
	version: string;
	shim: string;
	/** What `procready-shim --version` says. */
	shimVersion: string | Failure;
	/** Where the compiler of seccomp profiles is; absent: nowhere. */
	seccompCompiler?: string;
}

export interface CallerFacts {
	uid: number;
	/** Login name, where the uid has one. */
	name?: string;
	/** The permitted set, names of capabilities(7). */
	capabilities: string[];
	/** How many ids /etc/subuid and /etc/subgid give to this user. */
	subordinateUids: number;
	subordinateGids: number;
}

/** One directory on the way from the mount point of cgroup v2 to where ours goes. */
export interface Level {
	directory: string;
	/** cgroup.controllers */
	controllers: string[];
	/** cgroup.subtree_control */
	enabled: string[];
	/** The caller may write cgroup.subtree_control. */
	writable: boolean;
}

export interface HierarchyFacts extends Hierarchy {
	/** The mount shows all of it; of a cgroup namespace's it shows what the container has. */
	whole: boolean;
	/** Mounted read-only. */
	readOnly: boolean;
	/** v2 only. */
	levels: Level[];
	/** A directory of our own was made here, with what is enabled already. */
	made: Attempt;
	/** The files that it had. */
	files: string[];
}

export interface CgroupFacts {
	hierarchies: HierarchyFacts[];
	/** Of /proc/cgroups: whether each controller is enabled. Not all that v2 has are in it. */
	controllers: Record<string, boolean>;
	/** The limits that were tried, by the names of their v2 files; `devices` for the rules of device nodes. */
	limits: Record<string, Attempt>;
	/** memory.peak was reset through an open file. */
	peakReset: Attempt;
	/** A program was started in these directories, as `procready run` does it. */
	start: Attempt;
	/** The same with a new user namespace; tried where the caller alone may not. */
	startInUser: Attempt;
	/** Directories of ours that hold no process and whose controller is gone. */
	stale: string[];
}

export interface NamespaceFacts {
	/** The kernel was built with it. */
	known: boolean;
	/** Made by the caller, with the rights that it has. */
	alone: Attempt;
	/** Made together with a user namespace; tried where the caller alone may not. */
	inUser: Attempt;
}

export interface Facts {
	own: OwnFacts;
	system: SystemFacts;
	caller: CallerFacts;
	cgroups: CgroupFacts;
	namespaces: Record<NamespaceType, NamespaceFacts>;
	/** Of what networks are made of, what could be made in a new network namespace; absent: it could not be tried. */
	network?: string[];
	mounts: {
		/** fsopen, fsmount, move_mount, mount_setattr. */
		api: Attempt;
		/** Of the file system at /. */
		idmapped: Attempt;
		/** A mount was put in the place of the host's cgroups; `locked`: these lie below it, mount_namespaces(7). */
		cgroups: Attempt | 'locked';
	};
}
