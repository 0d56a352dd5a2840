/**
 * The caller's stdout and stderr, and other files that the caller has opened. All that this process itself says goes through here, in the order in which it is said, and
 * by write(2): Node's process.stdout makes a pipe that is looked at O_NONBLOCK, for all that have it open, and ends this
 * process with an error of its own. What cannot be written ends nothing here; `flush` says it when all else is done.
 */
import { fstatSync, writeSync } from 'node:fs';
import { isatty, type WriteStream } from 'node:tty';
import { errnoOf, isUnread } from '../errors.js';
import { notWritten } from '../harness/not-written.js';
import { machine } from '../host/machine.js';
import { wantsColours } from '../report/colours.js';

export interface Output {
	write(text: string): void;
	/** Its window, where it is a terminal. */
	readonly terminal: WriteStream | undefined;
	/** What is written there may have colours: what every subcommand goes by. */
	readonly hasColours: boolean;
	/** Fires when it takes no more. */
	readonly closed: AbortSignal;
}

/** What waits to be written: of both, so that they keep their order where they are the same file. */
let last: Promise<void> | undefined;

class Stream implements Output {
	readonly #file: number;
	readonly #closed = new AbortController();
	/** Where one piece is missing those behind it are of no use. */
	#failure: unknown;

	constructor(file: number) {
		this.#file = file;
	}

	/** Only of a terminal, which Node opens anew for itself. */
	get terminal(): WriteStream | undefined {
		if (!isatty(this.#file)) return undefined;
		return this.#file === 1 ? process.stdout : process.stderr;
	}

	get hasColours(): boolean {
		return wantsColours(isatty(this.#file), process.env);
	}

	get closed(): AbortSignal {
		return this.#closed.signal;
	}

	get failure(): unknown {
		return this.#failure;
	}

	/** Time-outs and signals do not wait for whoever reads it. */
	write(text: string): void {
		const rest = last === undefined ? this.#now(Buffer.from(text)) : Buffer.from(text);
		if (rest.length === 0) return;
		const turn = (last ?? Promise.resolve())
			.then(() => (this.#failure === undefined ? machine.writeWhole(this.#file, rest) : undefined))
			.catch((error) => this.#fail(error))
			.then(() => {
				if (last === turn) last = undefined;
			});
		last = turn;
	}

	/** What can be written without a wait; returns the rest. */
	#now(chunk: Buffer): Buffer {
		let written = 0;
		try {
			const stats = fstatSync(this.#file);
			if (stats.isFIFO() || stats.isSocket()) return chunk;
			while (this.#failure === undefined && written < chunk.length) written += writeSync(this.#file, chunk, written);
		} catch (error) {
			if (errnoOf(error) === 'EAGAIN') return chunk.subarray(written);
			this.#fail(error);
		}
		return Buffer.of();
	}

	#fail(error: unknown): void {
		this.#failure = error;
		this.#closed.abort();
	}
}

const streams = { stdout: new Stream(1), stderr: new Stream(2) };
export const { stdout, stderr }: Record<'stdout' | 'stderr', Output> = streams;

/** Where what was asked for goes, by what is said of it. */
const asked = new Map([['stdout', streams.stdout]]);

/** Another open file of the caller's; `what` is said of it where it cannot be written: the flag and its value. */
export function openFile(number: number, what: string): Output {
	const stream = new Stream(number);
	asked.set(what, stream);
	return stream;
}

/**
 * Resolves when all that was said is written. Throws `not-written` where stdout or another file takes it no more, unless it
 * is only that nobody reads it: what was asked for is lost. stderr has only what nobody asked for.
 */
export async function flush(): Promise<void> {
	await last;
	for (const [what, { failure }] of asked)
		if (failure !== undefined && !isUnread(failure)) throw notWritten(what, failure);
}
