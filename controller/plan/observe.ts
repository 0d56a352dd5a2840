/** The init config of a command that is only observed: in the namespaces, the cgroups and the rights of whoever asks. */

import { invalidOption } from '../errors.js';
import { validators, version } from '../host/release.js';
import { defined, maybe } from '../model/defined.js';
import type { Caller } from '../model/host.js';
import type { InitConfig } from '../model/init-config.js';
import type { Options } from '../model/options.js';
import { escapeToken } from '../model/pointer.js';
import { parseTimeout } from '../model/units.js';
import { mustBeValid } from '../model/validate.js';
import { processOf, setupTimeoutOf } from './process.js';

/** Those options that neither limit nor isolate anything. */
export const observeOptions = [
	...['env', 'extendEnv', 'cwd', 'timeout', 'setupTimeout'],
	...['stdin', 'stdout', 'stderr', 'input', 'maxOutput', 'signal'],
] as const;

/**
 * What may be said of a command that is only observed: each as in `Options`. Any other option limits or isolates, which
 * needs rights, and is refused.
 */
export type ObserveOptions = Pick<Options, (typeof observeOptions)[number]>;

export interface Observation {
	init: InitConfig;
	/** Milliseconds. */
	timeout?: number;
	/** Milliseconds until it runs; 0: no end. */
	setupTimeout?: number;
}

/** Why an option that limits or isolates is refused. */
export const refusal =
	'cannot be had of a command that is only observed: nothing is limited or isolated then, it is only said which limits of others it hits';

/** Throws `option-invalid`; `where` names the option. */
export function observationOf(args: readonly string[], options: ObserveOptions, caller: Caller): Observation {
	for (const option of Object.keys(options))
		if (!(observeOptions as readonly string[]).includes(option))
			throw invalidOption(`/${escapeToken(option)}`, refusal);
	mustBeValid(validators.options, options, 'options');
	const { env, extendEnv, cwd, timeout, setupTimeout } = options;
	const { process } = processOf(args, defined({ env, extendEnv, cwd }), false, caller);
	const init: InitConfig = defined({
		version,
		initType: 'standard' as const,
		args: process.args,
		env: process.env ?? [],
		cwd: process.cwd,
		ignoredSignals: caller.ignoredSignals,
		namespaces: {},
		rootfsPropagation: 'private' as const,
		cgroup: { directories: [], bases: [] },
	});
	mustBeValid(validators.initConfig, init, 'init config');
	return defined({
		init,
		timeout: maybe(timeout, (time) => parseTimeout(time, '/timeout', 'ms')),
		setupTimeout: setupTimeoutOf(setupTimeout),
	});
}
