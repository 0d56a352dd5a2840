/** A program with a terminal that the shim relays, and this process at its other end. */
import type { Duplex } from 'node:stream';
import type { FromShim } from '../../controller/model/messages.js';
import { type Changes, converse, goodConfig, type RawShim, rawShim, type ShimOptions, turns } from './raw-shim.js';

export interface Terminal {
	shim: RawShim;
	pid: number;
	/** What is typed goes into it, what is printed comes out of it. */
	line: Duplex;
	/** All that was printed up to now. */
	printed(): string;
	/** Resolves when that matches. */
	until(pattern: RegExp): Promise<RegExpMatchArray>;
	/** Resolves when nothing more can be printed. */
	ended: Promise<void>;
	resize(height: number, width: number): void;
}

/** Resolves when the program runs. */
export async function openTerminal(changes: Changes, options: ShimOptions = {}): Promise<Terminal> {
	const shim = rawShim({ ...options, fds: ['pipe', ...(options.fds ?? [])] });
	const line = shim.fd(4);
	const chunks: Buffer[] = [];
	const printed = () => Buffer.concat(chunks).toString('latin1');
	line.on('error', () => {}); // the shim is gone, and with it what was typed last
	line.on('data', (chunk) => chunks.push(chunk));
	const ended = new Promise<void>((resolve) => line.once('end', resolve));
	const pid = await converse(shim, turns, { ...goodConfig, console: {}, ...changes });
	return {
		shim,
		pid: pid as number,
		line,
		printed,
		ended,
		async until(pattern) {
			for (;;) {
				const found = pattern.exec(printed());
				if (found) return found;
				await new Promise((resolve) => line.once('data', resolve));
			}
		},
		resize: (height, width) => shim.write(`{"type":"procResize","height":${height},"width":${width}}\n`),
	};
}

/** The same to its end: what was printed, and the last message. */
export async function runInTerminal(
	changes: Changes,
	options: ShimOptions = {},
): Promise<{ printed: string; last: FromShim | undefined }> {
	const terminal = await openTerminal(changes, options);
	const last = await terminal.shim.next();
	await terminal.shim.close(); // at once: what the terminal still holds has to come all the same
	await terminal.ended;
	return { printed: terminal.printed(), last };
}
