/** A specification and a host, turned into all that the launch will do: pure data that can be printed and read. */

import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import type { Plan } from '../model/plan.js';
import type { Spec } from '../model/spec.js';
import { checkProfile } from './check-seccomp.js';
import { withIndispensable } from './devices.js';
import { directoriesOf, exactDirectoriesOf, spareDirectoriesOf } from './directories.js';
import { initOf } from './init.js';
import { hostsPlanOf } from './network/hosts.js';
import { networkPlanOf } from './network/plan.js';
import { checkOwnLimits } from './own-limits.js';
import { limitsOf } from './resources.js';
import { parseCpus } from './scheduling.js';
import { idMapsOf, withUserNamespace } from './user-namespace.js';
import { controllerOf, mustMeter, writesOf } from './writes.js';

/**
 * Throws `option-invalid` where the specification contradicts itself, `controller-missing` or `file-unknown` where the
 * host cannot do what is asked. With `cgroupsPath` its cgroups are exactly there, and nowhere else later.
 */
export function planOf(asked: Spec, host: Host, id: string, cgroupsPath?: string): Plan {
	const spec = withIndispensable(withUserNamespace(asked, host));
	if (spec.linux.seccomp) checkProfile(spec.linux.seccomp);
	const resources = spec.linux.resources ?? {};
	const limits = limitsOf(resources);
	checkOwnLimits(spec);
	const { cgroupParent: parent, cpuTime, outputMax } = spec.procready ?? {};
	const devices = resources.devices ?? [];
	const wanted = [
		...[...limits.keys()].map(controllerOf),
		...(devices.length > 0 ? ['devices'] : []),
		...(endsWithProgram(spec) ? [] : ['freezer']),
		...(cpuTime === undefined ? [] : ['cpu', 'cpuacct']),
	];
	const isExact = cgroupsPath !== undefined;
	const directories = isExact ? exactDirectoriesOf(host, cgroupsPath) : directoriesOf(host, id, wanted, parent);
	if (cpuTime !== undefined) mustMeter(host, directories);
	const spare = isExact ? [] : spareDirectoriesOf(host, id, directories, parent);
	const notes = isExact ? [] : notesOf(spec);
	return defined({
		id,
		directories,
		spare,
		...writesOf(limits, devices, host, directories),
		init: initOf(spec, host, { directories, spare }, notes),
		sealed: spec.root !== undefined || spec.procready?.init === true,
		timeout: spec.procready?.timeout,
		setupTimeout: spec.procready?.setupTimeout,
		...{ cpuTime, outputMax },
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
