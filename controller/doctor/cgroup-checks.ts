/** Where cgroups can be made. */
import { dirname } from 'node:path';
import { failed } from './attempt.js';
import { about, type Check } from './check.js';
import type { Facts, Failure, HierarchyFacts } from './facts.js';
import {
	asRoot,
	delegation,
	enter,
	inUserCommand,
	mountCgroup2,
	moveDown,
	neither,
	privilegedContainer,
} from './remedies.js';

const hierarchy: Check = (facts) => {
	const { ok, limited, missing } = about('cgroups', 'hierarchy');
	const used = facts.cgroups.hierarchies.filter(isUsed);
	const of = (wanted: 1 | 2) => used.filter(({ version }) => version === wanted);
	const names = (wanted: 1 | 2) => of(wanted).flatMap(offered).join(', ');
	if (used.length === 0)
		return missing('no cgroup hierarchy with controllers is mounted', {
			remedies: [asRoot(facts, mountCgroup2)],
			affects: ['every limit', 'every launch'],
		});
	if (of(1).length === 0) return ok(`cgroup v2 at ${used[0]?.mountPoint}: ${names(2)}`);
	return limited(of(2).length === 0 ? `cgroup v1: ${names(1)}` : `hybrid: ${names(1)} on v1; ${names(2)} on v2`, {
		remedies: [toV2(facts.system)],
		affects: ['memory.high and other limits that only v2 has', 'pressure', 'oom counts', 'start (about 12 ms more)'],
	});
};

function toV2(system: Facts['system']): string {
	if (/microsoft/i.test(system.release))
		return 'put kernelCommandLine = cgroup_no_v1=all below [wsl2] in .wslconfig, and run wsl --shutdown';
	const parameter = system.systemd ? 'systemd.unified_cgroup_hierarchy=1' : 'cgroup_no_v1=all';
	return `boot with ${parameter} on the kernel command line`;
}

/** A v2 tree without controllers is there on every hybrid host; nothing of ours goes into it. */
export function isUsed(hierarchy: HierarchyFacts): boolean {
	return offered(hierarchy).length > 0;
}

/** What the hierarchy has at its root. */
export function offered({ version, controllers, levels }: HierarchyFacts): string[] {
	return version === 1 ? controllers : (levels[0]?.controllers ?? controllers);
}

const directories: Check = (facts) => {
	const { ok, missing } = about('cgroups', 'directories');
	const used = facts.cgroups.hierarchies.filter(isUsed);
	const broken = used.filter(({ made }) => made !== 'done');
	const [first] = broken;
	if (first) {
		const why = failed(first.made) ? first.made : undefined;
		return missing(cannotMake(first, why), { remedies: remediesOf(facts, first, why), affects: ['every limit there'] });
	}
	const [one, ...others] = used.map(({ base = '' }) => base);
	if (one === undefined) return missing('there is nowhere to make them', { affects: ['every limit'] });
	return ok(`made in ${one}${others.length > 0 ? ` and in ${others.length} other hierarchies` : ''}, and removed`);
};

/** Why our directory cannot be made in a hierarchy. */
export function cannotMake(
	{ own, base = own, obstacle, mountPoint, readOnly }: HierarchyFacts,
	why: Failure | undefined,
): string {
	if (readOnly) return `${mountPoint} is mounted read-only`;
	if (obstacle) return obstacle.finding;
	if (why?.errno === 'EACCES' || why?.errno === 'EPERM') return `the caller may not make a cgroup in ${dirname(base)}`;
	return why?.message ?? `nothing was tried in ${dirname(base)}`;
}

function remediesOf(facts: Facts, hierarchy: HierarchyFacts, why: Failure | undefined): string[] {
	const { system, caller } = facts;
	const { readOnly, obstacle, mountPoint, own } = hierarchy;
	if (readOnly) {
		const remount = caller.capabilities.includes('CAP_SYS_ADMIN') ? [`mount -o remount,rw ${mountPoint}`] : [];
		return [...remount, ...(system.container ? privilegedContainer(system.container) : [])];
	}
	if (obstacle?.command) return [obstacle.command];
	const { full = own } = obstacle ?? {};
	const isRoot = caller.uid === 0;
	if (obstacle && system.systemd) return [`systemd-run ${isRoot ? '' : '--user '}--scope -p Delegate=yes $SHELL`];
	if (obstacle) return [`sh -c '${moveDown(full)}'`];
	if (why?.errno === 'EACCES' || why?.errno === 'EPERM') return delegation(facts, hierarchy);
	return [];
}

const start: Check = (facts) => {
	const { cgroups, namespaces, caller } = facts;
	const { ok, limited, missing } = about('cgroups', 'start');
	const { start, startInUser } = cgroups;
	if (start === 'done') return ok(`a program was started in them${caller.uid === 0 ? '' : ', in a user namespace'}`);
	if (startInUser === 'done')
		return limited('a program was started in them, together with a user namespace only', {
			remedies: [inUserCommand],
			affects: ['every launch'],
		});
	if (failed(start) && /^(EPERM|EACCES)$/.test(start.errno ?? '') && failed(namespaces.user.alone))
		return missing(`no program can be started: that ${neither}`, { affects: ['every launch'] });
	const why = [startInUser, start].find(failed);
	const own = cgroups.hierarchies.find((one) => one.version === 2 && isUsed(one))?.own;
	if (own !== undefined && why?.step === 'watch' && why.message.includes('killed by signal 9'))
		return missing(`no program can be started: ${own} was killed once, and what it clones into other cgroups dies`, {
			remedies: [enter(facts, `${own}-again`)],
			affects: ['every launch'],
		});
	const reason = why?.message ?? 'there is no directory to start it in';
	return missing(`no program can be started: ${reason}`, { affects: ['every launch'] });
};

const stale: Check = ({ cgroups: { stale } }) => {
	const { ok, limited } = about('cgroups', 'stale');
	if (stale.length === 0) return ok('no directory of ours was left behind');
	return limited(`left behind by a controller that is gone: ${stale.join(', ')}`, {
		remedies: [`rmdir ${stale.join(' ')}`],
	});
};

export const cgroupChecks = [hierarchy, directories, start, stale];
