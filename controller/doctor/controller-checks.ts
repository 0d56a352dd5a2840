/** Each cgroup controller: whether its limits can be set here, and else what is in the way. */

import { failed } from './attempt.js';
import { cannotMake, isUsed, offered } from './cgroup-checks.js';
import { about, type Check, type Result } from './check.js';
import type { Facts, HierarchyFacts } from './facts.js';
import { asRoot, enableIn, mountCgroup2, passDown, privilegedContainer } from './remedies.js';

interface Controller {
	name: string;
	/** Its name on v1, where that is another one. */
	v1?: string;
	/** A file of the container's directory that limits, on v2 and on v1. */
	files: Record<1 | 2, RegExp>;
	affects: string[];
	/** What the kernel was built with when it has the controller, but not the file. */
	config?: string;
}

const controllers: Controller[] = [
	{ name: 'pids', files: { 2: /^pids\.max$/, 1: /^pids\.max$/ }, affects: ['pids.max'] },
	{
		name: 'memory',
		files: { 2: /^memory\.max$/, 1: /^memory\.limit_in_bytes$/ },
		affects: ['memory.max', 'memory.high', 'memory.swap.max'],
	},
	{
		name: 'cpu',
		files: { 2: /^cpu\.max$/, 1: /^cpu\.cfs_quota_us$/ },
		affects: ['cpu.max', 'cpu.weight'],
		config: 'CONFIG_CFS_BANDWIDTH',
	},
	{ name: 'cpuset', files: { 2: /^cpuset\.cpus$/, 1: /^cpuset\.cpus$/ }, affects: ['cpuset.cpus', 'cpuset.mems'] },
	{
		name: 'io',
		v1: 'blkio',
		files: { 2: /^io\.max$/, 1: /^blkio\.throttle\.read_bps_device$/ },
		affects: ['io.max'],
		config: 'CONFIG_BLK_DEV_THROTTLING',
	},
	{
		name: 'hugetlb',
		files: { 2: /^hugetlb\..*\.max$/, 1: /^hugetlb\..*\.limit_in_bytes$/ },
		affects: ['hugetlb.SIZE.max'],
	},
	{ name: 'rdma', files: { 2: /^rdma\.max$/, 1: /^rdma\.max$/ }, affects: ['rdma.max'] },
	{ name: 'misc', files: { 2: /^misc\.max$/, 1: /^misc\.max$/ }, affects: ['misc.max'] },
];

/** Without them no limit worth the name. */
export const required = ['pids', 'memory', 'cpu'];

const checkOf =
	(controller: Controller): Check =>
	(facts) => {
		const name = (version: 1 | 2) => (version === 1 ? (controller.v1 ?? controller.name) : controller.name);
		const hierarchy = facts.cgroups.hierarchies.find((one) => offered(one).includes(name(one.version)));
		if (!hierarchy) return absent(controller, facts);
		return hindrance(controller, hierarchy, facts) ?? inPlace(controller, hierarchy, name(hierarchy.version));
	};

/** No hierarchy has it. */
function absent({ name, v1 = name, affects }: Controller, facts: Facts): Result {
	const { missing } = about('limits', name);
	const { cgroups, system } = facts;
	if (!cgroups.hierarchies.some(isUsed))
		return missing('no cgroup hierarchy is mounted', { remedies: [asRoot(facts, mountCgroup2)], affects });
	const part = cgroups.hierarchies.find(({ version, whole }) => version === 2 && !whole);
	if (part)
		return missing(`what lies above ${part.mountPoint} does not pass it on`, {
			remedies: privilegedContainer(system.container ?? ''),
			affects,
		});
	const known = cgroups.controllers[v1];
	const parameter = new RegExp(`cgroup_disable=\\S*\\b(${name}|${v1})\\b`).exec(system.commandLine)?.[0];
	if (parameter)
		return missing(`the kernel was started with ${parameter}`, {
			remedies: [`boot without ${parameter} on the kernel command line`],
			affects,
		});
	if (known === false)
		return missing('the kernel has it, but switched off', {
			remedies: [`boot with cgroup_enable=${v1} on the kernel command line`],
			affects,
		});
	if (known)
		return missing('the kernel has it, but no mounted hierarchy', {
			remedies: [`mkdir /sys/fs/cgroup/${v1} && mount -t cgroup -o ${v1} ${v1} /sys/fs/cgroup/${v1}`],
			affects,
		});
	return missing('the kernel has no such controller', { affects });
}

/** What stands between the hierarchy's root, where it is, and a directory of ours. */
function hindrance(controller: Controller, hierarchy: HierarchyFacts, facts: Facts): Result | undefined {
	const { missing, limited } = about('limits', controller.name);
	const { name, affects, config, files } = controller;
	const { version, levels, made } = hierarchy;
	const gap = levels.slice(0, -1).find(({ enabled }) => !enabled.includes(name));
	if (gap)
		return missing(`${gap.directory} does not pass it on`, {
			remedies: passDown(facts, hierarchy, gap.directory, name),
			affects,
		});
	if (made !== 'done') return missing(cannotMake(hierarchy, failed(made) ? made : undefined), { affects });
	const place = levels.at(-1);
	if (place && !place.enabled.includes(name))
		return place.writable
			? undefined
			: missing(`${place.directory} does not pass it on`, {
					remedies: [enableIn(facts, place.directory, name)],
					affects,
				});
	const tried = Object.entries(facts.cgroups.limits).find(([limit]) => limit.startsWith(`${name}.`))?.[1];
	if (tried && failed(tried)) return missing(tried.message, { affects });
	if (hierarchy.files.some((file) => files[version].test(file))) return undefined;
	return limited(`it is there, but has no ${affects[0]}`, {
		...(config ? { remedies: [`boot a kernel with ${config}`] } : {}),
		affects,
	});
}

function inPlace({ name, affects }: Controller, { version, levels, own }: HierarchyFacts, v1: string): Result {
	const { ok } = about('limits', name);
	const place = levels.at(-1);
	if (version === 1) return ok(`cgroup v1, ${v1} in ${own}`);
	if (place?.enabled.includes(name)) return ok(`cgroup v2, enabled in ${place.directory}`);
	return ok(`cgroup v2, enabled in ${place?.directory} by the first launch that needs ${affects[0]}`);
}

const freezer: Check = ({ cgroups: { hierarchies } }) => {
	const { ok, missing } = about('limits', 'freezer');
	const v1 = hierarchies.find(({ files }) => files.includes('freezer.state'));
	if (v1) return ok(`cgroup v1, freezer in ${v1.own}`);
	if (hierarchies.some(({ files }) => files.includes('cgroup.freeze'))) return ok('cgroup v2, cgroup.freeze');
	return missing('no cgroup of ours can be frozen', { affects: ['pause', 'resume'] });
};

/** v2 has no files for it: a program of BPF is attached to the directory. */
const devices: Check = ({ cgroups: { hierarchies, limits } }) => {
	const { ok, missing } = about('limits', 'devices');
	const affects = ['limits.devices'];
	const tried = limits.devices ?? 'untried';
	if (failed(tried)) return missing(tried.message, { affects });
	if (tried === 'untried') return missing('no cgroup of ours can have rules', { affects });
	const v1 = hierarchies.find(({ files }) => files.includes('devices.deny'));
	return ok(v1 ? `cgroup v1, devices in ${v1.own}` : 'cgroup v2, by a BPF program');
};

export const controllerChecks = [...controllers.map(checkOf), devices, freezer];
