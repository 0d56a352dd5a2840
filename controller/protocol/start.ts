/** How a shim is started: by itself, or as one of several by a starter (../../shim/starter.c). */
import { errnoOf, ProcreadyError } from '../errors.js';
import { errnoText } from '../host/errno.js';
import type { Child, Ended } from '../host/interface.js';
import { machine } from '../host/machine.js';
import { remedyForMissing, shimPath } from '../host/release.js';
import type { Stdio } from '../model/options.js';
import type { Duplex, Readable, Writable } from '../model/streams.js';

export interface ShimOptions {
	/** The program's stdin, stdout and stderr. */
	stdio: readonly [Stdio, Stdio, Stdio];
	/** What the program gets from fd 3 on. */
	fds?: readonly Stdio[] | undefined;
	/** Its terminal is relayed over a socket. */
	terminal?: boolean;
	/** It runs from a copy in memory that no container can change. */
	sealed?: boolean | undefined;
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
	/** To be called when the new process is known, which is a child of the shim. */
	created(pid: number): void;
	/** The processes that have to answer. */
	pids(): number[];
	/** SIGKILL for them. */
	kill(): void;
}

/** A shim for one launch. */
export function startAlone({ stdio, fds = [], terminal = false, sealed = false }: ShimOptions): Started {
	const { pipes, ended, pid, kill } = spawnShim(sealed ? ['--sealed'] : [], [
		...stdio,
		'pipe',
		...(terminal ? ['pipe' as const] : []),
		...fds,
	]);
	return {
		channel: pipes[3] as Duplex,
		streams: streamsOf(pipes, terminal),
		ended,
		created() {},
		pids: () => (pid === undefined ? [] : [pid]),
		kill,
	};
}

/** Without an environment, for which the shim has no use. Throws where no file descriptors are left for it. */
export function spawnShim(options: string[], stdio: Stdio[]): Child {
	try {
		return machine.spawn(shimPath(), options, stdio, {});
	} catch (cause) {
		throw cannotStart(cause);
	}
}

/** What went wrong where the kernel did not start the shim. */
export function cannotStart(cause: unknown): ProcreadyError {
	const errno = errnoOf(cause) ?? 'unknown error';
	const isMissing = ['ENOENT', 'EACCES', 'ENOEXEC'].includes(errno);
	const remedy = isMissing ? remedyForMissing() : errno === 'EMFILE' ? 'raise RLIMIT_NOFILE' : undefined;
	return new ProcreadyError(
		isMissing ? 'shim-missing' : 'setup-failed',
		[`cannot start ${shimPath()}: ${errnoText(errno)}`, ...(remedy ? [remedy] : [])].join(isMissing ? '; ' : ': '),
		{ errno, cause },
	);
}

function streamsOf(
	[stdin = null, stdout = null, stderr = null, , ...more]: Child['pipes'],
	hasTerminal: boolean,
): Streams {
	const terminal = (hasTerminal && more.shift()) || null;
	terminal?.on('error', () => {}); // ECONNRESET, EPIPE: the shim is gone, and `close` follows
	return { stdin, stdout, stderr, terminal, fds: more.map((stream) => stream ?? null) };
}
