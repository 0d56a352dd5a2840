/** Options turned into the specification that they stand for. */
import { invalidOption } from '../errors.js';
import { machine } from '../host/machine.js';
import { validators } from '../host/release.js';
import { defined, maybe, nonEmpty } from '../model/defined.js';
import type { NamespaceType } from '../model/init-config.js';
import type { Options } from '../model/options.js';
import type { IdMaps } from '../model/plan.js';
import type { Device, Extension, IdMapping, Linux, Mount, Spec } from '../model/spec.js';
import { parseTimeout } from '../model/units.js';
import { mustBeValid } from '../model/validate.js';
import { absolute, validSpec } from './bundle.js';
import { absolutePath } from './caller-path.js';
import { allCapabilities } from './capabilities.js';
import { isCgroupMount } from './cgroup-mounts.js';
import { checkProfile } from './check-seccomp.js';
import { byOptions } from './limit-named.js';
import { resourcesOf } from './limit-options.js';
import { checkMappings } from './mappings.js';
import { initMount, isBind } from './mounts.js';
import { namespacesOf, timeOffsetsOf } from './namespaces.js';
import { networksOf, withNetwork } from './network/options.js';
import { ownLimitsOf } from './own-limits.js';
import { type Asker, processOf, setupTimeoutOf, socketOf } from './process.js';
import { defaultMaskedPaths, defaultMounts, defaultReadonlyPaths, withDefaults } from './root.js';
import { checkSysctl } from './sysctl.js';
import { fittingMounts } from './user-namespace.js';

/** What a specification depends on beside the options: who asks, and what else runs. */
export interface Lookups extends Partial<Asker> {
	/** Pid of the first process of a running container by its name. Throws `not-running` where there is none. */
	containerPid?(name: string): number;
}

/**
 * The specification that `args` and `options` stand for, or the one given, with what the options say that it has no word
 * for. Without an environment in `lookups` it is this process that asks, in its directory; without capabilities whoever asks
 * has all that Linux knows. Throws `option-invalid`; `where` names the option.
 */
export function specOf(args: readonly string[] | Spec, given: Options, lookups: Lookups = {}): Spec {
	mustBeValid(validators.options, given, 'options');
	const options = given.limits === undefined ? given : { ...given, limits: byOptions(given.limits) };
	const { containerPid = unknownContainer, capabilities = allCapabilities } = lookups;
	const { environment = {}, directory } = lookups.environment ? lookups : machine.self();
	const caller: Asker = defined({ capabilities, environment, directory });
	if (!isCommand(args)) return besides(absolute(validSpec(args), caller.directory), options, caller);
	return validSpec(fromOptions(args, options, caller, containerPid));
}

function unknownContainer(name: string): never {
	throw invalidOption('/namespaces', `no container ${JSON.stringify(name)} is known here`);
}

function isCommand(args: readonly string[] | Spec): args is readonly string[] {
	return Array.isArray(args) || typeof args !== 'object' || args === null;
}

/** Options that a specification has no word for, or that are of one launch of it. */
const ofLaunch = [
	'stdin',
	'stdout',
	'stderr',
	'fds',
	'input',
	'maxOutput',
	'signal',
	'timeout',
	'setupTimeout',
	'name',
	'cgroupParent',
	'consoleSocket',
	'consoleSize',
	'refuseForks',
	'schedule',
];

function besides(spec: Spec, options: Options, caller: Asker): Spec {
	for (const option of Object.keys(options))
		if (!ofLaunch.includes(option)) throw invalidOption(`/${option}`, 'belongs to the specification: write it there');
	const { consoleSize } = options;
	return {
		...spec,
		process: spec.process.terminal && consoleSize ? { ...spec.process, consoleSize } : spec.process,
		procready: { ...spec.procready, ...launchOf(options), ...socketOf(options, caller) },
	};
}

function launchOf({ timeout, setupTimeout, name, cgroupParent, fds, refuseForks }: Options): Extension {
	return defined({
		timeout: maybe(timeout, (time) => parseTimeout(time, '/timeout', 'ms')),
		setupTimeout: setupTimeoutOf(setupTimeout),
		name,
		cgroupParent,
		fds: fds?.length,
		refuseForks,
	});
}

function fromOptions(
	args: readonly string[],
	options: Options,
	caller: Asker,
	containerPid: (name: string) => number,
): Spec {
	if (options.seccomp !== undefined) checkProfile(options.seccomp, '/seccomp');
	const hasRoot = options.rootfs !== undefined;
	if (options.readonly && !hasRoot)
		throw invalidOption('/readonly', 'is for a root file system of its own, and none is given');
	const { process, linux, procready: ofProcess } = processOf(args, options, hasRoot, caller);
	const namespaces = namespacesOf(withNetwork(options), containerPid);
	const { devices, binds } = devicesOf(options.devices ?? []);
	const procready: Extension = defined({
		...launchOf(options),
		...ofProcess,
		...networksOf(options),
		...ownLimitsOf(options.limits ?? {}),
		init: hasProcess1(options, namespaces) || undefined,
		parentDeathSignal: options.parentDeathSignal,
	});
	return defined({
		ociVersion: '1.3.0',
		process,
		root: maybe(options.rootfs, (path) =>
			defined({ path: absolutePath(path, caller.directory), readonly: options.readonly }),
		),
		hostname: options.hostname,
		domainname: options.domainname,
		mounts: mountsOf(options, namespaces, binds, caller),
		linux: defined({
			namespaces,
			rootfsPropagation: hasRoot ? ('private' as const) : ('slave' as const),
			uidMappings: checked(options.uidMappings, '/uidMappings'),
			gidMappings: checked(options.gidMappings, '/gidMappings'),
			timeOffsets: maybe(options.timeOffsets, timeOffsetsOf),
			devices: nonEmpty(devices),
			sysctl: sysctlOf(options, namespaces),
			maskedPaths: options.maskedPaths ?? (hasRoot ? [...defaultMaskedPaths] : undefined),
			readonlyPaths: options.readonlyPaths ?? (hasRoot ? [...defaultReadonlyPaths] : undefined),
			...linux,
			resources: resourcesOf(options.limits ?? {}),
		}),
		procready: Object.keys(procready).length > 0 ? procready : undefined,
	});
}

/** Whether process 1 is another process than the program. */
function hasProcess1({ asPid1, init }: Options, namespaces: Linux['namespaces'] & object): boolean {
	const isNew = namespaces.some(({ type, path }) => type === 'pid' && path === undefined);
	if (asPid1 && init)
		throw invalidOption('/asPid1', 'cannot be had beside a process 1 of procready, which is asked for too');
	if (asPid1 && !isNew) throw invalidOption('/asPid1', 'needs a new pid namespace');
	return isNew && !asPid1;
}

function checked(mappings: IdMapping[] | undefined, where: string): IdMapping[] | undefined {
	if (mappings) checkMappings(mappings, where);
	return mappings;
}

function sysctlOf({ sysctl }: Options, namespaces: { type: string }[]): Record<string, string> | undefined {
	if (!sysctl) return undefined;
	const texts = Object.fromEntries(Object.entries(sysctl).map(([name, value]) => [name, String(value)]));
	checkSysctl(
		texts,
		namespaces.map(({ type }) => type),
		'/sysctl',
	);
	return texts;
}

/** A node of the host is shown by a bind: its numbers, owner and mode are then those that it has. */
function devicesOf(given: (Device | string)[]): { devices: Device[]; binds: Mount[] } {
	const binds = given.flatMap((device, index): Mount[] => {
		if (typeof device !== 'string') return [];
		const [source = '', destination = source, ...rest] = device.split(':');
		if (!source.startsWith('/') || !destination.startsWith('/') || rest.length > 0)
			throw invalidOption(
				`/devices/${index}`,
				`${JSON.stringify(device)} is not of the form /dev/HOST or /dev/HOST:/PATH`,
			);
		return [{ destination, type: 'bind', source, options: ['bind', 'rprivate', 'nosuid', 'noexec'] }];
	});
	return { devices: given.filter((device) => typeof device !== 'string'), binds };
}

/** Those of the options are looked at here already, so that an error can name the option. */
function mountsOf(
	options: Options,
	namespaces: Linux['namespaces'] & object,
	devices: Mount[],
	caller: Asker,
): Mount[] {
	const { mounts = [], rootfs } = options;
	const isNew = (type: NamespaceType) => namespaces.some((one) => one.type === type && one.path === undefined);
	for (const [index, mount] of mounts.entries())
		if (!isCgroupMount(mount)) initMount(resolved(mount, caller), `/mounts/${index}`, { uids: [], gids: [] });
	const own = [...mounts.map((mount) => resolved(mount, caller)), ...devices];
	if (!isNew('mount')) return own;
	const proc = isNew('pid') ? defaultMounts.slice(0, 1) : [];
	const ofRoot = defaultMounts.filter((mount) => isNew('cgroup') || !isCgroupMount(mount));
	const defaults = rootfs === undefined ? proc : ofRoot;
	return withDefaults(isNew('user') ? fittingMounts(defaults, namespaces, mapsOf(options)) : defaults, own);
}

function mapsOf({ uidMappings, gidMappings }: Options): IdMaps {
	const one = [{ containerID: 0, hostID: 0, size: 1 }];
	return { uids: uidMappings ?? one, gids: gidMappings ?? one };
}

function resolved(mount: Mount, caller: Asker): Mount {
	return isBind(mount) && mount.source ? { ...mount, source: absolutePath(mount.source, caller.directory) } : mount;
}
