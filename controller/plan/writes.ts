/** Which files of which cgroup directories say what is asked for, on the host as it is. */

import { ProcreadyError } from '../errors.js';
import { didYouMean } from '../model/closest.js';
import type { Host } from '../model/host.js';
import { isEarly, lateRank, limitNames, limitOf } from '../model/limits.js';
import { type FileValue, v1Controllers, v1Of } from '../model/limits-v1.js';
import { unitOf } from '../model/path.js';
import type { Directory, LimitWrite, LimitWrites } from '../model/plan.js';
import type { DeviceRule } from '../model/resources.js';
import { v1DeviceRules } from './device-program.js';
import type { Asked, AskedLimits } from './resources.js';

/**
 * `held` are limits that are in force already. Throws `controller-missing` or `file-unknown` where the host cannot do
 * what is asked.
 */
export function writesOf(
	limits: AskedLimits,
	devices: readonly DeviceRule[],
	host: Host,
	directories: readonly Directory[],
	held: ReadonlyMap<string, string> = new Map(),
): LimitWrites {
	const all = new Map([...held, ...[...limits].map(([limit, { asked }]): [string, string] => [limit, asked])]);
	const writes = [...limits].map(([limit, asked]) => writeOf(limit, asked, all, host, directories));
	return {
		early: [...deviceWrites(devices, host, directories), ...writes.filter(({ limit }) => isEarly(limit))],
		late: writes.filter(({ limit }) => !isEarly(limit)).sort((a, b) => rank(a) - rank(b)),
	};
}

const rank = ({ limit, directory }: LimitWrite) => lateRank(limit, directory.version);

/** Of the files that no controller has, those that limit; the others would steer or free the container. */
const coreFiles = ['cgroup.max.depth', 'cgroup.max.descendants'];

function writeOf(
	limit: string,
	{ asked, implied, v1 }: Asked,
	all: ReadonlyMap<string, string>,
	host: Host,
	directories: readonly Directory[],
): LimitWrite {
	const directory = directoryOf(limit, host, directories);
	const files = directory.version === 2 ? v2Files(limit, asked) : (v1 ?? v1FilesOf(limit, asked, all));
	return { limit, asked, directory, files, ...(implied ? { implied } : {}) };
}

/** The kernel takes one line a write. */
function v2Files(limit: string, asked: string): FileValue[] {
	return asked.split('\n').map((value) => ({ file: limit, value }));
}

/** A name that is not in the table is a file of v1 itself. */
function v1FilesOf(limit: string, asked: string, all: ReadonlyMap<string, string>): FileValue[] {
	const files = v1Of(limit)?.write(asked, all);
	if (files) return files;
	if (limitOf(limit))
		throw new ProcreadyError(
			'file-unknown',
			`${limit}: cgroup v1 has no such limit; it takes a host with cgroup v2 (kernel parameter ` +
				'systemd.unified_cgroup_hierarchy=1, or cgroup_no_v1=all)',
			{ where: limit },
		);
	return v2Files(limit, asked);
}

export const controllerOf = (file: string) => file.split('.')[0] as string;

/** Of the processor: whoever limits its time needs the counter, and to slow it down at the end. Throws `controller-missing`. */
export function mustMeter(host: Host, directories: readonly Directory[]): void {
	const { version } = directoryOf('cpu.time', host, directories);
	if (version === 1) directoryOf('cpu.time', host, directories, 'cpuacct');
}

function directoryOf(
	limit: string,
	host: Host,
	directories: readonly Directory[],
	controller = controllerOf(limit),
): Directory {
	const core = coreFiles.includes(limit);
	if (controller === 'cgroup' && !core)
		throw new ProcreadyError(
			'file-unknown',
			`${limit} is not a limit; of the core files only ${coreFiles.join(' and ')} are`,
			{ where: limit },
		);
	const v1Name = v1Controllers[controller] ?? controller;
	const directory = directories.find(({ version, controllers }) =>
		core ? version === 2 : controllers.includes(version === 2 ? controller : v1Name),
	);
	if (directory) return directory;
	const holding = host.hierarchies.find(({ withheld }) => withheld?.includes(controller));
	if (holding)
		throw new ProcreadyError(
			'controller-missing',
			`${limit}: the cgroup controller "${controller}" is not delegated to this user (uid ${host.uid}): ` +
				`${howToDelegate(holding.own, controller)}; see procready doctor`,
			{ where: limit },
		);
	if (host.hierarchies.some(({ controllers }) => controllers.includes(v1Name)))
		throw new ProcreadyError(
			'controller-missing',
			`${limit}: the container is in no cgroup of the controller "${controller}": such a limit must be given at its start`,
			{ where: limit },
		);
	throw new ProcreadyError(
		'controller-missing',
		`${limit}: this host has no cgroup controller "${controller}"${didYouMean(limit, limitNames)}; it has ` +
			`${host.hierarchies.flatMap(({ controllers }) => controllers).join(', ')}; see procready doctor`,
		{ where: limit },
	);
}

function howToDelegate(own: string, controller: string): string {
	const unit = unitOf(own);
	if (unit === undefined)
		return `whoever owns the cgroups above has to write +${controller} to their cgroup.subtree_control`;
	if (unit.endsWith('.scope')) return 'start procready in systemd-run --scope -p Delegate=yes';
	const isManager = unit.startsWith('user@');
	const file = `/etc/systemd/system/${isManager ? 'user@.service' : unit}.d/delegate.conf`;
	const then = isManager ? 'log in again' : `restart ${unit}`;
	return `write [Service] Delegate=cpu cpuset io memory pids into ${file} and ${then}`;
}

/** v1 has files for them; on v2 they are a program, which the shim loads. */
function deviceWrites(rules: readonly DeviceRule[], host: Host, directories: readonly Directory[]): LimitWrite[] {
	if (rules.length === 0) return [];
	const v1 = directories.find(({ controllers }) => controllers.includes('devices'));
	const directory = v1 ?? directories.find(({ version }) => version === 2) ?? directoryOf('devices', host, directories);
	const asked = v1DeviceRules(rules)
		.map(({ file, value }) => `${file.replace('devices.', '')} ${value}`)
		.join('; ');
	return [{ limit: 'devices', asked, directory, files: v1 ? v1DeviceRules(rules) : [] }];
}
