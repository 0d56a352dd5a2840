/** What it takes to start a further process in a container: plain data, which another process can use too. */
import { readBoundingSet } from './caller.js';
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
	directories: Directory[];
	hasUserNamespace: boolean;
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

/** `pid` is that of the program. */
export function targetOf({ id, directories, init, execCpuAffinity }: Plan, pid: number): Target {
	const process = Object.fromEntries(Object.entries(init).filter(([member]) => member in members)) as ProcessConfig;
	return {
		id,
		pid,
		startTime: findProcess(pid)?.startTime ?? 0, // it has not been reaped
		directories,
		hasUserNamespace: init.namespaces.user !== undefined,
		bounding: capabilitiesOf(readBoundingSet()),
		process: execCpuAffinity ? { ...process, cpuAffinity: execCpuAffinity } : process,
	};
}
