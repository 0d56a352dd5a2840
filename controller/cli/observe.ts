/** `procready run --observe`: which flags it takes, how it runs, and when another run says that there is such a thing. */
import { Observation, type ObserveOptions } from '../container/observe.js';
import type { ProcreadyError } from '../errors.js';
import { invalidFlag } from '../flags/arguments.js';
import { faultFlags, observeFlags, reportFlags, statusFlags, timeFlags } from '../flags/flags.js';
import { limitFlags } from '../flags/limits.js';
import { type ContainerValues, optionsOf } from '../flags/options.js';
import type { Flags } from '../model/flag.js';
import { observeOptions } from '../plan/observe.js';
import type { Result } from '../report/result.js';
import type { Signals } from './signals.js';

/** Those of the report that are about a container. */
const ofContainers = ['watch', 'html', 'dry-run'];

/** Whether the flag limits and isolates nothing. */
function isAllowed(name: string, { option }: Flags[string]): boolean {
	if (name in observeFlags || name in timeFlags || name in statusFlags) return true;
	return name in reportFlags ? !ofContainers.includes(name) : observeOptions.some((one) => one === option);
}

/** Throws where a flag limits or isolates; it is named, with the reason. */
export function observeOptionsOf(values: ContainerValues, flags: Flags): ObserveOptions {
	for (const name of Object.keys(values))
		if (!isAllowed(name, flags[name] as Flags[string]))
			throw invalidFlag(`--${name}`, `cannot be used with --observe, ${why(name)}`);
	return optionsOf(values);
}

function why(name: string): string {
	if (name in limitFlags)
		return 'which sets no limit and only says which limits of others were hit: leave out one of the two, or set the limit outside';
	if (ofContainers.includes(name)) return 'which has no container that this could be about: leave out one of the two';
	if (name in faultFlags) return 'which runs the command as it would run without procready: leave out one of the two';
	return 'which isolates nothing and runs the command as it would run without procready: leave out one of the two';
}

/** Signals are forwarded to it meanwhile. */
export async function launchObserved(command: string[], options: ObserveOptions, signals: Signals): Promise<Result> {
	const stdio = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' } as const;
	await using observation = await Observation.launch(command, { ...options, ...stdio });
	signals.forwardTo(observation);
	return await observation.wait();
}

/** Where a run without a limit has no rights: what would do without them. */
export function insteadOf(error: ProcreadyError, values: ContainerValues, flags: Flags): string {
	const isRefused = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(error.errno ?? '');
	const lacksRights =
		error.code === 'not-permitted' || error.code === 'cgroup-missing' || (error.code === 'setup-failed' && isRefused);
	if (!lacksRights || Object.keys(values).some((name) => !isAllowed(name, flags[name] as Flags[string]))) return '';
	return '; without any right: procready run --observe -- COMMAND isolates nothing, and says which limits of others it hits';
}
