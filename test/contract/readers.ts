/** The two readers of an init config, as functions: the schema with a strict JSON reader before it, and the shim. */
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { validators } from '../../controller/host/release.js';
import type { FromShim, ToShim } from '../../controller/model/messages.js';
import { findViolation } from '../../controller/model/validate.js';
import { shim } from '../support/paths.js';
import { JsonFault, readJson } from './strict-json.js';

/** `refused` with a pointer, or without one where the text is not even looked at. */
export type Verdict = 'accepted' | { refused: string | undefined };

/** Bytes of a line, its newline included. */
export const configMax = 16 << 20;

/** What the schema says. */
export function schemaVerdict(text: Buffer): Verdict {
	if (text.length + 1 > configMax) return { refused: undefined };
	const end = text.indexOf('\n');
	try {
		const violation = findViolation(validators.initConfig, readJson(end < 0 ? text : text.subarray(0, end)));
		return violation ? { refused: violation.pointer } : 'accepted';
	} catch (error) {
		if (error instanceof JsonFault) return { refused: error.pointer };
		throw error;
	}
}

/** What the shim says; no message follows the config, so that it starts nothing. */
export async function shimVerdict(text: Buffer): Promise<Verdict> {
	const channel = nextChannel();
	const closed = closing(channel);
	const messages = dialogue(channel, text, (_, channel) => channel.end(), '\n');
	await closed;
	const [error] = messages;
	if (messages.length !== 1 || error?.type !== 'procError')
		throw new Error(`the shim said ${JSON.stringify(messages)} instead of one procError`);
	return error.step === 'config' ? { refused: error.pointer } : 'accepted';
}

const waiting: Socket[] = [];

/**
 * Of a shim that was forked by a starter, ../../shim/starter.c, which takes a tenth of what a spawn does: there are
 * thousands of verdicts.
 */
function nextChannel(): Socket {
	if (waiting.length === 0) {
		const starter = spawn(shim, ['--starter', String(launches), 'nnn'], {
			stdio: ['ignore', 'ignore', 'inherit', ...new Array<'pipe'>(launches).fill('pipe')],
			env: {},
		});
		starter.unref();
		waiting.push(...(starter.stdio.slice(3) as Socket[]));
		for (const channel of waiting) channel.unref(); // those that nobody takes keep this process no longer
	}
	return (waiting.shift() as Socket).ref();
}

/** LAUNCHES_MAX of ../../shim/starter.c. */
const launches = 64;

/** Called first without a message, then with each that comes. */
type Reply = (message: FromShim | undefined, channel: Duplex) => void;

export interface Conversation {
	messages: FromShim[];
	stdout: Buffer;
	status: number | null;
}

/** Sends the text as a line to a shim of its own, and calls `reply` until that ends. */
export async function speak(text: Buffer, reply: Reply, newline = '\n'): Promise<Conversation> {
	const child = spawn(shim, [], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: {} });
	const channel = child.stdio[3] as Duplex;
	const stdout = buffer(child.stdout as Readable);
	const status = new Promise<number | null>((resolve) => child.once('exit', resolve));
	const closed = closing(channel);
	const messages = dialogue(channel, text, reply, newline);
	await closed;
	return { status: await status, stdout: await stdout, messages };
}

const closing = (channel: Duplex) => new Promise((resolve) => channel.once('close', resolve));

/** Sends and calls `reply`; what is returned fills until the channel is closed. */
function dialogue(channel: Duplex, text: Buffer, reply: Reply, newline: string): FromShim[] {
	const messages: FromShim[] = [];
	let rest = '';
	channel.on('error', () => {}); // ECONNRESET: it did not read all there was
	channel.on('data', (chunk) => {
		const lines = `${rest}${chunk}`.split('\n');
		rest = lines.pop() as string;
		for (const line of lines) {
			const message = JSON.parse(line) as FromShim;
			messages.push(message);
			if (message.type === 'procError')
				channel.end(); // the shim waits for it
			else reply(message, channel);
		}
	});
	channel.write(Buffer.concat([text, Buffer.from(newline)]));
	reply(undefined, channel);
	return messages;
}

export const send = (channel: Duplex, message: ToShim) => void channel.write(`${JSON.stringify(message)}\n`);

/** A whole run of the program, or as much of it as goes without an error. */
export function runThrough(text: Buffer): Promise<Conversation> {
	return speak(text, (message, channel) => {
		if (!message) send(channel, { type: 'procCreate' });
		else if (message.type === 'procCreated') send(channel, { type: 'procSetup' });
		else if (message.type === 'procReady') send(channel, { type: 'procRun' });
		else if (message.type !== 'procStarted') channel.destroy();
	});
}
