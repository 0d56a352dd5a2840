/** The shim process: started, spoken to state by state, and its failures turned into errors. */
import { type ChildProcess, spawn } from 'node:child_process';
import { channel as diagnostics } from 'node:diagnostics_channel';
import { constants } from 'node:os';
import type { Duplex, Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, errnoOf, ProcreadyError } from '../errors.js';
import type { InitConfig } from '../spec/init-config.js';
import type { Stdio } from '../spec/options.js';
import { openChannel } from './framing.js';
import type { FromShim, ProcError, ToShim } from './messages.js';

export const shimPath = process.env.PROCREADY_SHIM ?? fileURLToPath(new URL('../../procready-shim', import.meta.url));

/** Publishes each message, when it is sent or has come: what a launch spends its time with. node:diagnostics_channel. */
const messages = diagnostics('procready:message');

export interface Message {
	message: InitConfig | ToShim | FromShim;
	/** process.hrtime.bigint(), the clock of the shim's times. */
	time: bigint;
}

function tell<T extends Message['message'] | undefined>(message: T): T {
	if (messages.hasSubscribers) messages.publish({ message, time: process.hrtime.bigint() });
	return message;
}

type MessageOf<Type extends FromShim['type']> = Extract<FromShim, { type: Type }>;

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

/** Starts the shim; it waits for its config. */
export function startShim({ stdio, fds = [], terminal = false, sealed = false }: ShimOptions) {
	// Not execa: it adds nearly half of what a spawn costs. The end of the channel takes the place of its clean-up.
	const subprocess = spawn(shimPath, sealed ? ['--sealed'] : [], {
		stdio: [...stdio, 'pipe', ...(terminal ? ['pipe' as const] : []), ...fds],
		detached: true, // a session of its own: the terminal's signals are the controller's to forward
		env: {}, // the shim has no environment
	});
	const ended = endOf(subprocess);
	// Node has no streams for a process that it had no file descriptors for; what it then throws comes later, as an event
	if (!subprocess.stdio)
		throw new ProcreadyError('setup-failed', `cannot start ${shimPath}: EMFILE: raise RLIMIT_NOFILE`, {
			errno: 'EMFILE',
		});
	const channel = openChannel(subprocess.stdio[3] as Duplex);
	return {
		streams: streamsOf(subprocess, terminal),
		send: (message: InitConfig | ToShim) => channel.send(tell(message)),
		/** The next message, which must be of this type; anything else rejects. */
		async expect<Type extends FromShim['type']>(type: Type): Promise<MessageOf<Type>> {
			const message = tell(await channel.next());
			if (message?.type === type) return message as MessageOf<Type>;
			if (message?.type === 'procError') throw errorOf(message);
			if (message) throw new ProcreadyError('protocol-violated', `the shim sent ${message.type} instead of ${type}`);
			throw await lost(ended, type);
		},
		/** Of the terminal, while the program runs. */
		resize: (columns: number, rows: number) => channel.send({ type: 'procResize', height: rows, width: columns }),
		/** Lets go of the container: the shim kills what is left of it, reaps it and exits. */
		async close() {
			channel.close();
			await ended;
		},
	};
}

export type Shim = ReturnType<typeof startShim>;

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

function streamsOf({ stdin, stdout, stderr, stdio }: ChildProcess, hasTerminal: boolean): Streams {
	const [, , , , ...more] = stdio as readonly (Duplex | null | undefined)[];
	const terminal = (hasTerminal && more.shift()) || null;
	terminal?.on('error', () => {}); // ECONNRESET, EPIPE: the shim is gone, and `close` follows
	return { stdin, stdout, stderr, terminal, fds: more.map((stream) => stream ?? null) };
}

/** The channel ended where a message was due. In no state does that mean success. */
async function lost(ended: Promise<Ended>, awaited: string): Promise<ProcreadyError> {
	const { signal, cause } = await ended;
	const errno = errnoOf(cause);
	if (errno && /^(ENOENT|EACCES|ENOEXEC)$/.test(errno))
		return new ProcreadyError('shim-missing', `cannot start ${shimPath}: ${errno}; build it with make`, {
			errno,
			cause,
		});
	return new ProcreadyError('shim-died', `the shim ${signal ? `was killed by ${signal}` : 'ended'} before ${awaited}`, {
		cause,
	});
}

interface Ended {
	signal?: string | undefined;
	cause?: unknown;
}

/** Not `close`, which waits for the streams too: the caller may never read them. */
function endOf(subprocess: ChildProcess): Promise<Ended> {
	return new Promise((resolve) => {
		subprocess.once('exit', (_, signal) => resolve({ signal: signal ?? undefined }));
		subprocess.once('error', (cause) => resolve({ cause }));
	});
}

/** Of two names for a number the first: EAGAIN, not EWOULDBLOCK. */
const errnoNames = new Map(
	Object.entries(constants.errno)
		.reverse()
		.map(([name, number]) => [number, name]),
);

function errorOf({ step, errno: number, pointer, message }: ProcError): ProcreadyError {
	const errno = errnoNames.get(number);
	return new ProcreadyError(codeOf(step, errno, pointer), message, {
		step,
		...(errno === undefined ? {} : { errno }),
		...(pointer === undefined ? {} : { where: pointer }),
	});
}

function codeOf(step: string, errno: string | undefined, pointer: string | undefined): ErrorCode {
	if (step === 'config') return pointer === '/version' ? 'shim-refused' : 'option-invalid';
	if (step === 'exec')
		return errno === 'ENOENT' || errno === 'ENOTDIR' ? 'command-not-found' : 'command-not-executable';
	if (step === 'cwd') return 'cwd-invalid';
	return errno === 'EPERM' ? 'not-permitted' : 'setup-failed';
}
