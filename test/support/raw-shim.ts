/** The shim without a controller: a test speaks the protocol itself, rightly or wrongly. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { FromShim } from '../../controller/protocol/messages.js';
import type { InitConfig } from '../../controller/spec/init-config.js';
import { version } from '../../controller/spec/plan.js';
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

export interface RawShim {
	process: ChildProcess;
	write(text: string | Buffer): void;
	/** The next message; `undefined` at the end of the channel. */
	next(): Promise<FromShim | undefined>;
	/** Closes this end of the channel; resolves to how the shim ended. */
	close(): Promise<{ code: number | null; signal: string | null }>;
}

export function rawShim(stdio: 'ignore' | 'inherit' = 'ignore'): RawShim {
	const child = spawn(shim, [], { stdio: [stdio, stdio, stdio, 'pipe'], env: {} });
	const channel = child.stdio[3] as Duplex;
	const exit = once(child, 'exit');
	const lines: string[] = [];
	let rest = '';
	let ended = false;
	let wake = () => {};
	channel.on('error', () => {});
	channel.on('data', (chunk) => {
		const parts = (rest + chunk).split('\n');
		rest = parts.pop() as string;
		lines.push(...parts);
		wake();
	});
	channel.on('close', () => {
		ended = true;
		wake();
	});
	return {
		process: child,
		write: (text) => void channel.write(text),
		async next() {
			while (lines.length === 0 && !ended)
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			const line = lines.shift();
			return line === undefined ? undefined : JSON.parse(line);
		},
		async close() {
			channel.destroy();
			const [code, signal] = await exit;
			return { code, signal };
		},
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
export async function converse(shim: RawShim, count: number, config: object = goodConfig): Promise<number | undefined> {
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
