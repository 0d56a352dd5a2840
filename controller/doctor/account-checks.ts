/** What the kernel counts, and the newer things that make it exact. */
import { failed } from './attempt.js';
import { about, type Check, type Result } from './check.js';
import { required } from './controller-checks.js';
import type { Facts, HierarchyFacts } from './facts.js';
import { enableIn } from './remedies.js';

/** Where every container has a directory: elsewhere it has one only for a limit that it asks for. */
function accounting({ cgroups }: Facts): HierarchyFacts[] {
	return cgroups.hierarchies.filter(({ controllers }) => required.some((name) => controllers.includes(name)));
}

function onV1(facts: Facts): boolean {
	return accounting(facts).some(({ version }) => version === 1);
}

const withoutCgroup = 'not known without a cgroup of ours';

/** One of these files is in a directory of ours. */
function hasFile(facts: Facts, ...names: string[]): boolean {
	return accounting(facts).some(({ files }) => names.some((name) => files.includes(name)));
}

/** Nothing can be said of a controller that is not enabled yet: that is done in a directory which is not ours. */
function unknown(facts: Facts, group: Result['group'], name: string, controller: string): Result | undefined {
	const of = facts.cgroups.hierarchies.find(({ controllers }) => controllers.includes(controller));
	const place = of?.levels.at(-1);
	if (of?.made === 'done' && place?.enabled.includes(controller) !== false) return undefined;
	const { limited } = about(group, name);
	if (of?.made !== 'done' || !place) return limited(`not known without the ${controller} controller`);
	return limited(`not known before ${controller} is enabled in ${place.directory}`, {
		remedies: [enableIn(facts, place.directory, controller)],
	});
}

const swap: Check = (facts) => {
	const { ok, limited } = about('limits', 'swap');
	const not = unknown(facts, 'limits', 'swap', 'memory');
	if (not) return { ...not, affects: ['memory.swap.max'] };
	if (hasFile(facts, 'memory.swap.max', 'memory.memsw.limit_in_bytes')) return ok('it is counted and can be limited');
	return limited(`it is not counted${facts.system.swap ? '' : ', but there is none'}`, {
		remedies: [
			/microsoft/i.test(facts.system.release)
				? 'put kernelCommandLine = swapaccount=1 below [wsl2] in .wslconfig, and run wsl --shutdown'
				: 'boot with swapaccount=1 on the kernel command line',
			...(facts.system.swap ? ['swapoff -a'] : []),
		],
		affects: ['memory.swap.max', ...(facts.system.swap ? ['memory.max, which then forbids no swap'] : [])],
	});
};

const memoryPeak: Check = (facts) => {
	const { ok, limited, missing } = about('account', 'memory.peak');
	const not = unknown(facts, 'account', 'memory.peak', 'memory');
	const affects = ['usage.memory.peak'];
	if (not) return { ...not, affects };
	if (hasFile(facts, 'memory.max_usage_in_bytes')) return ok('cgroup v1: it is there and can be reset');
	if (!hasFile(facts, 'memory.peak'))
		return missing('the kernel does not have it', { remedies: newer('5.19'), affects });
	if (failed(facts.cgroups.peakReset))
		return limited('it is there, but cannot be reset: what the init used stays in it', {
			remedies: newer('6.12'),
			affects,
		});
	return ok('it is there and can be reset');
};

function newer(version: string): string[] {
	return [`boot Linux ${version} or newer`];
}

const counted = (name: string, file: string, since: string, affects: string[]): Check => {
	const controller = file.split('.')[0] as string;
	return (facts) => {
		const { ok, missing } = about('account', name);
		const not = unknown(facts, 'account', name, controller);
		if (not) return { ...not, affects };
		if (hasFile(facts, file)) return ok('it is there');
		return missing('the kernel does not have it', { remedies: newer(since), affects });
	};
};

const pidsPeak = counted('pids.peak', 'pids.peak', '6.1', ['usage.tasks.peak']);

const localEvents: Check = (facts) => {
	const affects = ['telling pids.max from that of a cgroup above'];
	if (!onV1(facts)) return counted('pids.events.local', 'pids.events.local', '6.11', affects)(facts);
	return about('account', 'pids.events.local').limited('cgroup v1 does not have it', { affects });
};

const kill: Check = (facts) => {
	const { ok, limited } = about('account', 'cgroup.kill');
	if (hasFile(facts, 'cgroup.kill')) return ok('all of a container is killed at once');
	if (!onV1(facts)) return limited(withoutCgroup, { affects: ['kill'] });
	return limited('cgroup v1 does not have it: processes are killed one by one', { affects: ['kill'] });
};

const cloneInto: Check = (facts) => {
	const { ok, limited, missing } = about('account', 'clone-into');
	if (![facts.cgroups.start, facts.cgroups.startInUser].includes('done'))
		return missing('no program could be started in a cgroup', { affects: ['every launch'] });
	if (onV1(facts))
		return limited('cgroup v1: programs are moved into their cgroups', { affects: ['start (about 12 ms more)'] });
	return ok('programs are born in their cgroup');
};

const pressure: Check = (facts) => {
	const { ok, limited, missing } = about('account', 'pressure');
	const affects = ['usage.pressure'];
	if (!facts.system.pressure)
		return missing('the kernel does not count it', {
			remedies: ['boot with psi=1 on the kernel command line'],
			affects,
		});
	if (hasFile(facts, 'memory.pressure', 'cpu.pressure')) return ok('it is counted for each container');
	return limited(onV1(facts) ? 'it is counted for the host, but not for cgroups of v1' : withoutCgroup, { affects });
};

export const accountChecks = [swap, memoryPeak, pidsPeak, localEvents, kill, cloneInto, pressure];
