/** How a shim is started: by itself, or as one of several by a starter (../../shim/starter.c). */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ProcreadyError } from '../errors.js';
import type { Stdio } from '../model/options.js';

export const shimPath = process.env.PROCREADY_SHIM ?? fileURLToPath(new URL('../../procready-shim', import.meta.url));

export interface ShimOptions {
	/** The program's stdin, stdout and stderr. */
	stdio: readonly [Stdio, Stdio, Stdio];
	/** What the program gets from fd 3 on. */
	fds?: readonly Stdio[] | undefined;
	/** Its terminal is relayed over a socket. */
	terminal?: boolean;
	/** It runs from a copy in memory that no container can change. */
	sealed?: boolean;
}

/** Those of the program that its caller has the other ends of; `null` where it was not `'pipe'`. */
export interface Streams {
	stdin: Writable | null;
	stdout: Readable | null;
	stderr: Readable | null;
	/** What is typed, and what is printed; ends when nobody inside has the terminal open. */
	terminal: Duplex | null;
	/** From fd 3 on. */
	fds: readonly (Duplex | null)[];
}

export interface Started {
	channel: Duplex;
	streams: Streams;
	/** Resolves when nothing of the shim is left. */
	ended: Promise<Ended>;
}

export interface Ended {
	signal?: string | undefined;
	cause?: unknown;
}

/** A shim for one launch. */
export function startAlone({ stdio, fds = [], terminal = false, sealed = false }: ShimOptions): Started {
	const { subprocess, pipes } = spawnShim(sealed ? ['--sealed'] : [], [
		...stdio,
		'pipe',
		...(terminal ? ['pipe' as const] : []),
		...fds,
	]);
	return {
		channel: pipes[3] as Duplex,
		streams: streamsOf(pipes, terminal),
		ended: endOf(subprocess),
	};
}

/** Throws where Node has no file descriptors for it; what else goes wrong is in the process's event `error`. */
export function spawnShim(options: string[], stdio: Stdio[]): { subprocess: ChildProcess; pipes: Pipes } {
	// Not execa: it adds nearly half of what a spawn costs. The end of the channel takes the place of its clean-up.
	const subprocess = spawn(shimPath, options, {
		stdio,
		detached: true, // a session of its own: the terminal's signals are the controller's to forward
		env: {}, // the shim has no environment
	});
	subprocess.on('error', () => {}); // also where nobody listens, because the next line throws
	// Node has no streams for a process that it had no file descriptors for
	if (!subprocess.stdio)
		throw new ProcreadyError('setup-failed', `cannot start ${shimPath}: EMFILE: raise RLIMIT_NOFILE`, {
			errno: 'EMFILE',
		});
	// Taken away: of those that Node finds there when the process has ended it drops what nobody has read yet
	return { subprocess, pipes: (subprocess.stdio as Pipes).splice(0) };
}

type Pipes = (Socket | null | undefined)[];

function streamsOf([stdin = null, stdout = null, stderr = null, , ...more]: Pipes, hasTerminal: boolean): Streams {
	const terminal = (hasTerminal && more.shift()) || null;
	terminal?.on('error', () => {}); // ECONNRESET, EPIPE: the shim is gone, and `close` follows
	return { stdin, stdout, stderr, terminal, fds: more.map((stream) => stream ?? null) };
}

/** Not `close`, which waits for the streams too: the caller may never read them. */
function endOf(subprocess: ChildProcess): Promise<Ended> {
	return new Promise((resolve) => {
		subprocess.once('exit', (_, signal) => resolve({ signal: signal ?? undefined }));
		subprocess.once('error', (cause) => resolve({ cause }));
	});
}
