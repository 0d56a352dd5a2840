/** A further process in a container, whose program has started. */
import { withOwnErrors } from '../errors.js';
import { signalTo } from '../host/processes.js';
import type { Duplex, Readable, Writable } from '../model/streams.js';
import type { Shim } from '../protocol/shim.js';
import type { Streams } from '../protocol/start.js';
import { type Ended, endedOf, wallTimeOf } from '../report/result.js';
import { type RusageOf, rusageOf } from '../report/usage.js';
import { aborted } from './setup.js';

export interface ExecutionResult extends Ended {
	/** Milliseconds from just before its first instruction to the end. */
	wallTime: number;
	/** getrusage(2) of the program and the children it waited for; times are milliseconds, maxrss is bytes. */
	rusage: RusageOf<number>;
}

interface Running {
	shim: Shim;
	pid: number;
	/** The moment of procRun: microseconds of CLOCK_MONOTONIC. */
	startedAt: number;
	signal: AbortSignal | undefined;
}

export class Execution implements AsyncDisposable, Streams {
	/** In the caller's pid namespace; not used again for another process before `wait()` resolved. */
	readonly pid: number;
	/** `null` unless the option was `'pipe'`. */
	readonly stdin: Writable | null;
	readonly stdout: Readable | null;
	readonly stderr: Readable | null;
	/** `null` unless the option `terminal` was given, without `consoleSocket`. */
	readonly terminal: Duplex | null;
	/** Those of the option `fds` that were `'pipe'`. */
	readonly fds: readonly (Duplex | null)[];

	readonly #running: Running;
	readonly #result: Promise<ExecutionResult>;
	#alive = true;

	/** `execIn` and `Container.exec` make it. */
	constructor(running: Running) {
		this.#running = running;
		this.pid = running.pid;
		({
			stdin: this.stdin,
			stdout: this.stdout,
			stderr: this.stderr,
			terminal: this.terminal,
			fds: this.fds,
		} = running.shim.streams);
		this.#result = withOwnErrors(() => this.#watch());
		this.#result.catch(() => {}); // reported by wait()
		if (running.signal?.aborted) this.kill();
	}

	/**
	 * Resolves when the program has ended; what it started may go on in the container. The end of the container ends it by
	 * SIGKILL. Rejects with `shim-died`, and with `aborted`.
	 */
	wait(): Promise<ExecutionResult> {
		return this.#result;
	}

	/** Sends a signal to the program, SIGKILL by default. Returns false when it has ended already. */
	kill(signal: NodeJS.Signals = 'SIGKILL'): boolean {
		return this.#alive && signalTo(this.pid, signal);
	}

	/** Tells the program that its terminal has another size. */
	resize({ columns, rows }: { columns: number; rows: number }): void {
		if (this.#alive) this.#running.shim.resize(columns, rows);
	}

	/** Kills the program if it lives, and waits until it is gone. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.kill();
		await this.#result.catch(() => {});
	}

	async #watch(): Promise<ExecutionResult> {
		const { shim, startedAt, signal } = this.#running;
		const kill = () => void this.kill();
		signal?.addEventListener('abort', kill);
		try {
			const exited = await shim.expect('procExited');
			if (signal?.aborted) throw aborted(signal);
			return { ...endedOf(exited), wallTime: wallTimeOf(exited, startedAt), rusage: rusageOf(exited.rusage) };
		} finally {
			this.#alive = false;
			signal?.removeEventListener('abort', kill);
			await shim.close(); // at once: until it is reaped the container cannot end
		}
	}
}
