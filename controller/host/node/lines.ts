/** Bytes and what they mean, by Node: JSON values a line each (the only user of ndjson), UTF-8, hashes, and diagnostics. */

import { channel } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import ndjson from 'ndjson';
import type { Duplex } from '../../model/streams.js';
import type { LineChannel, LineReceiver } from '../interface.js';

export function openLines(socket: Duplex, receiver: LineReceiver): LineChannel {
	const parser = ndjson.parse();
	parser.on('data', receiver.value);
	// a line `null` ends the stream of ndjson too: either way nothing more comes
	parser.on('end', receiver.ended);
	parser.on('error', receiver.failed);
	socket.on('data', (chunk) => parser.writable && parser.write(chunk)); // pipe() costs a launch more than the four messages do
	socket.on('error', () => {}); // ECONNRESET, EPIPE: the other side is gone; `close` follows
	socket.on('close', () => parser.end()); // also where it was closed from here
	return {
		write: (text) => void socket.write(text),
		end() {
			socket.end(); // not destroy(): what the other side says now is for nobody, but its end of the channel is its own end
			parser.end();
		},
	};
}

export function decodeUtf8(chunks: readonly Uint8Array[]): string {
	return Buffer.concat(chunks).toString('utf8');
}

export function sha256(...parts: (string | Uint8Array)[]): string {
	const { createHash } = createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto'); // 2 ms that others save
	const hash = createHash('sha256');
	for (const part of parts) hash.update(part);
	return hash.digest('hex');
}

const messages = channel('procready:message');

/** What the subscribers of the channel `procready:message` of node:diagnostics_channel get. */
export interface Announced {
	message: { type?: string };
	/** process.hrtime.bigint(), the clock of the shim's times. */
	time: bigint;
}

export function announce(message: object): void {
	if (messages.hasSubscribers) messages.publish({ message, time: process.hrtime.bigint() } satisfies Announced);
}
