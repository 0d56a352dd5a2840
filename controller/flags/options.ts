/** The flags of `procready run` as options of the library, and options as the command line that stands for them. */
import type { Flags } from '../model/flag.js';
import type { Options, ProcessOptions } from '../model/options.js';
import { byOptions } from '../plan/limit-named.js';
import type { Values } from './arguments.js';
import { optionsIn, wordsOf } from './convert.js';
import type { FaultValues } from './faults.js';
import {
	containerFlags,
	faultFlags,
	namespaceFlags,
	networkFlags,
	processFlags,
	rootFlags,
	timeFlags,
} from './flags.js';
import { type LimitValues, limitFlags } from './limits.js';
import { mountsOf, mountWords } from './mounts.js';
import { networkOf, networkWords } from './network.js';
import { pathsOf, pathWords } from './root.js';

export type ProcessValues = Values<typeof processFlags>;
export type ContainerValues = ProcessValues &
	LimitValues &
	FaultValues &
	Values<typeof timeFlags & typeof rootFlags & typeof namespaceFlags & typeof networkFlags & typeof containerFlags>;

/** The flags of `procready run` that say what is run, and how. */
export const flags: Flags = {
	...limitFlags,
	...timeFlags,
	...processFlags,
	...rootFlags,
	...namespaceFlags,
	...containerFlags,
	...faultFlags,
	...networkFlags,
};

/** Flags that say only together what an option is. */
interface Group {
	flags: readonly (keyof ContainerValues)[];
	options: readonly (keyof Options)[];
	parse(values: ContainerValues): Options;
	/** `undefined` where the flags cannot say what the options are. */
	print(options: Options): string[] | undefined;
}

const groups: readonly Group[] = [
	{
		flags: ['mount', 'volume', 'tmpfs'],
		options: ['mounts'],
		parse: (values) => unlessEmpty('mounts', mountsOf(values)),
		print: ({ mounts = [] }) => mountWords(mounts),
	},
	{
		flags: ['mask', 'readonly-path', 'unmask'],
		options: ['maskedPaths', 'readonlyPaths'],
		parse: pathsOf,
		print: pathWords,
	},
	{
		flags: ['net', 'ip', 'gateway', 'mtu', 'mac', 'masquerade'],
		options: ['network'],
		parse: (values) => unlessEmpty('network', networkOf(values)),
		print: ({ network }) => network && networkWords(network),
	},
];

/** The flags that are an option each. */
const single = without(
	flags,
	groups.flatMap((group) => group.flags),
);

function without(all: Flags, names: readonly string[]): Flags {
	return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

function unlessEmpty<Name extends keyof Options>(name: Name, value: Options[Name]): Options {
	return value === undefined || (Array.isArray(value) && value.length === 0) ? {} : { [name]: value };
}

/** The options that flags of `procready run` stand for, without --spec. */
export function optionsOf(values: ContainerValues): Options {
	return Object.assign(optionsIn(single, values), ...groups.map(({ parse }) => parse(values)));
}

const { name, 'cgroup-parent': parent } = containerFlags;
const { 'console-socket': consoleSocket, 'preserve-fds': fds, 'setup-timeout': setupTimeout } = processFlags;
const launchFlags = {
	...timeFlags,
	...{ name, 'cgroup-parent': parent, 'console-socket': consoleSocket, 'preserve-fds': fds },
	'setup-timeout': setupTimeout,
	...faultFlags,
};

/** The options of one launch, which may be given beside --spec too. */
export function launchOptionsOf(values: ContainerValues): Options {
	return optionsIn(launchFlags, values);
}

/** The options of one process, also of one that joins a container (`procready exec`). */
export function processOptionsOf(values: ProcessValues): ProcessOptions {
	return optionsIn(processFlags, values);
}

export interface CommandLine {
	/** `procready`, `run`, the flags, `--` and the command. */
	words: string[];
	/** Options that no flag stands for. */
	unsaid: string[];
}

/** Options that do not change what is run. */
const silent = ['maxOutput'];

/** The command line that stands for options of the library: optionsOf() makes the same of it. */
export function commandLineOf(args: readonly string[], options: Options): CommandLine {
	const { limits: asked = {}, ...others } = options;
	const limits = byOptions(asked);
	const grouped = groups.flatMap((group) => group.options as readonly string[]);
	const entries = [
		...Object.entries(limits).map(([name, value]) => [`limits.${name}`, value] as const),
		...Object.entries(others).filter(([option]) => !grouped.includes(option) && !silent.includes(option)),
	].filter(([, value]) => value !== undefined);
	const given = groups.filter((group) => group.options.some((option) => options[option] !== undefined));
	const said = [
		...entries.map(([option, value]) => ({ option, words: wordsOf(single, option, value) })),
		...given.map((group) => ({ option: group.options.join(' and '), words: group.print(options) })),
	];
	return {
		words: ['procready', 'run', ...said.flatMap(({ words }) => words ?? []), '--', ...args],
		unsaid: said.filter(({ words }) => words === undefined).map(({ option }) => option),
	};
}
