/** The one class: a container whose program has started. */

import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { type AppliedLimit, removeDirectories } from './cgroup/cgroup.js';
import { type Host, readHost } from './cgroup/hierarchy.js';
import { errnoOf } from './errors.js';
import { aborted, type Launched, launch } from './launch.js';
import { type Result, resultOf } from './report/result.js';
import { type Options, specOf } from './spec/options.js';
import { type Plan, planOf } from './spec/plan.js';

let host: Host | undefined;

let count = 0;
const seed = randomBytes(4).toString('hex');

/** Unique on this host, also where pid namespaces let two controllers have the same pid. */
function nextId(): string {
	return `${process.pid}-${seed}-${++count}`;
}

/** What `launch` would do with these: pure data; nothing is started. Throws as `launch` does for bad options. */
export function plan(args: readonly string[], options: Options = {}): Plan {
	const spec = specOf(args, options);
	host ??= readHost();
	return planOf(spec, host, nextId());
}

export class Container implements AsyncDisposable {
	/** Name of the container's cgroup directories. */
	readonly id: string;
	/** Of the program, in the caller's pid namespace; not used again for another process before `wait()` resolved. */
	readonly pid: number;
	/** The limits as the kernel took them. */
	readonly limits: readonly AppliedLimit[];
	/** `null` unless the option was `'pipe'`. */
	readonly stdin: Writable | null;
	readonly stdout: Readable | null;
	readonly stderr: Readable | null;

	readonly #result: Promise<Result>;
	readonly #launched: Launched;
	#alive = true;
	#timedOut = false;
	/** Somebody called kill(): then a SIGKILL is no riddle. */
	#killed = false;

	/**
	 * Starts `args` in new namespaces under `options.limits` and resolves when the program runs.
	 * Rejects with a `ProcreadyError` when it does not; then nothing is left behind.
	 */
	static async launch(args: readonly string[], options: Options = {}): Promise<Container> {
		const { stdin = 'pipe', stdout = 'pipe', stderr = 'pipe', signal } = options;
		return new Container(await launch(plan(args, options), { stdio: [stdin, stdout, stderr], signal }));
	}

	private constructor(launched: Launched) {
		const { plan, shim, pid, limits, signal } = launched;
		this.#launched = launched;
		this.id = plan.id;
		this.pid = pid;
		this.limits = limits;
		this.stdin = (shim.subprocess.stdin as Writable | undefined) ?? null;
		this.stdout = (shim.subprocess.stdout as Readable | undefined) ?? null;
		this.stderr = (shim.subprocess.stderr as Readable | undefined) ?? null;
		this.#result = this.#watch();
		this.#result.catch(() => {}); // reported by wait()
		if (signal?.aborted) this.kill();
	}

	/**
	 * Resolves when the program has ended and all that belonged to it is gone. Rejects with `shim-died` when the shim
	 * was killed from outside, and with `aborted`.
	 */
	wait(): Promise<Result> {
		return this.#result;
	}

	/**
	 * Sends a signal to the program, SIGKILL by default, which ends everything in the container. The program is
	 * process 1 of its pid namespace: other signals reach it only if it has a handler (pid_namespaces(7)).
	 * Returns false when it has ended already.
	 */
	kill(signal: NodeJS.Signals = 'SIGKILL'): boolean {
		if (signal === 'SIGKILL') this.#killed = true;
		try {
			return this.#alive && process.kill(this.pid, signal);
		} catch (error) {
			if (errnoOf(error) === 'ESRCH') return false; // the shim was killed, and with it the program
			throw error;
		}
	}

	/** Kills the container if it lives, and waits until nothing of it is left. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.kill();
		await this.#result.catch(() => {});
	}

	async #watch(): Promise<Result> {
		const { plan, shim, account, limits, runTime, signal } = this.#launched;
		const kill = () => void this.kill();
		const timer = plan.timeout && setTimeout(() => this.#expire(), plan.timeout);
		signal?.addEventListener('abort', kill);
		try {
			const exited = await shim.expect('procExited');
			this.#alive = false;
			if (signal?.aborted) throw aborted(signal);
			return resultOf({
				plan,
				exited,
				counters: account.read(),
				ancestors: account.ancestors(),
				limits,
				runTime,
				timedOut: this.#timedOut,
				killed: this.#killed,
			});
		} finally {
			this.#alive = false;
			clearTimeout(timer);
			signal?.removeEventListener('abort', kill);
			account.close();
			await removeDirectories(plan.directories).finally(() => shim.close());
		}
	}

	#expire(): void {
		this.#timedOut = true;
		this.kill();
	}
}
