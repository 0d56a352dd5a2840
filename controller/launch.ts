/** The launch, from a plan to a running program: the picture in ../shim/README.md, read downwards. */

import { type Account, openAccount } from './cgroup/account.js';
import {
	type AppliedLimit,
	makeDirectories,
	placeProcess,
	removeDirectories,
	tooSmall,
	writeLimits,
} from './cgroup/cgroup.js';
import { errnoOf, ProcreadyError } from './errors.js';
import { type Shim, startShim } from './protocol/shim.js';
import type { Stdio } from './spec/options.js';
import type { Plan } from './spec/plan.js';

export interface LaunchOptions {
	stdio: [Stdio, Stdio, Stdio];
	signal?: AbortSignal | undefined;
}

/** A program that runs, and what it takes to watch and release it. */
export interface Launched {
	plan: Plan;
	shim: Shim;
	pid: number;
	account: Account;
	limits: AppliedLimit[];
	/** process.hrtime.bigint() when procRun was sent: the same clock as that of the shim's messages. */
	runTime: bigint;
	signal: AbortSignal | undefined;
}

/** Resolves when the program runs; on any failure what was made is released first. */
export async function launch(plan: Plan, { stdio, signal }: LaunchOptions): Promise<Launched> {
	throwIfAborted(signal);
	const shim = startShim(stdio);
	const abort = abortOn(signal, shim);
	const account = openAccount(plan.directories);
	try {
		shim.send(plan.init); // before there is anything to remove: the shim does it when this process dies
		makeDirectories(plan.directories);
		const early = await writeLimits(plan.early);
		shim.send({ type: 'procCreate' });
		const { pid } = await shim.expect('procCreated');
		shim.send({ type: 'procSetup' });
		await shim.expect('procReady');
		await placeProcess(plan.directories, pid);
		const late = await writeLimits(plan.late);
		account.baseline();
		const runTime = process.hrtime.bigint();
		shim.send({ type: 'procRun' });
		await shim.expect('procStarted');
		return { plan, shim, pid, account, limits: [...early, ...late], runTime, signal };
	} catch (error) {
		const reason = explain(error, plan, account, signal);
		await shim.close();
		account.close();
		await removeDirectories(plan.directories);
		throw reason;
	} finally {
		abort.done();
	}
}

function throwIfAborted(signal: AbortSignal | undefined): void {
	if (signal?.aborted) throw aborted(signal);
}

export function aborted(signal: AbortSignal): ProcreadyError {
	return new ProcreadyError('aborted', 'the AbortSignal fired: the container was killed', { cause: signal.reason });
}

/** To close the channel is enough: the shim kills what there is, and the message awaited next does not come. */
function abortOn(signal: AbortSignal | undefined, shim: Shim) {
	const close = () => void shim.close();
	signal?.addEventListener('abort', close, { once: true });
	return { done: () => signal?.removeEventListener('abort', close) };
}

/** What the failure means for the caller: a limit that killed the init is not a mishap of the shim. */
function explain(error: unknown, plan: Plan, account: Account, signal: AbortSignal | undefined): unknown {
	if (signal?.aborted) return aborted(signal);
	if (!(error instanceof ProcreadyError)) return unexpected(error);
	const memory = plan.late.find(({ limit }) => limit === 'memory.max');
	const outOfMemory = error.errno === 'ENOMEM' || (account.read().memory.oomKills ?? 0) > 0;
	if (memory && memory.asked !== 'max' && outOfMemory && error.code !== 'limit-too-small')
		return tooSmall('memory.max', memory.asked, { where: 'memory.max', cause: error });
	return error;
}

/** Such as EMFILE, where one of many launches finds no file descriptor left. */
function unexpected(cause: unknown): ProcreadyError {
	const errno = errnoOf(cause);
	return new ProcreadyError('setup-failed', `the launch failed: ${cause instanceof Error ? cause.message : cause}`, {
		cause,
		...(errno === undefined ? {} : { errno }),
	});
}
