/** The plan of a launch: all that it will do, as plain data that can be printed and read. */

import type { InitConfig } from './init-config.js';
import type { FileValue } from './limits-v1.js';
import type { NetworkPlan } from './network-plan.js';
import type { OwnLimits } from './own-limits.js';
import type { PlannedStep } from './schedule.js';
import type { SeccompProfile } from './seccomp-profile.js';
import type { IdMapping } from './spec.js';

/** One cgroup directory of the container, in one hierarchy. */
export interface Directory {
	version: 1 | 2;
	controllers: string[];
	base: string;
	path: string;
	/** v2: the cgroup that this process moves into before, because its own must have none. */
	leaf?: string;
}

export interface LimitWrite {
	/** Name of the v2 file, on v1 too; `devices` for the rules of device nodes. */
	limit: string;
	/** What was asked for, in the v2 form. */
	asked: string;
	directory: Directory;
	/** What is written, in this order; nothing where the shim does it. */
	files: FileValue[];
	/** Only meant to keep another limit honest: left out where the host has no such file. */
	implied?: true;
}

export interface LimitWrites {
	/** When the cgroup is made. */
	early: LimitWrite[];
	/** At procReady. */
	late: LimitWrite[];
}

/** The maps of the container's new user namespace. */
export interface IdMaps {
	uids: IdMapping[];
	gids: IdMapping[];
}

export interface HostsPlan {
	/** Addresses by names. */
	entries: Record<string, string>;
	/** The containers that are there have names as well. */
	bridges: string[];
	/** The host's file is the beginning of it. */
	fromHost: boolean;
	/** For the loopback. */
	hostname?: string;
}

export interface Plan extends LimitWrites, OwnLimits {
	id: string;
	directories: Directory[];
	/** Those that are made only when the container is paused, or gets a limit for which it has none of the above. */
	spare: Directory[];
	init: InitConfig;
	/** The shim has to run from a sealed copy, because what it starts could reach it (CVE-2019-5736). */
	sealed: boolean;
	/** Milliseconds. */
	timeout?: number;
	/** Milliseconds until the program runs; 0: no end. */
	setupTimeout?: number;
	name?: string;
	/** Compiled into `init.seccomp` by the launch. */
	seccomp?: SeccompProfile;
	/** What goes into uid_map and gid_map of the new user namespace. */
	idMaps?: IdMaps;
	/** What is done while the program runs. */
	schedule?: PlannedStep[];
	/** What is done to its new network namespace from outside. */
	network?: NetworkPlan;
	/** What /etc/hosts is made of; the mount of it is added at the launch. */
	hosts?: HostsPlan;
	/** Who gets the terminal: the controller, byte by byte, or the listener of `init.console.socket`. */
	terminal?: 'relay' | 'socket';
	/** `process.execCPUAffinity` of OCI: of the processes that join. */
	execCpuAffinity?: number[];
	/** What was asked for and is not done, a sentence each. */
	notes: string[];
}

/** A container's directories: those it was started in, and those that it may get later. */
export interface ContainerDirectories {
	directories: readonly Directory[];
	spare: readonly Directory[];
}
