/** What the values of the flags mean as options of the library. */
import { readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../errors.js';
import { defined, maybe } from '../model/defined.js';
import type { NamespaceType } from '../model/init-config.js';
import { parseJson } from '../model/json.js';
import type { NamespaceOption, Options, ProcessOptions } from '../model/options.js';
import type { SeccompProfile } from '../model/seccomp-profile.js';
import type { IdMapping, IoPriority, Scheduler } from '../model/spec.js';
import { parseDuration } from '../model/units.js';
import { defaultMaskedPaths, defaultReadonlyPaths } from '../plan/root.js';
import { integer, invalidFlag, pairs, type Values } from './arguments.js';
import { type FaultValues, faultOptionsOf } from './faults.js';
import type { containerFlags, namespaceFlags, networkFlags, processFlags, rootFlags, timeFlags } from './flags.js';
import { type LimitValues, limitsOf } from './limits.js';
import { mountsOf } from './mounts.js';
import { networkOptionsOf } from './network.js';

export type ProcessValues = Values<typeof processFlags>;
export type ContainerValues = ProcessValues &
	LimitValues &
	FaultValues &
	Values<typeof timeFlags & typeof rootFlags & typeof namespaceFlags & typeof networkFlags & typeof containerFlags>;

/** Of `procready run` without --spec. */
export function optionsOf(values: ContainerValues): Options {
	return defined({
		...processOptionsOf(values),
		...launchOptionsOf(values),
		limits: limitsOf(values),
		...rootOptionsOf(values),
		...namespaceOptionsOf(values),
		...networkOptionsOf(values),
		init: values.init,
		parentDeathSignal: values['parent-death-signal'] as NodeJS.Signals | undefined,
	});
}

/** Of `procready run` with --spec too. */
export function launchOptionsOf(values: ContainerValues): Options {
	return defined({
		timeout: maybe(values.timeout, (time) => parseDuration(time, '--timeout', 's')),
		name: values.name,
		cgroupParent: values['cgroup-parent'],
		consoleSocket: values['console-socket'],
		fds: maybe(values['preserve-fds'], preservedFds),
		...faultOptionsOf(values),
	});
}

/** Of a process that joins too. */
export function processOptionsOf(values: ProcessValues): ProcessOptions {
	return defined({
		user: values.user,
		groups: values.group,
		env: maybe(values.env, environmentOf),
		extendEnv: values['clear-env'] ? false : undefined,
		cwd: values.cwd,
		umask: values.umask,
		terminal: values.tty,
		consoleSocket: values['console-socket'],
		fds: maybe(values['preserve-fds'], preservedFds),
		capAdd: values['cap-add'],
		capDrop: values['cap-drop'],
		noNewPrivileges: noNewPrivilegesOf(values),
		seccomp: maybe(values.seccomp, readProfile),
		rlimits: maybe(values.rlimit, (rlimits) => pairs('--rlimit', rlimits, true)),
		oomScoreAdj: maybe(values['oom-score-adj'], (score) => integer('--oom-score-adj', score)),
		nice: maybe(values.nice, (nice) => integer('--nice', nice)),
		scheduler: maybe(values.scheduler, parseScheduler),
		ioPriority: maybe(values['io-priority'], parseIoPriority),
		cpuAffinity: values['cpu-affinity'],
		personality: values.personality as 'LINUX' | 'LINUX32' | undefined,
		keyring: values.keyring as 'new' | 'caller' | undefined,
	});
}

/** A name without a value means that of the caller, if it has one. */
function environmentOf(given: string[]): Record<string, string> {
	const isNamed = (name: string) => name !== '' && !name.includes('=');
	const own = given.filter((name) => isNamed(name) && process.env[name] !== undefined);
	return pairs(
		'--env',
		given.flatMap((pair) => (own.includes(pair) ? `${pair}=${process.env[pair]}` : isNamed(pair) ? [] : pair)),
	);
}

/** The caller's, from 3 on. */
function preservedFds(given: string): number[] {
	const count = integer('--preserve-fds', given);
	if (count < 0 || count > 250) throw invalidFlag('--preserve-fds', `${given} is not a number from 0 to 250`);
	const fds = Array.from({ length: count }, (_, index) => index + 3);
	for (const fd of fds) if (!isInherited(fd)) throw invalidFlag('--preserve-fds', `file descriptor ${fd} is not open`);
	return fds;
}

/** The first number that the caller left free is that of an epoll instance of Node's, and none behind it counts then. */
function isInherited(fd: number): boolean {
	try {
		return readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:[eventpoll]';
	} catch {
		return false;
	}
}

function noNewPrivilegesOf(values: ProcessValues): boolean | undefined {
	const [without, allowed] = [values['no-new-privileges'], values['new-privileges']];
	if (without && allowed) throw invalidFlag('--new-privileges', 'contradicts --no-new-privileges');
	return without ?? (allowed ? false : undefined);
}

function readProfile(file: string): SeccompProfile {
	try {
		return parseJson(readFileSync(file, 'utf8')) as SeccompProfile; // specOf looks at it
	} catch (cause) {
		throw invalidFlag('--seccomp', `cannot read ${file}: ${errnoOf(cause) ?? (cause as Error).message}`, cause);
	}
}

/** POLICY[,KEY=N]…; `reset-on-fork` is the one flag that there is. */
function parseScheduler(given: string): Scheduler {
	const [policy = '', ...rest] = given.split(',');
	const numbers = rest.filter((word) => word !== 'reset-on-fork');
	const members = Object.entries(pairs('--scheduler', numbers, true)).map(([name, value]) => {
		if (!['nice', 'priority', 'runtime', 'deadline', 'period'].includes(name))
			throw invalidFlag('--scheduler', `${name} is not nice, priority, runtime, deadline or period`);
		return [name, integer('--scheduler', value)];
	});
	const flags = rest.includes('reset-on-fork') ? { flags: ['SCHED_FLAG_RESET_ON_FORK'] } : {};
	return { policy, ...Object.fromEntries(members), ...flags };
}

function parseIoPriority(given: string): IoPriority {
	const [name = '', priority] = given.split(':');
	return defined({ class: name, priority: maybe(priority, (number) => integer('--io-priority', number)) });
}

function rootOptionsOf(values: ContainerValues): Options {
	const mounts = mountsOf(values);
	const paths = (given: string[] | undefined, usual: readonly string[]) =>
		given || values.unmask
			? [...(values.rootfs === undefined || values.unmask ? [] : usual), ...(given ?? [])]
			: undefined;
	return defined({
		rootfs: values.rootfs,
		readonly: values['read-only'],
		mounts: mounts.length > 0 ? mounts : undefined,
		devices: values.device,
		maskedPaths: paths(values.mask, defaultMaskedPaths),
		readonlyPaths: paths(values['readonly-path'], defaultReadonlyPaths),
	});
}

function namespaceOptionsOf(values: ContainerValues): Options {
	const namespaces = maybe(values.ns, (ns) => pairs('--ns', ns, true));
	return defined({
		namespaces: namespaces as Partial<Record<NamespaceType, NamespaceOption>> | undefined,
		uidMappings: maybe(values.uidmap, (maps) => maps.map((map) => parseMapping('--uidmap', map))),
		gidMappings: maybe(values.gidmap, (maps) => maps.map((map) => parseMapping('--gidmap', map))),
		timeOffsets: maybe(values['time-offset'], parseOffsets),
		hostname: values.hostname,
		domainname: values.domainname,
		sysctl: maybe(values.sysctl, (sysctl) => pairs('--sysctl', sysctl, true)),
	});
}

function parseMapping(flag: string, given: string): IdMapping {
	const [, containerID, hostID, size] = /^(\d+):(\d+):(\d+)$/.exec(given) ?? [];
	if (size === undefined) throw invalidFlag(flag, `${JSON.stringify(given)} is not of the form IN:OUT:SIZE`);
	return { containerID: Number(containerID), hostID: Number(hostID), size: Number(size) };
}

function parseOffsets(given: string[]): Options['timeOffsets'] {
	return Object.fromEntries(
		Object.entries(pairs('--time-offset', given, true)).map(([clock, seconds]) => {
			if (!/^-?\d+(\.\d+)?$/.test(seconds)) throw invalidFlag('--time-offset', `${seconds} is not a number of seconds`);
			return [clock, Number(seconds)];
		}),
	);
}
