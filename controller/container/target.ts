/** What it takes to steer a container, and to start a further process in it: plain data, which another process can use too. */

import { readCaller } from '../host/caller.js';
import { findProcess } from '../host/processes.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import type { Counters } from '../model/counters.js';
import type { Plan } from '../model/plan.js';
import { inheritedMembers } from '../model/process-options.js';
import type { ProcessConfig, Target } from '../model/target.js';
import type { Configured } from '../network/configure.js';
import { capabilitiesOf } from '../plan/capabilities.js';

interface Started {
	plan: Plan;
	/** Of the program. */
	pid: number;
	reaper: number | undefined;
	limits: AppliedLimit[];
	baseline: Counters;
	startedAt: number;
	network: Configured | undefined;
}

export function targetOf({ plan, pid, reaper, limits, baseline, startedAt, network }: Started): Target {
	const { id, directories, spare, init, execCpuAffinity } = plan;
	const process = Object.fromEntries(
		Object.entries(init).filter(([member]) => inheritedMembers.includes(member)),
	) as ProcessConfig;
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
		startedAt,
		interfaces: network?.interfaces ?? [],
		hasUserNamespace: init.namespaces.user !== undefined,
		bounding: capabilitiesOf(readCaller().bounding),
		process: execCpuAffinity ? { ...process, cpuAffinity: execCpuAffinity } : process,
	};
}
