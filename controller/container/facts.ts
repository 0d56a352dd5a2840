/** What is known of a container when its program has started. */

import { findProcess, unknownStart } from '../host/processes.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import type { ContainerFacts, Interface, ProcessConfig } from '../model/container-facts.js';
import type { Counters } from '../model/counters.js';
import { defined } from '../model/defined.js';
import type { Rights } from '../model/host.js';
import type { Plan } from '../model/plan.js';
import { inheritedMembers } from '../model/process-options.js';
import { capabilitiesOf } from '../plan/capabilities.js';

interface Observed {
	/** Of the program. */
	pid: number;
	limits: AppliedLimit[];
	baseline: Counters;
	startedAt: number;
	interfaces: Interface[];
}

/** What was planned, what the caller may hand on, and what was seen while it was done. */
export function factsOf(plan: Plan, rights: Rights, observed: Observed): ContainerFacts {
	const { id, name, directories, spare, init, execCpuAffinity } = plan;
	const inherited = Object.entries(init).filter(([member]) => inheritedMembers.includes(member));
	const process = Object.fromEntries(inherited) as ProcessConfig;
	return {
		...defined(observed),
		...{ id, directories, spare },
		...defined({ name }),
		startTime: findProcess(observed.pid)?.startTime ?? unknownStart, // it is there: it has not been reaped
		args: init.args,
		hasUserNamespace: init.namespaces.user !== undefined,
		bounding: capabilitiesOf(rights.bounding),
		process: execCpuAffinity ? { ...process, cpuAffinity: execCpuAffinity } : process,
	};
}
