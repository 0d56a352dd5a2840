/** NDJSON on the channel: the only user of ndjson, with the guards that it lacks. */
import type { Duplex } from 'node:stream';
import ndjson from 'ndjson';
import { ProcreadyError } from '../errors.js';
import type { FromShim, ToShim } from '../model/messages.js';
import { findViolation, validators } from '../model/validate.js';

export interface Channel {
	/** In one write. */
	send(...messages: (ToShim | object)[]): void;
	/** The next message; `undefined` when the shim's end is closed. Rejects with `protocol-violated`. */
	next(): Promise<FromShim | undefined>;
	/** Tells the shim that the container is not needed any more. */
	close(): void;
}

export function openChannel(socket: Duplex): Channel {
	const parser = ndjson.parse();
	const received: (FromShim | ProcreadyError | undefined)[] = [];
	let wake: (() => void) | undefined;
	const push = (item: (typeof received)[number]) => {
		received.push(item);
		wake?.();
	};
	parser.on('data', (value: unknown) => push(checked(value)));
	// a line `null` ends the stream of ndjson too: either way nothing more comes
	parser.on('end', () => push(undefined));
	parser.on('error', (cause: Error) => push(violated(cause.message, cause)));
	socket.on('data', (chunk) => parser.writable && parser.write(chunk)); // pipe() costs a launch more than the four messages do
	socket.on('error', () => {}); // ECONNRESET, EPIPE: the shim is gone; `close` follows
	socket.on('close', () => parser.end()); // also where it was closed from here
	return {
		send: (...messages) => void socket.write(messages.map((message) => `${JSON.stringify(message)}\n`).join('')),
		async next() {
			while (received.length === 0)
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			// the end stays the end
			const item = received.length === 1 && received[0] === undefined ? undefined : received.shift();
			if (item instanceof ProcreadyError) throw item;
			return item;
		},
		close() {
			socket.end(); // not destroy(): what the shim says now is for nobody, but its end of the channel is its own end
			parser.end();
		},
	};
}

function checked(value: unknown): FromShim | ProcreadyError {
	const violation = findViolation(validators.message, value);
	return violation ? violated(`${violation.pointer} ${violation.message}`) : (value as FromShim);
}

function violated(what: string, cause?: unknown): ProcreadyError {
	return new ProcreadyError('protocol-violated', `the shim sent no message of the protocol: ${what}`, { cause });
}
