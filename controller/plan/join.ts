/** The init config of a further process in a container: what is not said is as with the container's first one. */

import { invalidOption } from '../errors.js';
import { startTimeOf } from '../host/processes.js';
import { validators, version } from '../host/release.js';
import type { ContainerFacts, ProcessConfig } from '../model/container-facts.js';
import { defined } from '../model/defined.js';
import type { Caller } from '../model/host.js';
import type { InitConfig } from '../model/init-config.js';
import { escapeToken } from '../model/pointer.js';
import { type ProcessOptions, processOptions } from '../model/process-options.js';
import type { SeccompProfile } from '../model/seccomp-profile.js';
import { mustBeValid } from '../model/validate.js';
import { allCapabilities, capabilitiesOf } from './capabilities.js';
import { commandOf, initOverrides, setupTimeoutOf } from './process.js';
import { handedOn } from './user.js';

/** What is absent is as with the program of the container. */
export interface ExecOptions extends ProcessOptions {
	/** Kills the process when it fires; `exec` then rejects with the code `aborted`, or `wait` does. */
	signal?: AbortSignal;
}

const known = [...Object.keys(processOptions), 'signal'];

export interface Join {
	init: InitConfig;
	/** To be compiled into `init.seccomp`. */
	seccomp?: SeccompProfile;
	terminal?: 'relay' | 'socket';
	/** Milliseconds until it runs; 0: no end. */
	setupTimeout?: number;
}

/** Throws `option-invalid`; `where` names the option. */
export function joinOf(container: ContainerFacts, args: readonly string[], options: ExecOptions, caller: Caller): Join {
	for (const option of Object.keys(options))
		if (!known.includes(option))
			throw invalidOption(`/${escapeToken(option)}`, 'is not an option of a process in a container');
	mustBeValid(validators.options, options, 'options');
	const { pid, hasUserNamespace } = container;
	const process = processOf(container, caller);
	const init: InitConfig = defined({
		version,
		initType: 'setns' as const,
		...process,
		...initOverrides(options, process, hasUserNamespace ? { ...caller, capabilities: allCapabilities } : caller),
		args: commandOf(args),
		env: environmentOf(process.env, options, caller),
		cwd: directoryOf(process.cwd, options),
		ignoredSignals: caller.ignoredSignals,
		namespaces: {},
		target: { pid, startTime: startTimeOf(container) },
		rootfsPropagation: 'private' as const,
		cgroup: { directories: [], bases: [] }, // it is moved there: who has the program's rights alone cannot be born there
	});
	mustBeValid(validators.initConfig, init, 'init config');
	return defined({
		init,
		seccomp: options.seccomp,
		terminal: terminalOf(options),
		setupTimeout: setupTimeoutOf(options.setupTimeout),
	});
}

/** Whoever has more rights than the one who started the container gives them to nothing in it unless asked to. */
function processOf({ process, hasUserNamespace, bounding }: ContainerFacts, caller: Caller): ProcessConfig {
	const isMore = capabilitiesOf(caller.bounding).some((name) => !bounding.includes(name));
	if (process.capabilities || hasUserNamespace || !isMore) return process;
	return { ...process, capabilities: { bounding, effective: bounding, permitted: bounding } };
}

function environmentOf(
	base: readonly string[],
	{ env = {}, extendEnv = true, terminal, user }: ExecOptions,
	caller: Caller,
): string[] {
	for (const name of Object.keys(env))
		if (name === '' || name.includes('='))
			throw invalidOption(`/env/${escapeToken(name)}`, 'is not the name of a variable');
	const pairs = base.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]);
	const usual = terminal ? { TERM: caller.environment.TERM ?? 'xterm' } : {};
	const all = extendEnv ? { ...usual, ...handedOn(Object.fromEntries(pairs), { user }), ...env } : env;
	return Object.entries(all).map(([name, value]) => `${name}=${value}`);
}

function directoryOf(base: string, { cwd = base }: ExecOptions): string {
	if (!cwd.startsWith('/'))
		throw invalidOption('/cwd', `${JSON.stringify(cwd)} is not an absolute path: it is one inside the container`);
	return cwd;
}

function terminalOf({ terminal, consoleSocket }: ExecOptions): 'relay' | 'socket' | undefined {
	if (!terminal) return undefined;
	return consoleSocket === undefined ? 'relay' : 'socket';
}
