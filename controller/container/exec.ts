/** A further process in a running container: the same protocol; namespaces are joined, and there are no new limits. */

import { moveInto } from '../cgroup/cgroup.js';
import { isFrozen } from '../cgroup/freezer.js';
import { follow } from '../cgroup/spare.js';
import { noRoom, requireRoom } from '../cgroup/tasks.js';
import { notRunning, ProcreadyError, unexpected, withOwnErrors } from '../errors.js';
import { readCaller } from '../host/caller.js';
import { machine } from '../host/machine.js';
import { isRunning } from '../host/processes.js';
import type { ContainerFacts } from '../model/container-facts.js';
import { defined } from '../model/defined.js';
import type { Caller } from '../model/host.js';
import { type ExecOptions, joinOf } from '../plan/join.js';
import { type Shim, startShim } from '../protocol/shim.js';
import { Execution } from './execution.js';
import { filterOf } from './filter.js';
import { hold, letRun } from './held.js';
import { letGo } from './insist.js';
import { openSetup, type Setup, throwIfAborted } from './setup.js';
import { findContainer } from './state.js';
import { stdioOf } from './stdio.js';

/** The same by the name of the container, which another process may have started. */
export async function exec(name: string, args: readonly string[], options: ExecOptions = {}): Promise<Execution> {
	return withOwnErrors(async () => execIn(findContainer(name), args, options, readCaller()));
}

/**
 * Starts `args` in the namespaces and the cgroup of a container, and resolves when the program runs. Rejects with
 * `not-running` where the container has ended, with `paused` where it is paused (one that is paused at this very moment
 * lets it begin when it is resumed), and with `tasks-exhausted` where its pids.max leaves no room.
 */
export async function execIn(
	container: ContainerFacts,
	args: readonly string[],
	options: ExecOptions,
	caller: Caller,
): Promise<Execution> {
	return withOwnErrors(() =>
		start(container, args, options, caller, async ({ shim, setup, pid }) => {
			const startedAt = machine.monotonic();
			shim.send({ type: 'procRun' });
			await setup.expect('procStarted');
			return new Execution({ shim, pid, startedAt, signal: options.signal });
		}),
	);
}

/**
 * The same, but nothing of procready stays beside the program: its parent is then the next subreaper above this process.
 * Resolves to its pid. `directory` is one for its FIFOs, see held.ts.
 */
export async function execHeld(
	container: ContainerFacts,
	args: readonly string[],
	options: ExecOptions,
	caller: Caller,
	directory: string,
): Promise<number> {
	return withOwnErrors(() =>
		start(
			container,
			args,
			options,
			caller,
			async ({ shim, setup, pid }) => {
				await hold(shim, setup);
				await letRun(directory, pid);
				return pid;
			},
			directory,
		),
	);
}

/** A process that is in the container, and waits to become the program. */
interface Joined {
	shim: Shim;
	setup: Setup;
	pid: number;
}

async function start<T>(
	container: ContainerFacts,
	args: readonly string[],
	options: ExecOptions,
	caller: Caller,
	finish: (joined: Joined) => Promise<T>,
	holdDirectory?: string,
): Promise<T> {
	const planned = joinOf(container, args, options, caller);
	const { seccomp, terminal, setupTimeout } = planned;
	const init = { ...planned.init, ...defined({ hold: holdDirectory }) };
	const { fds, signal } = options;
	throwIfAborted(signal);
	if (!isRunning(container)) throw notRunning(container.id);
	if (isFrozen(container))
		throw new ProcreadyError('paused', `the container ${container.id} is paused: resume it first`);
	requireRoom(container.directories, 0);
	const shim = startShim({
		stdio: stdioOf(terminal, options),
		fds,
		terminal: terminal === 'relay',
		sealed: true,
	});
	using setup = openSetup(shim, signal, setupTimeout);
	let pid: number | undefined;
	try {
		const filter = seccomp && (await setup.step('the seccomp filter to be compiled', filterOf(seccomp)));
		shim.send(filter ? { ...init, seccomp: filter.seccomp } : init);
		shim.send({ type: 'procCreate' }, { type: 'procSetup' });
		const created = await setup.expect('procCreated');
		pid = created.pid;
		await setup.expect('procReady');
		await setup.step('the new process to be moved to the cgroups', moveThere(container, created.pid));
		requireRoom(container.directories, 1);
		return await finish({ shim, setup, pid: created.pid });
	} catch (error) {
		await letGo({ shim, pid, directories: [] });
		throw explain(error, container, setup);
	}
}

async function moveThere(container: ContainerFacts, pid: number): Promise<void> {
	await Promise.all(container.directories.map((directory) => moveInto(directory, pid)));
	await follow(container, pid);
}

/** What the failure means for the caller: that the container has ended, or is full, is not a mishap of a step. */
function explain(cause: unknown, container: ContainerFacts, setup: Setup): unknown {
	const failure = setup.failure();
	if (failure) return failure;
	const error = unexpected(cause);
	if (!isRunning(container)) return notRunning(container.id, error); // its cgroups may be gone as well
	if (error.errno === 'ESRCH') return notRunning(container.id, error);
	if (error.step === 'clone' && error.errno === 'EAGAIN') return noRoom(container.directories, 0) ?? error;
	return error;
}
