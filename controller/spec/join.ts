/** The init config of a further process in a container: what is not said is as with the container's first one. */
import { posix } from 'node:path';
import type { Target } from '../target.js';
import type { InitConfig } from './init-config.js';
import type { ProcessOptions } from './options.js';
import { version } from './plan.js';
import { commandOf } from './process.js';
import { mustBeValid, validators } from './validate.js';

export interface ExecOptions extends ProcessOptions {
	/** Kills the process when it fires; `exec` then rejects with the code `aborted`, or `wait` does. */
	signal?: AbortSignal;
}

export interface Join {
	init: InitConfig;
	terminal?: 'relay' | 'socket';
}

/** Throws `option-invalid`; `where` names the option. */
export function joinOf(target: Target, args: readonly string[], options: ExecOptions): Join {
	mustBeValid(validators.options, options, 'options');
	const { pid, startTime, directories, process } = target;
	const v2 = directories.find((directory) => directory.version === 2);
	const init: InitConfig = {
		version,
		initType: 'setns',
		...process,
		args: commandOf(args),
		env: environmentOf(process.env, options),
		...(options.cwd === undefined ? {} : { cwd: posix.resolve('/', options.cwd) }),
		namespaces: {},
		target: { pid, startTime },
		rootfsPropagation: 'private',
		cgroup: { ...(v2 ? { path: v2.path } : {}), directories: [], bases: [] },
	};
	mustBeValid(validators.initConfig, init, 'init config');
	return { init };
}

function environmentOf(base: readonly string[], { env = {}, extendEnv = true }: ExecOptions): string[] {
	const added = Object.entries(env).map(([name, value]) => `${name}=${value}`);
	const isReplaced = (pair: string) => Object.hasOwn(env, pair.slice(0, pair.indexOf('=')));
	return extendEnv ? [...base.filter((pair) => !isReplaced(pair)), ...added] : added;
}
