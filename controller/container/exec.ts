/** A further process in a running container: the same protocol; namespaces are joined, and there are no new limits. */

import { placeProcesses } from '../cgroup/cgroup.js';
import { isFrozen } from '../cgroup/freezer.js';
import { follow } from '../cgroup/spare.js';
import { noRoom, requireRoom } from '../cgroup/tasks.js';
import { notRunning, ProcreadyError, unexpected } from '../errors.js';
import { readCaller } from '../host/caller.js';
import { machine } from '../host/machine.js';
import { isRunning } from '../host/processes.js';
import type { Target } from '../model/target.js';
import { type ExecOptions, joinOf } from '../plan/join.js';
import { startShim } from '../protocol/shim.js';
import { aborted, abortOn, throwIfAborted } from './abort.js';
import { Execution } from './execution.js';
import { filterOf } from './filter.js';
import { findTarget } from './state.js';
import { stdioOf } from './stdio.js';

/** The same by the name of the container, which another process may have started. */
export async function exec(name: string, args: readonly string[], options: ExecOptions = {}): Promise<Execution> {
	return execIn(findTarget(name), args, options);
}

/**
 * Starts `args` in the namespaces and the cgroup of a container, and resolves when the program runs. Rejects with
 * `not-running` where the container has ended, with `paused` where it is paused (one that is paused at this very moment
 * lets it begin when it is resumed), and with `tasks-exhausted` where its pids.max leaves no room.
 */
export async function execIn(target: Target, args: readonly string[], options: ExecOptions = {}): Promise<Execution> {
	const { init, seccomp, terminal } = joinOf(target, args, options, readCaller());
	const { fds, signal } = options;
	throwIfAborted(signal);
	if (!isRunning(target)) throw notRunning(target.id);
	if (isFrozen(target)) throw new ProcreadyError('paused', `the container ${target.id} is paused: resume it first`);
	requireRoom(target.directories, 0);
	const shim = startShim({
		stdio: stdioOf(terminal, options),
		fds,
		terminal: terminal === 'relay',
		sealed: true,
	});
	const abort = abortOn(signal, shim);
	try {
		shim.send(seccomp ? { ...init, seccomp: (await filterOf(seccomp)).seccomp } : init);
		shim.send({ type: 'procCreate' }, { type: 'procSetup' });
		const { pid } = await shim.expect('procCreated');
		await shim.expect('procReady');
		await placeProcesses(target.directories, pid);
		await follow(target, pid);
		requireRoom(target.directories, 1);
		const startedAt = machine.monotonic();
		shim.send({ type: 'procRun' });
		await shim.expect('procStarted');
		return new Execution({ shim, pid, startedAt, signal });
	} catch (error) {
		await shim.close();
		throw explain(error, target, signal);
	} finally {
		abort.done();
	}
}

/** What the failure means for the caller: that the container has ended, or is full, is not a mishap of a step. */
function explain(error: unknown, target: Target, signal: AbortSignal | undefined): unknown {
	if (signal?.aborted) return aborted(signal);
	if (!(error instanceof ProcreadyError)) return unexpected(error);
	if (error.errno === 'ESRCH' || !isRunning(target)) return notRunning(target.id, error);
	if (error.step === 'clone' && error.errno === 'EAGAIN') return noRoom(target.directories, 0) ?? error;
	return error;
}
