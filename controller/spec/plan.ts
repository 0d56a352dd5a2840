/** A specification and a host, turned into all that the launch will do: pure data that can be printed and read. */
import { join } from 'node:path';
import type { Hierarchy, Host } from '../cgroup/hierarchy.js';
import { isEarly, lateRank } from '../cgroup/limits.js';
import { type FileValue, v1Of } from '../cgroup/v1.js';
import { ProcreadyError } from '../errors.js';
import { checkProfile } from '../seccomp/check.js';
import type { SeccompProfile } from '../seccomp/profile.js';
import { defined } from './defined.js';
import { initOf } from './init.js';
import type { InitConfig } from './init-config.js';
import type { IdMaps } from './mounts.js';
import { parseCpus } from './scheduling.js';
import type { Resources, Spec } from './spec.js';
import { idMapsOf, withUserNamespace } from './user-namespace.js';

export { version } from './init.js';

/** One cgroup directory of the container, in one hierarchy. */
export interface Directory {
	version: 1 | 2;
	controllers: string[];
	base: string;
	path: string;
}

export interface LimitWrite {
	/** Name of the v2 file, on v1 too. */
	limit: string;
	/** What was asked for, in the v2 form. */
	asked: string;
	directory: Directory;
	/** What is written, in this order. */
	files: FileValue[];
	/** Only meant to keep another limit honest: left out where the host has no such file. */
	implied?: true;
}

export interface Plan {
	id: string;
	directories: Directory[];
	early: LimitWrite[];
	late: LimitWrite[];
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
	/** Who gets the terminal: the controller, byte by byte, or the listener of `init.console.socket`. */
	terminal?: 'relay' | 'socket';
	/** `process.execCPUAffinity` of OCI: of the processes that join. */
	execCpuAffinity?: number[];
	/** What was asked for and is not done, a sentence each. */
	notes: string[];
}

/** Controllers whose accounts the report needs, limits or not. On v1 cpuacct counts what cpu limits. */
const accounted = ['pids', 'memory', 'cpu', 'cpuacct'];

/**
 * Throws `option-invalid` where the specification contradicts itself, `controller-missing` or `file-unknown` where the
 * host cannot do what is asked.
 */
export function planOf(asked: Spec, host: Host, id: string): Plan {
	const spec = withUserNamespace(asked, host);
	if (spec.linux.seccomp) checkProfile(spec.linux.seccomp);
	const limits = limitsOf(spec.linux.resources ?? {});
	const directories = directoriesOf(host, id, [...limits.keys(), ...killersOf(spec)]);
	const writes = [...limits].map(([limit, { asked, implied }]) =>
		writeOf(limit, asked, implied, valuesOf(limits), directories),
	);
	const notes = notesOf(spec);
	return defined({
		id,
		directories,
		early: writes.filter(({ limit }) => isEarly(limit)),
		late: writes.filter(({ limit }) => !isEarly(limit)).sort((a, b) => rank(a) - rank(b)),
		init: initOf(spec, host, directories, notes),
		sealed: spec.root !== undefined,
		timeout: spec.procready?.timeout,
		name: spec.procready?.name,
		seccomp: spec.linux.seccomp,
		idMaps: idMapsOf(spec),
		terminal: terminalOf(spec),
		execCpuAffinity: execCpuAffinityOf(spec),
		notes,
	});
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
function notesOf({ linux: { cgroupsPath, resources } }: Spec): string[] {
	const rules = resources?.devices ?? [];
	return [
		...(cgroupsPath ? ['linux.cgroupsPath: is not used, the cgroup is made in a directory of procready'] : []),
		...(rules.some(({ allow }) => !allow)
			? ['linux.resources.devices: is not enforced, the program can use every device node that it can reach']
			: []),
	];
}

const rank = ({ limit, directory }: LimitWrite) => lateRank(limit, directory.version);

interface Asked {
	asked: string;
	implied?: true;
}

/** OCI resources under the names of the v2 files. config-linux.md, "Memory", "CPU", "PIDs", "Unified". */
function limitsOf({ pids, memory, cpu, unified }: Resources): Map<string, Asked> {
	const limits = new Map<string, Asked>();
	const orMax = (value: number) => (value < 0 ? 'max' : String(value));
	if (pids?.limit !== undefined) limits.set('pids.max', { asked: orMax(pids.limit) });
	if (memory?.limit !== undefined) limits.set('memory.max', { asked: orMax(memory.limit) });
	if (memory?.swap !== undefined) {
		const swap = memory.swap < 0 ? 'max' : String(memory.swap - Math.max(memory.limit ?? 0, 0));
		limits.set('memory.swap.max', swap === '0' || swap === 'max' ? { asked: swap, implied: true } : { asked: swap });
	}
	if (cpu?.quota !== undefined || cpu?.period !== undefined)
		limits.set('cpu.max', { asked: `${orMax(cpu.quota ?? -1)} ${cpu.period ?? 100_000}` });
	for (const [file, asked] of Object.entries(unified ?? {})) limits.set(file, { asked });
	return limits;
}

function valuesOf(limits: Map<string, Asked>): Map<string, string> {
	return new Map([...limits].map(([limit, { asked }]) => [limit, asked]));
}

const controllerOf = (file: string) => file.split('.')[0] as string;

/** v1: what holds all still that no death of a process 1 would end. On v2 every directory can do that. */
function killersOf({ linux: { namespaces = [] } }: Spec): string[] {
	const isOwn = namespaces.some(({ type, path }) => type === 'pid' && path === undefined);
	return isOwn ? [] : ['freezer.state'];
}

/** Those for the account, and for the controllers of these files. */
function directoriesOf(host: Host, id: string, files: string[]): Directory[] {
	const wanted = new Set([...accounted, ...files.map(controllerOf)]);
	return host.hierarchies
		.map((hierarchy) => ({ ...hierarchy, controllers: hierarchy.controllers.filter((name) => wanted.has(name)) }))
		.filter(({ controllers }) => controllers.length > 0)
		.map((hierarchy) => directoryOf(hierarchy, id));
}

function directoryOf({ version, controllers, base, own }: Hierarchy, id: string): Directory {
	if (base === undefined)
		throw new ProcreadyError(
			'cgroup-missing',
			`${own} and the cgroups above it hold processes, so the kernel allows no cgroup with limits below them: ` +
				'start procready in a cgroup that has only child cgroups above it, for example with systemd-run --scope',
		);
	return { version, controllers, base, path: join(base, id) };
}

/** Of the files that no controller has, those that limit; the others would steer or free the container. */
const coreFiles = ['cgroup.max.depth', 'cgroup.max.descendants'];

function writeOf(
	limit: string,
	asked: string,
	implied: true | undefined,
	all: ReadonlyMap<string, string>,
	directories: Directory[],
): LimitWrite {
	const controller = controllerOf(limit);
	const core = coreFiles.includes(limit);
	const directory = directories.find((one) => (core ? one.version === 2 : one.controllers.includes(controller)));
	if (controller === 'cgroup' && !core)
		throw new ProcreadyError(
			'file-unknown',
			`${limit} is no limit; of the core files only ${coreFiles.join(' and ')} are`,
			{
				where: limit,
			},
		);
	if (!directory)
		throw new ProcreadyError(
			'controller-missing',
			`${limit}: this host has no cgroup controller "${controller}"; it has ` +
				directories.flatMap(({ controllers }) => controllers).join(', '),
			{ where: limit },
		);
	const files = directory.version === 2 ? undefined : v1Of(limit)?.write(asked, all);
	return { limit, asked, directory, files: files ?? [{ file: limit, value: asked }], ...(implied ? { implied } : {}) };
}
