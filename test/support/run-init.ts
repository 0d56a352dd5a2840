/** One run of the init without a controller, from the config to the end of the program. */
import { type StdioOptions, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { FromShim } from '../../controller/protocol/messages.js';
import type { InitConfig } from '../../controller/spec/init-config.js';
import { probe, shim } from './paths.js';
import { goodConfig } from './raw-shim.js';
import { type Seen, seen } from './see.js';

/** Members that are put over those of the good config; `undefined` takes one away. */
export type Change = { [Member in keyof InitConfig]?: InitConfig[Member] | undefined };

type Message<Type> = Extract<FromShim, { type: Type }>;

export interface InitOptions {
	/** Of the shim; root when absent. */
	uid?: number;
	gid?: number;
	/** stdin, stdout and stderr; by default nothing, a pipe and a pipe. More are handed to the shim from fd 4 on. */
	stdio?: StdioOptions;
	/** Called with the pid of the init, before procSetup. */
	onCreated?(pid: number): void | Promise<void>;
	/** Called with the pid of the init, before procRun. */
	onReady?(pid: number): void | Promise<void>;
	/** Called with the pid of the program, while it runs. */
	onStarted?(pid: number): void | Promise<void>;
}

export interface InitRun {
	/** Everything that the shim said. */
	messages: FromShim[];
	/** The error that ended it, if one did. */
	error: Message<'procError'> | undefined;
	/** How the program ended, if it ran. */
	exited: Message<'procExited'> | undefined;
	stdout: string;
	stderr: string;
}

/** Runs what the good config says with that change. */
export async function runInit(change: Change, options: InitOptions = {}): Promise<InitRun> {
	const { uid, gid, stdio = ['ignore', 'pipe', 'pipe'] } = options;
	const [input, output, errors, ...more] = stdio as unknown[];
	const child = spawn(shim, [], {
		stdio: [input, output, errors, 'pipe', ...more] as StdioOptions,
		env: {},
		...(uid === undefined ? {} : { uid }),
		...(gid === undefined ? {} : { gid }),
	});
	const channel = child.stdio[3] as Duplex;
	const exit = new Promise((resolve) => child.once('exit', resolve));
	const texts = [child.stdout, child.stderr].map((stream) => (stream ? text(stream as Readable) : ''));
	const messages: FromShim[] = [];
	let pid = 0;
	const say = (message: object) => channel.write(`${JSON.stringify(message)}\n`);
	const answer = async (message: FromShim) => {
		if (message.type === 'procCreated') {
			pid = message.pid;
			await options.onCreated?.(pid);
			say({ type: 'procSetup' });
		} else if (message.type === 'procReady') {
			await options.onReady?.(pid);
			say({ type: 'procRun' });
		} else if (message.type === 'procStarted') await options.onStarted?.(pid);
		else return false;
		return true;
	};
	channel.on('error', () => {}); // ECONNRESET: it did not read all there was
	say({ ...goodConfig, ...change });
	say({ type: 'procCreate' });
	try {
		for await (const line of lines(channel)) {
			messages.push(JSON.parse(line));
			if (!(await answer(messages.at(-1) as FromShim))) break;
		}
	} finally {
		channel.destroy();
		await exit;
	}
	const [stdout = '', stderr = ''] = await Promise.all(texts);
	return { messages, error: last(messages, 'procError'), exited: last(messages, 'procExited'), stdout, stderr };
}

/** The same with a program that prints what it sees; throws unless it ran to its end. */
export async function look(change: Change, options: InitOptions = {}): Promise<Seen> {
	const { error, exited, stdout, stderr } = await runInit({ args: [probe, 'see'], ...change }, options);
	if (!exited || !('code' in exited) || exited.code !== 0)
		throw new Error(`no clean end: ${JSON.stringify(error ?? exited)} ${stderr}`);
	return seen(stdout);
}

/** The error that such a config ends in; throws where there is none. */
export async function failure(change: Change, options: InitOptions = {}): Promise<Message<'procError'>> {
	const { error, messages } = await runInit(change, options);
	if (!error) throw new Error(`no error: ${JSON.stringify(messages)}`);
	return error;
}

async function* lines(channel: Duplex): AsyncGenerator<string> {
	let rest = '';
	for await (const chunk of channel) {
		const parts = `${rest}${chunk}`.split('\n');
		rest = parts.pop() as string;
		yield* parts;
	}
}

function last<Type extends FromShim['type']>(messages: FromShim[], type: Type): Message<Type> | undefined {
	return messages.findLast((message): message is Message<Type> => message.type === type);
}
