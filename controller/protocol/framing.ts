/** The channel to the shim: messages one way, messages the other, each held against the schema. */
import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { validators } from '../host/release.js';
import type { FromShim, ToShim } from '../model/messages.js';
import type { Duplex } from '../model/streams.js';
import { findViolation } from '../model/validate.js';

export interface Channel {
	/** In one write. */
	send(...messages: (ToShim | object)[]): void;
	/** The next message; `undefined` when the shim's end is closed. Rejects with `protocol-violated`. */
	next(): Promise<FromShim | undefined>;
	/** Tells the shim that the container is not needed any more. */
	close(): void;
}

export function openChannel(socket: Duplex): Channel {
	const received: (FromShim | ProcreadyError | undefined)[] = [];
	let wake: (() => void) | undefined;
	const push = (item: (typeof received)[number]) => {
		received.push(item);
		wake?.();
	};
	const lines = machine.openLines(socket, {
		value: (value) => push(checked(value)),
		failed: (cause) => push(violated(cause.message, cause)),
		ended: () => push(undefined),
	});
	return {
		send: (...messages) => lines.write(messages.map((message) => `${JSON.stringify(message)}\n`).join('')),
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
		close: () => lines.end(),
	};
}

function checked(value: unknown): FromShim | ProcreadyError {
	const violation = findViolation(validators.message, value);
	return violation ? violated(`${violation.pointer} ${violation.message}`) : (value as FromShim);
}

function violated(what: string, cause?: unknown): ProcreadyError {
	return new ProcreadyError('protocol-violated', `the shim sent no message of the protocol: ${what}`, { cause });
}
