/** A specification and a host, turned into all that the launch will do: pure data that can be printed and read. */
import type { Host } from '../cgroup/hierarchy.js';
import type { PlannedStep } from '../faults/schedule.js';
import { type HostsPlan, hostsPlanOf } from '../network/hosts.js';
import { type NetworkPlan, networkPlanOf } from '../network/plan.js';
import { checkProfile } from '../seccomp/check.js';
import type { SeccompProfile } from '../seccomp/profile.js';
import { defined } from './defined.js';
import { withIndispensable } from './devices.js';
import { type Directory, directoriesOf, spareDirectoriesOf } from './directories.js';
import { initOf } from './init.js';
import type { InitConfig } from './init-config.js';
import type { IdMaps } from './mounts.js';
import { limitsOf } from './resources.js';
import { parseCpus } from './scheduling.js';
import type { Spec } from './spec.js';
import { idMapsOf, withUserNamespace } from './user-namespace.js';
import { controllerOf, type LimitWrites, writesOf } from './writes.js';

export type { Directory } from './directories.js';
export type { LimitWrite } from './writes.js';

export interface Plan extends LimitWrites {
	id: string;
	directories: Directory[];
	/** Those that are made only when the container is paused, or gets a limit for which it has none of the above. */
	spare: Directory[];
	init: InitConfig;
	/** The shim has to run from a sealed copy, because what it starts could reach it (CVE-2019-5736). */
	sealed: boolean;
	/** Milliseconds. */
	timeout?: number;
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

/**
 * Throws `option-invalid` where the specification contradicts itself, `controller-missing` or `file-unknown` where the
 * host cannot do what is asked.
 */
export function planOf(asked: Spec, host: Host, id: string): Plan {
	const spec = withIndispensable(withUserNamespace(asked, host));
	if (spec.linux.seccomp) checkProfile(spec.linux.seccomp);
	const resources = spec.linux.resources ?? {};
	const limits = limitsOf(resources);
	const devices = resources.devices ?? [];
	const wanted = [
		...[...limits.keys()].map(controllerOf),
		...(devices.length > 0 ? ['devices'] : []),
		...(endsWithProgram(spec) ? [] : ['freezer']),
	];
	const parent = spec.procready?.cgroupParent;
	const directories = directoriesOf(host, id, wanted, parent);
	const spare = spareDirectoriesOf(host, id, directories, parent);
	const notes = notesOf(spec);
	return defined({
		id,
		directories,
		spare,
		...writesOf(limits, devices, host, directories),
		init: initOf(spec, host, { directories, spare }, notes),
		sealed: spec.root !== undefined,
		timeout: spec.procready?.timeout,
		name: spec.procready?.name,
		seccomp: spec.linux.seccomp,
		idMaps: idMapsOf(spec),
		network: networkPlanOf(spec, id),
		hosts: hostsPlanOf(spec),
		terminal: terminalOf(spec),
		execCpuAffinity: execCpuAffinityOf(spec),
		notes,
	});
}

/** Where nothing else ends all at once, v1 needs what holds it still meanwhile. On v2 every directory can do that. */
function endsWithProgram({ linux: { namespaces = [] } }: Spec): boolean {
	return namespaces.some(({ type, path }) => type === 'pid' && path === undefined);
}

function terminalOf({ process, procready }: Spec): Plan['terminal'] {
	if (!process.terminal) return undefined;
	return procready?.consoleSocket === undefined ? 'relay' : 'socket';
}

/** config.md: `initial` holds until the process is in the cgroup, `final` from then on; for us there is no such moment. */
function execCpuAffinityOf({ process: { execCPUAffinity } }: Spec): number[] | undefined {
	const list = execCPUAffinity?.final || execCPUAffinity?.initial;
	return list ? parseCpus(list, '/process/execCPUAffinity') : undefined;
}

/** What is read and not done. */
function notesOf({ linux: { cgroupsPath } }: Spec): string[] {
	return cgroupsPath ? ['linux.cgroupsPath: is not used, the cgroup is made in a directory of procready'] : [];
}
