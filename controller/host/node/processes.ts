/** Processes, by Node. */

import { spawn as spawnChild } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { getPriority, homedir } from 'node:os';
import { ProcreadyError } from '../../errors.js';
import type { Socket } from '../../model/streams.js';
import type { Child, ChildStdio, Ended, ProgramOptions, ProgramResult } from '../interface.js';
import { decodeUtf8 } from './lines.js';
import { self } from './self.js';

export function inherited(): string {
	const { getuid, geteuid, getgid, getegid, getgroups } = process;
	const ids = [getuid, geteuid, getgid, getegid, getgroups].map((get) => get?.());
	return [...ids, self().directory, process.umask(), getPriority()].join();
}

/** The first call that waits in a thread makes all of the pool; where it cannot, that ends the process. */
export async function startThreads(): Promise<void> {
	await stat('/');
}

export function homeDirectory(): string {
	return homedir();
}

export function signal(pid: number, signal: NodeJS.Signals | number): void {
	process.kill(pid, signal);
}

export function spawn(program: string, args: string[], stdio: ChildStdio[], env: Record<string, string>): Child {
	// Not execa: it adds nearly half of what a spawn costs. The end of a pipe takes the place of its clean-up.
	const child = spawnChild(program, args, { stdio, env, detached: true });
	const ended = new Promise<Ended>((resolve) => {
		// not `close`, which waits for the streams too: nobody may ever read them
		child.once('exit', (status, signal) => resolve({ status: status ?? undefined, signal: signal ?? undefined }));
		child.on('error', (failure) => resolve({ failure })); // also where nobody waits, because the next line throws
	});
	// Node has no streams for a process that it had no file descriptors for
	if (!child.stdio) throw Object.assign(new Error(`spawn ${program}: EMFILE`), { code: 'EMFILE' });
	return {
		pid: child.pid,
		// Taken away: of those that Node finds there when the process has ended it drops what nobody has read yet
		pipes: (child.stdio as (Socket | null | undefined)[]).splice(0),
		ended,
		letGo: () => child.unref(),
		kill: () => void child.kill('SIGKILL'),
	};
}

/** Milliseconds: what a program of the host is for is done at once, or never. */
const usualPatience = 30_000;

export async function run(
	program: string,
	args: string[],
	{ input, env, patience = usualPatience }: ProgramOptions,
): Promise<ProgramResult> {
	const { execa } = await import('execa'); // costs a start that does not need it
	const { failed, code, stdout, stderr, message } = await execa(program, args, {
		reject: false,
		encoding: 'buffer',
		stripFinalNewline: false,
		...{ timeout: patience, killSignal: 'SIGKILL' as const },
		...(input === undefined ? { stdin: 'ignore' } : { input }),
		...(env ? { env, extendEnv: false } : {}),
	});
	return { failed, errno: code, stdout, stderr: decodeUtf8([stderr]).replace(/\n$/, ''), message: message ?? '' };
}

/** flock(2), which Node has not: by flock(1) of util-linux. */
export async function lock(file: number, wait: boolean): Promise<boolean> {
	const child = spawnChild('flock', wait ? ['3'] : ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
	const [status] = await once(child, 'exit').catch((cause: Error) => {
		throw new ProcreadyError('setup-failed', `cannot start flock(1) of util-linux: ${cause.message}`, { cause });
	});
	if (status !== 0 && (wait || status !== 1))
		throw new ProcreadyError('setup-failed', `flock(1) failed with status ${status}`);
	return status === 0;
}

export function atExit(act: () => void): () => void {
	process.once('exit', act);
	return () => void process.off('exit', act);
}
