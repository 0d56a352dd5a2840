/** A container that runs, as plain data. */

import type { AppliedLimit } from './applied-limit.js';
import type { Counters } from './counters.js';
import type { InitConfig } from './init-config.js';
import type { Directory } from './plan.js';
import type { InheritedMember } from './process-options.js';

/** What a process is started with; the namespaces and the files are the container's. */
export type ProcessConfig = Pick<InitConfig, InheritedMember>;

/**
 * What is known of a container from the start of its program on, and never changes: enough to steer it, and to start a
 * further process in it. The file of its name holds it, so other processes can do so too. The process is the program.
 */
export interface ContainerFacts extends ProcessId {
	/** Name of its cgroup directories. */
	id: string;
	/** Absent: no other process can find it. */
	name?: string;
	/** See Plan. */
	directories: Directory[];
	/** See Plan. */
	spare: Directory[];
	/** The command and its arguments. */
	args: string[];
	/** The limits of the launch, as the kernel took them. */
	limits: AppliedLimit[];
	/** What the kernel had counted at procReady. */
	baseline: Counters;
	/** When the limits were in force and the program was let go: microseconds of CLOCK_MONOTONIC. */
	startedAt: number;
	hasUserNamespace: boolean;
	/** The interfaces that the launch gave to it. */
	interfaces: Interface[];
	/** The capabilities that who started it could hand on: what the program may have where nothing else is said. */
	bounding: string[];
	/** What the program was started with; a further process has the same where nothing else is said. */
	process: ProcessConfig;
}

/** Of a container that has a name. */
export type NamedFacts = ContainerFacts & { name: string };

/** An interface of a container that runs. */
export interface Interface {
	/** Inside. */
	name: string;
	/** The other end. */
	host: string;
	bridge?: string;
	/** Without prefixes. */
	addresses: string[];
	/** Bytes, where it is not the usual one. */
	mtu?: number;
}

export interface ProcessId {
	/** In this process's pid namespace. */
	pid: number;
	/** Clock ticks since boot, the 22nd field of proc_pid_stat(5); 0 where that was hidden from this process. */
	startTime: number;
}
