/** The command line that stands for options of the library: what optionsOf() in options.ts reads. */

import type { Limits } from '../model/limit-options.js';
import { limits } from '../model/limits.js';
import type { Options } from '../model/options.js';
import type { DeviceRule } from '../model/resources.js';
import type { ScheduledStep } from '../model/schedule.js';
import type { IdMapping, Mount } from '../model/spec.js';
import { defaultMaskedPaths, defaultReadonlyPaths } from '../plan/root.js';
import type { Flag } from './flag.js';
import {
	containerFlags,
	faultFlags,
	namespaceFlags,
	networkFlags,
	processFlags,
	rootFlags,
	timeFlags,
} from './flags.js';
import { limitFlags } from './limits.js';

/** Those of `procready run` that say what is run, and how. */
export const flags: Record<string, Flag> = {
	...limitFlags,
	...timeFlags,
	...processFlags,
	...rootFlags,
	...namespaceFlags,
	...containerFlags,
	...faultFlags,
	...networkFlags,
};

export interface CommandLine {
	/** `procready`, `run`, the flags, `--` and the command. */
	words: string[];
	/** Options that no flag stands for. */
	unsaid: string[];
}

export function commandLineOf(args: readonly string[], options: Options): CommandLine {
	const { limits: ofCgroup = {}, maskedPaths, readonlyPaths, ...others } = options;
	const entries = [
		...Object.entries(ofCgroup).map(([name, value]) => [`limits.${name}`, value] as const),
		...Object.entries(others),
	].filter(([, value]) => value !== undefined);
	const said = entries.map(([option, value]) => ({ option, words: wordsOf(option, value) }));
	return {
		words: ['procready', 'run', ...said.flatMap(({ words }) => words ?? []), ...pathWords(options), '--', ...args],
		unsaid: said.filter(({ words }) => words === undefined).map(({ option }) => option),
	};
}

function wordsOf(option: string, value: unknown): string[] | undefined {
	if (Object.hasOwn(own, option)) return (own[option] as (value: unknown) => string[])(value);
	const [name, flag] = Object.entries(flags).find(([, flag]) => flag.option === option) ?? [];
	if (name === undefined || flag === undefined) return undefined;
	if (flag.type === 'boolean') return value === true ? [`--${name}`] : [];
	if (typeof value !== 'object') return valued(name, String(value));
	const values = Array.isArray(value) ? value : Object.entries(value as object).map(([key, one]) => `${key}=${one}`);
	if (values.some((one) => typeof one === 'object') || !(flag.multiple || Array.isArray(value))) return undefined;
	if (Array.isArray(value) && !flag.multiple) return valued(name, values.join());
	return values.flatMap((one) => valued(name, String(one)));
}

function valued(name: string, value: string): string[] {
	return value.startsWith('-') || value === '' ? [`--${name}=${value}`] : [`--${name}`, value];
}

type Words<T> = { [Name in keyof T]?: (value: NonNullable<T[Name]>) => string[] };

/** Options whose flags have a form of their own. */
const ownForms: Words<Options> = {
	timeout: (time) => ['--timeout', timeText(time)],
	extendEnv: (extend) => (extend ? [] : ['--clear-env']),
	noNewPrivileges: (without) => [without ? '--no-new-privileges' : '--new-privileges'],
	umask: (mask) => ['--umask', typeof mask === 'number' ? `0${mask.toString(8)}` : mask],
	maxOutput: () => [],
	scheduler: ({ policy, flags = [], ...numbers }) => [
		'--scheduler',
		[policy, ...pairs(numbers), ...(flags.length > 0 ? ['reset-on-fork'] : [])].join(),
	],
	ioPriority: (given) => [
		'--io-priority',
		given.priority === undefined ? given.class : `${given.class}:${given.priority}`,
	],
	mounts: (mounts) => mounts.flatMap((one) => ['--mount', mountText(one)]),
	uidMappings: (maps) => maps.flatMap((map) => ['--uidmap', mappingText(map)]),
	hosts: (hosts) => Object.entries(hosts).flatMap(([name, address]) => ['--add-host', `${name}:${address}`]),
	schedule: (steps) => steps.flatMap(stepWords),
	gidMappings: (maps) => maps.flatMap((map) => ['--gidmap', mappingText(map)]),
};

const ownFormsOfLimits: Words<Limits> = {
	io: (given) => given.flatMap(({ device, ...limits }) => ['--io-max', [device, ...pairs(limits)].join(' ')]),
	rdma: (given) =>
		Object.entries(given).flatMap(([device, { hcaHandles, hcaObjects }]) => [
			'--rdma-max',
			[device, ...pairs({ hca_handle: hcaHandles, hca_object: hcaObjects })].join(' '),
		]),
	devices: (rules) => rules.flatMap((rule) => ['--device-rule', ruleText(rule)]),
};

const own: Record<string, unknown> = {
	...ownForms,
	...Object.fromEntries(Object.entries(ownFormsOfLimits).map(([name, words]) => [`limits.${name}`, words])),
};

function pairs(members: object): string[] {
	return Object.entries(members)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}=${value}`);
}

function mountText({ destination, type, source, options = [] }: Mount): string {
	return [...pairs({ type, src: source, dst: destination }), ...options].join();
}

/** `--unmask` leaves both kinds of usual paths out, so those of the other kind are said again. */
function pathWords({ rootfs, maskedPaths, readonlyPaths }: Options): string[] {
	const usual = (paths: readonly string[]) => (rootfs === undefined ? [] : paths);
	const kinds = [
		{ flag: '--mask', usual: usual(defaultMaskedPaths), given: maskedPaths },
		{ flag: '--readonly-path', usual: usual(defaultReadonlyPaths), given: readonlyPaths },
	].map((kind) => ({ ...kind, all: kind.given ?? kind.usual }));
	const isMore = kinds.every(({ usual, all }) => usual.every((path) => all.includes(path)));
	return [
		...(isMore ? [] : ['--unmask']),
		...kinds.flatMap(({ flag, usual, all }) =>
			all.filter((path) => !(isMore && usual.includes(path))).flatMap((path) => [flag, path]),
		),
	];
}

/** A flag for each thing that is done then. */
function stepWords({ at, on, hits, set = {}, signal, freeze }: ScheduledStep): string[] {
	const named = Object.entries(set).flatMap(([option, value]) => {
		const row = limits.find((one) => 'option' in one && one.option === option);
		return typeof value === 'object' ? pairs(value) : [`${row?.name ?? option}=${value === true ? 1 : value}`];
	});
	const acts = [...named, ...(signal ? [signal] : []), ...(freeze === undefined ? [] : [`freeze=${timeText(freeze)}`])];
	const when = on === undefined ? timeText(at ?? 0) : `${on}${hits === undefined ? '' : `@${hits}`}`;
	return acts.flatMap((act) => [on === undefined ? '--at' : '--on', `${when}:${act}`]);
}

/** A number is milliseconds for the library, and seconds for a flag. */
function timeText(time: number | string): string {
	return /\d$/.test(String(time)) ? `${time}ms` : String(time);
}

function mappingText({ containerID, hostID, size }: IdMapping): string {
	return `${containerID}:${hostID}:${size}`;
}

function ruleText({ allow, type, major, minor, access }: DeviceRule): string {
	const action = allow ? 'allow' : 'deny';
	if (type === undefined || type === 'a') return `${action} a`;
	return [action, type, `${major ?? '*'}:${minor ?? '*'}`, ...(access ? [access] : [])].join(' ');
}
