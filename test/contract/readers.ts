/** The two readers of an init config, as functions: the schema with a strict JSON reader before it, and the shim. */
import { spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FromShim, ToShim } from '../../controller/model/messages.js';
import { findViolation, validators } from '../../controller/model/validate.js';
import { shim } from '../support/paths.js';
import { JsonFault, readJson } from './strict-json.js';

/** `refused` with a pointer, or without one where the text is not even looked at. */
export type Verdict = 'accepted' | { refused: string | undefined };

/** Bytes of a line, its newline included. */
export const configMax = 4 << 20;

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
	const { messages } = await speak(text, (_, channel) => channel.end());
	const error = messages.at(-1);
	if (messages.length !== 1 || error?.type !== 'procError')
		throw new Error(`the shim said ${JSON.stringify(messages)} instead of one procError`);
	return error.step === 'config' ? { refused: error.pointer } : 'accepted';
}

export interface Conversation {
	messages: FromShim[];
	stdout: Buffer;
	status: number | null;
}

/** Sends the text as a line, then calls `reply`: first without a message, then for each that comes, until the shim ends. */
export async function speak(
	text: Buffer,
	reply: (message: FromShim | undefined, channel: Duplex) => void,
	newline = '\n',
): Promise<Conversation> {
	const child = spawn(shim, [], { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: {} });
	const channel = child.stdio[3] as Duplex;
	const stdout = buffer(child.stdout as Readable);
	const status = new Promise<number | null>((resolve) => child.once('exit', resolve));
	const closed = new Promise((resolve) => channel.once('close', resolve));
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
	await closed;
	return { status: await status, stdout: await stdout, messages };
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
