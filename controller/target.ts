/** What it takes to steer a container, and to start a further process in it: plain data, which another process can use too. */
import { readBoundingSet } from './caller.js';
import type { AppliedLimit } from './cgroup/cgroup.js';
import type { Counters } from './cgroup/counters.js';
import type { Configured, Interface } from './network/configure.js';
import { findProcess, type ProcessId } from './processes.js';
import { capabilitiesOf } from './spec/capabilities.js';
import type { InitConfig } from './spec/init-config.js';
import type { Directory, Plan } from './spec/plan.js';

/** What a process is started with; the namespaces and the files are the container's. */
export type ProcessConfig = Pick<
	InitConfig,
	| 'env'
	| 'cwd'
	| 'user'
	| 'umask'
	| 'capabilities'
	| 'noNewPrivileges'
	| 'seccomp'
	| 'rlimits'
	| 'oomScoreAdj'
	| 'scheduler'
	| 'ioPriority'
	| 'cpuAffinity'
	| 'personality'
	| 'sessionKeyring'
>;

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
	/** When the limits were in force: microseconds of CLOCK_MONOTONIC. */
	runTime: number;
	hasUserNamespace: boolean;
	/** Those that it was given at its launch. */
	interfaces: Interface[];
	/** Where the program was not told which capabilities it may have: those that it may have all the same. */
	bounding: string[];
	/** What the program was started with, for whatever is not said otherwise. */
	process: ProcessConfig;
}

const members = {
	env: true,
	cwd: true,
	user: true,
	umask: true,
	capabilities: true,
	noNewPrivileges: true,
	seccomp: true,
	rlimits: true,
	oomScoreAdj: true,
	scheduler: true,
	ioPriority: true,
	cpuAffinity: true,
	personality: true,
	sessionKeyring: true,
} satisfies Record<keyof ProcessConfig, true>;

interface Started {
	plan: Plan;
	/** Of the program. */
	pid: number;
	reaper: number | undefined;
	limits: AppliedLimit[];
	baseline: Counters;
	/** process.hrtime.bigint(). */
	runTime: bigint;
	network: Configured | undefined;
}

export function targetOf({ plan, pid, reaper, limits, baseline, runTime, network }: Started): Target {
	const { id, directories, spare, init, execCpuAffinity } = plan;
	const process = Object.fromEntries(Object.entries(init).filter(([member]) => member in members)) as ProcessConfig;
	return {
		id,
		pid,
		startTime: findProcess(pid)?.startTime ?? 0, // it has not been reaped
		...(reaper === undefined ? {} : { reaper }),
		directories,
		spare,
		args: init.args,
		limits,
		baseline,
		runTime: Number(runTime / 1000n),
		interfaces: network?.interfaces ?? [],
		hasUserNamespace: init.namespaces.user !== undefined,
		bounding: capabilitiesOf(readBoundingSet()),
		process: execCpuAffinity ? { ...process, cpuAffinity: execCpuAffinity } : process,
	};
}
