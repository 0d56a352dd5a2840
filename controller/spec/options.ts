/** What callers of the library write, and the specification it stands for. */
import { resolve } from 'node:path';
import type { Stream } from 'node:stream';
import type { Resources, Spec } from './spec.js';
import { invalidOption, parseCpu, parseDuration, parseSize, parseTasks } from './units.js';
import { escapeToken, mustBeValid, validators } from './validate.js';

/** A limit that is absent is not set; `'max'` says explicitly that there is none. */
export interface Limits {
	/** Tasks (threads count), 0 to 4194304; 0 and 1 both forbid any fork. pids.max of cgroup v2 and v1. */
	pids?: number | string;
	/**
	 * Bytes, or a string such as `'64K'`, `'1.5M'`, `'2GiB'` (powers of 1024). The kernel rounds down to pages.
	 * memory.max of cgroup v2, memory.limit_in_bytes of v1. By itself it also forbids swap.
	 */
	memory?: number | string;
	/** Processors from 0.001, or `'QUOTA PERIOD'` in microseconds. cpu.max of cgroup v2, cpu.cfs_quota_us of v1. */
	cpu?: number | string;
	/** Any other file of the container's cgroup by its name, for example `{ 'memory.high': '32M' }`. */
	set?: Record<string, number | string>;
}

/** As in `child_process.spawn`: a pipe to the caller, the caller's own, /dev/null, a file descriptor or a stream. */
export type Stdio = 'pipe' | 'inherit' | 'ignore' | number | Stream;

export interface Options {
	limits?: Limits;
	/** Time the program may run: milliseconds, or a string such as `'10s'`. Then all of it is killed. Default: no end. */
	timeout?: number | string;
	/** Added to the caller's environment, or all of it when `extendEnv` is false. */
	env?: Record<string, string>;
	/** Default: true. */
	extendEnv?: boolean;
	/** Working directory. Default: the caller's. */
	cwd?: string;
	/** Default: `'ignore'` for `run`, `'pipe'` for `Container.launch`. */
	stdin?: Stdio;
	/** Default: `'pipe'`. */
	stdout?: Stdio;
	/** Default: `'pipe'`. */
	stderr?: Stdio;
	/** For `run`: bytes of stdout, and of stderr, that are kept; what exceeds them is read and dropped. Default: 16 MiB. */
	maxOutput?: number;
	/** Kills the container when it fires; `run` and `launch` then reject with the code `aborted`. */
	signal?: AbortSignal;
}

/** The specification that `args` and `options` stand for. Throws `option-invalid`; `where` names the option. */
export function specOf(args: readonly string[], options: Options): Spec {
	mustBeValid(validators.options, options, 'options');
	const timeout = options.timeout === undefined ? undefined : parseDuration(options.timeout, '/timeout', 'ms');
	const spec: Spec = {
		ociVersion: '1.3.0',
		process: { args: commandOf(args), env: environmentOf(options), cwd: resolve(options.cwd ?? '.') },
		mounts: [{ destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] }],
		linux: {
			namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'uts' }, { type: 'ipc' }, { type: 'cgroup' }],
			rootfsPropagation: 'slave',
			resources: resourcesOf(options.limits ?? {}),
		},
		...(timeout === undefined ? {} : { procready: { timeout } }),
	};
	mustBeValid(validators.spec, spec, 'specification');
	return spec;
}

function commandOf(args: readonly string[]): string[] {
	if (!Array.isArray(args) || args.length === 0 || args.some((arg) => typeof arg !== 'string') || args[0] === '')
		throw invalidOption('/args', 'a command is missing: give an array of strings');
	return [...args];
}

function environmentOf({ env = {}, extendEnv = true }: Options): string[] {
	for (const name of Object.keys(env))
		if (name === '' || name.includes('=')) throw invalidOption(`/env/${escapeToken(name)}`, 'is no name of a variable');
	return Object.entries(extendEnv ? { ...process.env, ...env } : env).map(([name, value]) => `${name}=${value}`);
}

function resourcesOf(limits: Limits): Resources {
	const resources: Resources = {};
	if (limits.pids !== undefined) resources.pids = { limit: parseTasks(limits.pids, '/limits/pids') ?? -1 };
	if (limits.memory !== undefined) {
		const limit = parseSize(limits.memory, '/limits/memory') ?? -1;
		// memory and swap together: no swap, unless a swap limit is named
		resources.memory = limits.set && 'memory.swap.max' in limits.set ? { limit } : { limit, swap: limit };
	}
	if (limits.cpu !== undefined) {
		const { quota, period } = parseCpu(limits.cpu, '/limits/cpu');
		resources.cpu = { quota: quota ?? -1, period };
	}
	if (limits.set && Object.keys(limits.set).length > 0) resources.unified = unifiedOf(limits);
	return resources;
}

const friendly: Record<string, keyof Limits> = { 'pids.max': 'pids', 'memory.max': 'memory', 'cpu.max': 'cpu' };

function unifiedOf(limits: Limits): Record<string, string> {
	const unified: Record<string, string> = {};
	for (const [file, value] of Object.entries(limits.set ?? {})) {
		const where = `/limits/set/${escapeToken(file)}`;
		const twice = friendly[file];
		if (twice && limits[twice] !== undefined) throw invalidOption(where, `is given twice, also as limits.${twice}`);
		if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(file)) throw invalidOption(where, 'is no name of a cgroup file');
		unified[file] = String(value);
	}
	return unified;
}
