/** The shim without a controller: a test speaks the protocol itself, rightly or wrongly. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { version } from '../../controller/host/release.js';
import type { InitConfig } from '../../controller/model/init-config.js';
import type { FromShim } from '../../controller/model/messages.js';
import { forEverybody } from './everybody.js';
import { shim } from './paths.js';

export const goodConfig: InitConfig = {
	version,
	initType: 'standard',
	args: ['true'],
	env: ['PATH=/usr/bin:/bin'],
	cwd: '/',
	namespaces: { pid: 'new', mount: 'new', uts: 'new', ipc: 'new', cgroup: 'new' },
	rootfsPropagation: 'slave',
	mounts: [{ destination: '/proc', type: 'proc', set: ['nosuid', 'noexec', 'nodev'] }],
	cgroup: { directories: [], bases: [] },
};

/** One end of a channel, and what comes from the other. */
export interface RawChannel {
	write(text: string | Buffer): void;
	/** The next message; `undefined` at the end of the channel. */
	next(): Promise<FromShim | undefined>;
	/** Closes this end. */
	destroy(): void;
}

export interface RawShim extends Pick<RawChannel, 'write' | 'next'> {
	process: ChildProcess;
	/** This end of a file descriptor of the shim that is a `pipe`: a socket, which carries both directions. */
	fd(number: number): Duplex;
	/** Closes this end of the channel; resolves to how the shim ended. */
	close(): Promise<{ code: number | null; signal: string | null }>;
}

/** What a file descriptor of the shim is: as in child_process, or the number of one of this process. */
export type Fd = 'ignore' | 'inherit' | 'pipe' | number;

export interface ShimOptions {
	/** stdin, stdout and stderr. */
	stdio?: [Fd, Fd, Fd];
	/** From 4 on: that of the console, then the preserved ones, or some that the shim knows nothing of. */
	fds?: Fd[];
	/** From a copy of itself that cannot be changed, as process 1, a root and a container that is joined need it. */
	sealed?: boolean | undefined;
	/** Instead of root. */
	uid?: number;
	/** A command that the shim is started by, with fd 3 and the others as they are: it and its arguments. */
	under?: string[];
	/** What the dialogue of `run` does at a turn, before the message is sent; `outer` is the pid of the shim. */
	before?: (turn: Turn, pid: number, outer: number) => void | Promise<void>;
	/** What `run` does when the program has started, before it waits for its end. */
	running?: (pid: number, outer: number) => void | Promise<void>;
}

/** Members that are put over those of the good config; `undefined` takes one away. */
export type Changes = { [Member in keyof InitConfig]?: InitConfig[Member] | undefined };

export function rawShim(options: ShimOptions = {}): RawShim {
	const { stdio = ['ignore', 'ignore', 'ignore'], fds = [], sealed, uid, under = [] } = options;
	const program = uid === undefined ? shim : forEverybody(shim);
	const [command = program, ...args] = [...under, program, ...(sealed ? ['--sealed'] : [])];
	const child = spawn(command, args, {
		stdio: [...stdio, 'pipe', ...fds],
		env: under.length > 0 ? process.env : {},
		...(uid === undefined ? {} : { uid, gid: uid }),
	});
	const channel = rawChannel(child.stdio[3] as Duplex);
	const exit = once(child, 'exit');
	return {
		process: child,
		fd: (number) => child.stdio[number] as Duplex,
		write: channel.write,
		next: channel.next,
		async close() {
			channel.destroy();
			const [code, signal] = await exit;
			return { code, signal };
		},
	};
}

export function rawChannel(socket: Duplex): RawChannel {
	const lines: string[] = [];
	let rest = '';
	let ended = false;
	let wake = () => {};
	socket.on('error', () => {});
	socket.on('data', (chunk) => {
		const parts = (rest + chunk).split('\n');
		rest = parts.pop() as string;
		lines.push(...parts);
		wake();
	});
	socket.on('close', () => {
		ended = true;
		wake();
	});
	return {
		write: (text) => void socket.write(text),
		async next() {
			while (lines.length === 0 && !ended)
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			const line = lines.shift();
			return line === undefined ? undefined : JSON.parse(line);
		},
		destroy: () => void socket.destroy(),
	};
}

/** What the controller sends, and what the shim answers to it, up to the running program. */
const dialogue = [
	{ send: (config: object) => JSON.stringify(config), receive: undefined },
	{ send: () => '{"type":"procCreate"}', receive: 'procCreated' },
	{ send: () => '{"type":"procSetup"}', receive: 'procReady' },
	{ send: () => '{"type":"procRun"}', receive: 'procStarted' },
] as const;

/** How many messages the controller sends. */
export const turns = dialogue.length;

/** Holds the first `count` turns with a shim; returns the pid of the init once it is known. */
export async function converse(
	shim: Pick<RawChannel, 'write' | 'next'>,
	count: number,
	config: object = goodConfig,
): Promise<number | undefined> {
	let pid: number | undefined;
	for (const { send, receive } of dialogue.slice(0, count)) {
		shim.write(`${send(config)}\n`);
		if (!receive) continue;
		const message = await shim.next();
		if (message?.type !== receive) throw new Error(`${receive} expected, not ${JSON.stringify(message)}`);
		if (message.type === 'procCreated') pid = message.pid;
	}
	return pid;
}

export type Turn = 'procSetup' | 'procRun';

export interface Run {
	/** All that the shim sent: the last is procExited, procError, or of a shim that died. */
	messages: FromShim[];
	last: FromShim | undefined;
	/** What the program printed; empty where it went elsewhere. */
	stdout: string;
	stderr: string;
	/** How the shim ended. */
	exit: { code: number | null; signal: string | null };
}

/** A whole run: `goodConfig` with these changes, to the end. */
export async function run(changes: Changes, options: ShimOptions = {}): Promise<Run> {
	const shim = rawShim({ stdio: ['ignore', 'pipe', 'pipe'], sealed: changes.process1, ...options });
	const printed = (stream: Readable | null) => (stream ? text(stream) : Promise.resolve(''));
	const output = Promise.all([printed(shim.process.stdout), printed(shim.process.stderr)]);
	const messages: FromShim[] = [];
	shim.write(`${JSON.stringify({ ...goodConfig, ...changes })}\n{"type":"procCreate"}\n`);
	try {
		await listen(shim, messages, options);
	} catch (error) {
		await shim.close();
		throw error;
	}
	const exit = await shim.close();
	const [stdout, stderr] = await output;
	return { messages, last: messages.at(-1), stdout, stderr, exit };
}

/** Adds what the shim says to `messages` and answers it, until the last. */
async function listen(shim: RawShim, messages: FromShim[], options: ShimOptions): Promise<void> {
	const outer = shim.process.pid as number;
	let pid = 0;
	for (let message = await shim.next(); message; message = await shim.next()) {
		messages.push(message);
		if (message.type === 'procExited' || message.type === 'procError') return;
		if (message.type === 'procCreated') pid = message.pid;
		if (message.type === 'procStarted') await options.running?.(pid, outer);
		const turn = replies.get(message.type);
		if (!turn) continue;
		await options.before?.(turn, pid, outer);
		shim.write(`{"type":"${turn}"}\n`);
	}
}

const replies = new Map<string, Turn>([
	['procCreated', 'procSetup'],
	['procReady', 'procRun'],
]);
