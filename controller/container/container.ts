/** The one class: a container whose program has started. */

import { killNow } from '../cgroup/kill.js';
import { ProcreadyError, unexpected, withOwnErrors } from '../errors.js';
import { readCaller } from '../host/caller.js';
import { readHost } from '../host/hierarchy.js';
import { machine } from '../host/machine.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import { defined, nonEmpty } from '../model/defined.js';
import type { Host } from '../model/host.js';
import { allInTurn } from '../model/in-turn.js';
import type { Limits } from '../model/limit-options.js';
import type { Options } from '../model/options.js';
import type { OwnLimit } from '../model/own-limits.js';
import type { Plan } from '../model/plan.js';
import type { Spec } from '../model/spec.js';
import type { Duplex, Readable, Writable } from '../model/streams.js';
import { planOf } from '../plan/plan.js';
import { scheduleOf } from '../plan/schedule.js';
import { specOf } from '../plan/specify.js';
import type { Streams } from '../protocol/start.js';
import { type Result, resultOf, type Unanswered } from '../report/result.js';
import type { Meter } from './cpu-time.js';
import { type Following, follow } from './follow.js';
import { launch } from './launch.js';
import type { LaunchedContainer } from './launched.js';
import { LiveContainer, type WatchOptions } from './live.js';
import type { Output, openOutput, Three } from './output.js';
import { aborted } from './setup.js';
import { findContainer } from './state.js';
import { stdioOf } from './stdio.js';
import { victimsOf } from './victims.js';

let known: Host | undefined;

/** As it was when it was first asked for. */
function knownHost(): Host {
	known ??= readHost();
	return known;
}

let count = 0;
const seed = machine.readText('/proc/sys/kernel/random/uuid').slice(0, 8); // random(4)

/** Unique on this host, also where pid namespaces let two controllers have the same pid. */
export function nextId(): string {
	return `${machine.self().pid}-${seed}-${++count}`;
}

/** What `launch` would do with these: pure data; nothing is started. Throws as `launch` does for bad options. */
export function plan(args: readonly string[] | Spec, options: Options = {}): Plan {
	const host = knownHost();
	const containerPid = (name: string) => findContainer(name).pid;
	const spec = specOf(args, options, { ...readCaller(host), containerPid });
	const made = planOf(spec, host, nextId());
	return options.schedule ? { ...made, schedule: scheduleOf(options.schedule) } : made;
}

/**
 * Its `pid` is not used again for another process before `wait()` resolved, or with the option `init` before the program
 * has ended.
 */
export class Container extends LiveContainer implements AsyncDisposable, Streams {
	/** What was asked for and is not done, a sentence each. */
	readonly notes: readonly string[];
	/** `null` unless the option was `'pipe'`. */
	readonly stdin: Writable | null;
	readonly stdout: Readable | null;
	readonly stderr: Readable | null;
	/** `null` unless the option `terminal` was given, without `consoleSocket`. */
	readonly terminal: Duplex | null;
	/** Those of the option `fds` that were `'pipe'`. */
	readonly fds: readonly (Duplex | null)[];

	readonly #result: Promise<Result>;
	readonly #launched: LaunchedContainer;
	readonly #signal: AbortSignal | undefined;
	readonly #output: Output | undefined;
	#meter: Meter | undefined;
	/** The first of procready's own limits that was reached. */
	#endedFor: 'timeout' | OwnLimit | undefined;
	/** Why it could not go on, or not be ended. */
	#failure: ProcreadyError | undefined;
	/** Somebody called kill(): then a SIGKILL is no riddle. */
	#killed = false;

	/**
	 * Starts `args` in new namespaces under `options.limits`, or what a specification says, and resolves when the program
	 * runs.
	 * Rejects with a `ProcreadyError` when it does not; then nothing is left behind.
	 */
	static async launch(args: readonly string[] | Spec, options: Options = {}): Promise<Container> {
		const { fds, signal } = options;
		return withOwnErrors(async () => {
			const made = plan(args, options);
			const stdio = stdioOf(made.terminal, options);
			const output = made.outputMax === undefined ? undefined : await outputOf(stdio, made.outputMax, made.terminal);
			const start = (stdio: Three) => launch(made, { stdio, fds, rights: knownHost(), signal });
			return new Container(await (output ? output.handOver(start) : start(stdio)), output, signal);
		});
	}

	private constructor(launched: LaunchedContainer, output: Output | undefined, signal: AbortSignal | undefined) {
		super(launched);
		const { plan, shim } = launched;
		this.#launched = launched;
		this.#signal = signal;
		this.notes = plan.notes;
		this.#output = output;
		const streams = output?.begin(shim.streams, () => this.#exceed('output')) ?? shim.streams;
		({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = streams);
		({ terminal: this.terminal, fds: this.fds } = streams);
		this.#result = withOwnErrors(() => this.#watch());
		this.#result.catch(() => {}); // reported by wait()
		if (signal?.aborted) this.#killSurely();
	}

	/**
	 * Resolves when the program has ended and all that belonged to it is gone. Rejects with `shim-died` when the shim
	 * was killed from outside, and with `aborted`.
	 */
	wait(): Promise<Result> {
		return this.#result;
	}

	override kill(signal: NodeJS.Signals = 'SIGKILL'): boolean {
		if (signal === 'SIGKILL') this.#killed = true;
		return this.#end(signal);
	}

	/** Where nobody hears of what fails: what keeps this process from ending it does not keep the shim from that. */
	#killSurely(): void {
		try {
			this.kill();
		} catch (cause) {
			this.#failure ??= unexpected(cause);
			void this.#launched.shim.close();
		}
	}

	override async update(limits: Limits): Promise<AppliedLimit[]> {
		const applied = await super.update(limits);
		this.#meter?.look();
		return applied;
	}

	/** Tells the program that its terminal has another size. */
	resize({ columns, rows }: { columns: number; rows: number }): void {
		if (this.#launched.isRunning()) this.#launched.shim.resize(columns, rows);
	}

	/** Kills the container if it lives, and waits until nothing of it is left. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#killSurely();
		await this.#result.catch(() => {});
	}

	async #watch(): Promise<Result> {
		const { plan } = this.#launched;
		const signal = this.#signal;
		const kill = () => this.#killSurely();
		const forgetTimeout = plan.timeout ? machine.after(plan.timeout, () => this.#expire(), true) : () => {};
		signal?.addEventListener('abort', kill);
		const following = this.#follow();
		let result: Result | undefined;
		await allInTurn(
			async () => {
				result = await this.#resultOf(following);
			},
			() => this.#launched.end(),
			() => following?.end(),
			forgetTimeout,
			() => this.#meter?.end(),
			() => signal?.removeEventListener('abort', kill),
			() => this.#countOutput(),
			() => this.#launched.release().catch(() => {}), // the notes of the result say so
		);
		return result as Result;
	}

	async #resultOf(following: Following | undefined): Promise<Result> {
		const { plan, shim, facts } = this.#launched;
		this.#meter = plan.cpuTime === undefined ? undefined : await this.#startMeter(plan.cpuTime);
		const exited = await shim.expect('procExited').catch((error) => this.#unanswered(this.#failure ?? error));
		const { counters, changes } = this.#launched.end();
		const removed = plan.directories.map(({ path }) => path).filter((path) => !machine.exists(path));
		const [below, ancestors] = [this.#launched.below(), this.#launched.ancestors()];
		const counted = this.#launched.counted(this.limits);
		const victims = await victimsOf(this.#launched, counters, below);
		const schedule = await following?.end();
		const outputBytes = await this.#countOutput();
		if (this.#signal?.aborted) throw aborted(this.#signal);
		if (this.#failure) throw this.#failure;
		const ended = resultOf({
			plan,
			exited,
			counters,
			...{ ancestors, below, counted, victims },
			limits: facts.limits,
			changes,
			startedAt: facts.startedAt,
			timedOut: this.#endedFor === 'timeout',
			exceeded: this.#endedFor === 'timeout' ? undefined : this.#endedFor,
			outputBytes,
			killed: this.#killed,
			schedule,
			removed,
			unread: [...this.#launched.unread],
		});
		const notes = nonEmpty([...(ended.notes ?? []), ...(await this.#notesOfEnd())]);
		return { ...ended, ...defined({ notes }) };
	}

	/** Bytes, where they are counted: all that came before the last writer was gone. */
	async #countOutput(): Promise<number | undefined> {
		if (!this.#output) return undefined;
		await this.#launched.release().catch(() => {}); // its notes say so
		return this.#output.finish();
	}

	/** Few containers have such a limit, so only they load what keeps it. */
	async #startMeter(limit: number): Promise<Meter> {
		const { meterCpuTime } = await import('./cpu-time.js');
		const { directories, baseline } = this.#launched.facts;
		return meterCpuTime({
			directories,
			limit,
			since: baseline.cpu.total ?? 0,
			limits: () => this.limits,
			onSlowed: () => this.#launched.holdThrottling(),
			onExceeded: () => this.#exceed('cpu.time'),
			onFailed: (cause) => this.#giveUp('cpu.time', cause),
		});
	}

	#follow(): Following | undefined {
		const { plan, facts } = this.#launched;
		const now = () => (machine.monotonic() - facts.startedAt) / 1000;
		const container = {
			pid: this.pid,
			update: (limits: Limits) => this.update(limits),
			pause: () => this.pause().catch((error) => this.#resumeSurely().then(() => Promise.reject(error))),
			resume: () => this.#resumeSurely(),
			kill: (signal?: NodeJS.Signals) => this.kill(signal),
			events: (options?: WatchOptions) => this.events(options),
		};
		return plan.schedule && follow(container, plan.schedule, now);
	}

	#expire(): void {
		this.#endedFor ??= 'timeout';
		this.#killSurely();
	}

	/** A container that the schedule has paused, and nobody can resume, would never end. */
	async #resumeSurely(): Promise<void> {
		try {
			await this.resume();
		} catch (error) {
			this.#killSurely();
			throw error;
		}
	}

	#giveUp(limit: OwnLimit, cause: unknown): void {
		if (this.#endedFor !== undefined || this.#killed || !this.#launched.isRunning()) return;
		const { message, errno } = unexpected(cause);
		this.#failure = new ProcreadyError(
			'setup-failed',
			`${limit} could not be kept, so the container was killed: ${message}`,
			{ where: limit, cause, ...defined({ errno }) },
		);
		this.#killSurely();
	}

	/** All of it at once: what lives on meanwhile would use more. */
	#exceed(limit: OwnLimit): void {
		if (this.#endedFor !== undefined || this.#killed || !this.#launched.isRunning()) return;
		this.#endedFor = limit;
		this.#killed = true;
		try {
			killNow(this.#launched.facts.directories);
		} catch {
			// with its program ends whatever is left
		}
		this.#killSurely();
	}

	/** After a SIGKILL, also to one that is dead already, the shim has to say so. */
	#end(signal: NodeJS.Signals): boolean {
		if (signal === 'SIGKILL' && this.#launched.isRunning()) this.#launched.insist();
		return super.kill(signal);
	}

	/** How it ended, where the shim had to be ended before it could say so: what the kernel shows of that, and no more. */
	#unanswered(error: unknown): Unanswered {
		const waitStatus = this.#launched.insist().waitStatus();
		if (this.#launched.shim.whyEnded() === undefined) throw error;
		if (waitStatus === undefined && this.#endedFor === undefined) throw error;
		return { type: 'unanswered', time: machine.monotonic(), waitStatus };
	}

	/** What went wrong at the end: an account is not lost for that. */
	async #notesOfEnd(): Promise<string[]> {
		const failure = await this.#launched.release().then(
			() => [],
			(error: Error) => [error.message],
		);
		const why = this.#launched.shim.whyEnded();
		// what is left of it may hold them open
		if (why !== undefined) for (const stream of [this.terminal, this.stdout, this.stderr]) stream?.destroy();
		return [...(why === undefined ? [] : [`the shim was ended because it did not answer: ${why}`]), ...failure];
	}
}

/** Few containers have such a limit, so only they load what keeps it. */
async function outputOf(...given: Parameters<typeof openOutput>): Promise<Output> {
	const { openOutput } = await import('./output.js');
	return openOutput(...given);
}
