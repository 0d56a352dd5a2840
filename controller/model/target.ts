/** What it takes to steer a container, and to start a further process in it: plain data, which another process can use too. */

import type { AppliedLimit } from './applied-limit.js';
import type { Counters } from './counters.js';
import type { InitConfig } from './init-config.js';
import type { Directory } from './plan.js';
import type { InheritedMember } from './process-options.js';

/** What a process is started with; the namespaces and the files are the container's. */
export type ProcessConfig = Pick<InitConfig, InheritedMember>;

/** The process is the program: its namespaces are joined. */
export interface Target extends ProcessId {
	id: string;
	/** Process 1, where it is not the program: it forwards signals. */
	reaper?: number;
	directories: Directory[];
	/** See Plan. */
	spare: Directory[];
	args: string[];
	/** Those of the launch, as the kernel took them. */
	limits: AppliedLimit[];
	/** What the kernel had counted at procReady. */
	baseline: Counters;
	/** When the limits were in force, just before its first instruction: microseconds of CLOCK_MONOTONIC. */
	startedAt: number;
	hasUserNamespace: boolean;
	/** Those that it was given at its launch. */
	interfaces: Interface[];
	/** Where the program was not told which capabilities it may have: those that it may have all the same. */
	bounding: string[];
	/** What the program was started with, for whatever is not said otherwise. */
	process: ProcessConfig;
}

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
	/** Clock ticks since boot, the 22nd field of proc_pid_stat(5). */
	startTime: number;
}
