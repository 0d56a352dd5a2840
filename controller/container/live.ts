/** Watching and steering a container that runs, of this process or of another one. */

import { changeLimits } from '../cgroup/change.js';
import { eventTeller, type LimitEvent, watchEvents } from '../cgroup/events.js';
import { freeze, isFrozen, thaw } from '../cgroup/freezer.js';
import { gather, make } from '../cgroup/spare.js';
import { unthrottle } from '../cgroup/unthrottle.js';
import { notRunning, ownErrors, ProcreadyError, withOwnErrors } from '../errors.js';
import { readCaller } from '../host/caller.js';
import { readHost } from '../host/hierarchy.js';
import { machine } from '../host/machine.js';
import { isDoomed, signalTo } from '../host/processes.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import { inForce } from '../model/change.js';
import type { Limits } from '../model/limit-options.js';
import type { LinkLimits } from '../model/link.js';
import type { Directory } from '../model/plan.js';
import { parseDuration } from '../model/units.js';
import type { ExecOptions } from '../plan/join.js';
import { updateOf } from '../plan/update.js';
import { type Stats, statsOf } from '../report/stats.js';
import { execIn } from './exec.js';
import type { Execution } from './execution.js';
import { type Handle, handleOf } from './handle.js';
import { findContainer, listContainers } from './state.js';
import { startTicks } from './ticks.js';

export interface WatchOptions {
	/** Between two looks: milliseconds, or a string such as `'10s'`. */
	interval?: number | string;
	/** The iterator ends when it fires. */
	signal?: AbortSignal;
}

const sampleInterval = 1000;
const eventInterval = 50;
/** Where the kernel tells of events, it may all the same not be able to tell of the end. */
const slowInterval = 1000;

/** A container that was started with a name, by whichever process. Throws `not-running`. */
export function attach(name: string): LiveContainer {
	return ownErrors(() => new LiveContainer(handleOf(findContainer(name))));
}

/** All that run and have a name, of this user, in the order of the names. */
export function list(): LiveContainer[] {
	return ownErrors(() => listContainers().map((facts) => new LiveContainer(handleOf(facts))));
}

export class LiveContainer {
	/** Name of its cgroup directories. */
	readonly id: string;
	/** `undefined` where no other process can find it. */
	readonly name: string | undefined;
	/** Of the program, in the caller's pid namespace. */
	readonly pid: number;
	/** The command and its arguments. */
	readonly args: readonly string[];
	/** Of its first interface, in its own network; `undefined` where it has none. */
	readonly address: string | undefined;
	/** Of all its interfaces, in their order; without prefixes. */
	readonly addresses: readonly string[];
	readonly #handle: Handle;

	/** `attach` and `Container.launch` make it. */
	constructor(handle: Handle) {
		const { id, name, pid, args, interfaces } = handle.facts;
		this.id = id;
		this.name = name;
		this.pid = pid;
		this.args = args;
		this.addresses = interfaces.flatMap(({ addresses }) => addresses);
		this.address = this.addresses[0];
		this.#handle = handle;
	}

	/** The limits in force, as the kernel took them; when it has ended, those of the end. */
	get limits(): readonly AppliedLimit[] {
		return ownErrors(() => inForce(this.#handle.facts.limits, this.#handle.changes.all()));
	}

	/** What it uses now, and what was counted since the program was started. Rejects with `not-running`. */
	async stats(): Promise<Stats> {
		return ownErrors(() => {
			this.#mustRun();
			return this.#stats();
		});
	}

	/**
	 * The same again and again: now, and each `interval` (default: 1 s) until the container ends. The last one is what there
	 * was at the end; of a container of another process, what could be seen last.
	 */
	async *samples({ interval = sampleInterval, signal }: WatchOptions = {}): AsyncGenerator<Stats, void, undefined> {
		using ticks = startTicks(parseDuration(interval, '/interval', 'ms'), signal);
		this.#handle.ended?.then(ticks.ring);
		while (!signal?.aborted) {
			const isLast = !ownErrors(() => this.#handle.isRunning());
			const stats = ownErrors(() => this.#stats());
			if (stats.tasks.current !== null) yield stats; // its cgroup is still there
			if (isLast) return;
			await ticks.next();
		}
	}

	/**
	 * Each time that a limit is hit, until the container ends; the first event tells of all since the program was started.
	 * On cgroup v1 the counters are looked at each `interval` (default: 50 ms), v2 says when they change.
	 */
	async *events({ interval = eventInterval, signal }: WatchOptions = {}): AsyncGenerator<LimitEvent, void, undefined> {
		const { directories } = this.#handle.facts;
		const milliseconds = parseDuration(interval, '/interval', 'ms');
		let ring = () => {};
		using watching = watchEvents(directories, () => ring());
		using ticks = startTicks(watching ? slowInterval : milliseconds, signal);
		ring = ticks.ring;
		this.#handle.ended?.then(ring);
		const tell = eventTeller(directories);
		while (!signal?.aborted) {
			const isLast = !ownErrors(() => this.#handle.isRunning());
			yield* tell(ownErrors(() => this.#handle.counters()));
			if (isLast) return;
			await ticks.next();
		}
	}

	/**
	 * Other limits for what runs, in the words of the launch; what is not named stays. Resolves with those that were named,
	 * as the kernel took them. When one is refused, none is changed, and it rejects with `limit-refused`, `limit-too-small`
	 * (for memory.max, when it cannot be reclaimed below it), `option-invalid`, `controller-missing`, `file-unknown`; with
	 * `not-running` when it has ended. A memory limit by itself leaves a limit of swap as it is.
	 */
	async update(limits: Limits): Promise<AppliedLimit[]> {
		return this.#alone(async () => {
			const { facts, changes } = this.#handle;
			const writes = updateOf(limits, this.limits, facts, readHost());
			const counters = this.#handle.counters(); // before: lowering a limit may be its first hit
			for (const directory of new Set(writes.map(({ directory }) => directory)))
				if (facts.spare.includes(directory)) await enterDirectory(this.#handle, directory);
			const link = limits.link && (await this.#changeLink(limits.link));
			const applied = [...(await changeLimits(writes).catch((error) => undone(error, link))), ...(link?.applied ?? [])];
			changes.add({ wallTime: this.#wallTime(), limits: applied, counters });
			return applied;
		});
	}

	/** Few containers have a link, so only their updates load what changes it. */
	async #changeLink(link: LinkLimits) {
		const { changeLink } = await import('../network/change-link.js');
		return changeLink(this.#handle.facts, link, this.limits);
	}

	/**
	 * Stops all that runs in it, until `resume`; resolves when it has stopped. The time of `timeout` goes on. Signals but
	 * SIGKILL have no effect before it is resumed, and `exec` is refused. Rejects with `container-busy` when it cannot be
	 * stopped within some seconds, and then runs on.
	 */
	async pause(): Promise<void> {
		await this.#alone(async () => {
			await freeze(this.#handle);
			try {
				if (isDoomed(this.pid)) thaw(this.#handle.facts); // v1: killed meanwhile, and frozen it could not die
			} catch (error) {
				thaw(this.#handle.facts);
				throw error;
			}
		});
	}

	/** Lets it go on; does nothing to one that is not paused. */
	async resume(): Promise<void> {
		await this.#alone(async () => thaw(this.#handle.facts));
	}

	/**
	 * Sends a signal to the program, SIGKILL by default, which ends everything in the container, paused or not. With `asPid1`
	 * the kernel drops other signals that the program has no handler for (pid_namespaces(7)). Returns false when it has ended
	 * already.
	 */
	kill(signal: NodeJS.Signals = 'SIGKILL'): boolean {
		return ownErrors(() => {
			const sent = this.#handle.isRunning() && signalTo(this.pid, signal);
			if (sent && signal === 'SIGKILL') {
				thaw(this.#handle.facts); // v1: frozen it cannot die
				if (this.limits.some(({ limit }) => limit === 'cpu.max' || limit === 'cpu.time'))
					unthrottle(this.#handle.facts);
			}
			return sent;
		});
	}

	/**
	 * Starts `args` beside the program, in its namespaces and under its limits, and resolves when it runs. What `options`
	 * leave out is as with the program. Rejects with `not-running` when that has ended, with `paused`, with
	 * `tasks-exhausted` when pids.max leaves no room, and as `launch` does.
	 */
	async exec(args: readonly string[], options: ExecOptions = {}): Promise<Execution> {
		return withOwnErrors(async () => {
			this.#mustRun();
			return execIn(this.#handle.facts, args, options, readCaller());
		});
	}

	#mustRun(): void {
		if (!this.#handle.isRunning()) throw notRunning(this.id);
	}

	/** Runs `act` while nobody else changes or pauses the container. What fails because it has ended is `not-running`. */
	async #alone<T>(act: () => Promise<T>): Promise<T> {
		const whileItRuns = async () => {
			this.#mustRun();
			try {
				return await act();
			} catch (error) {
				if (error instanceof ProcreadyError && error.code === 'option-invalid') throw error;
				throw this.#handle.isRunning() ? error : notRunning(this.id, error);
			}
		};
		return withOwnErrors(() => this.#handle.changes.alone(whileItRuns));
	}

	#wallTime(): number {
		return Math.max(0, machine.monotonic() - this.#handle.facts.startedAt) / 1000;
	}

	#stats(): Stats {
		return statsOf(this.#handle.counters(), {
			wallTime: this.#wallTime(),
			paused: isFrozen(this.#handle.facts),
			limits: this.limits,
		});
	}
}

/** What was changed together with what is refused now is as it was. */
async function undone(error: unknown, link: { undo(): Promise<void> } | undefined): Promise<never> {
	await link?.undo();
	throw error;
}

/** Gives a container that runs an additional directory, where what follows is to bind it. */
async function enterDirectory(handle: Handle, directory: Directory): Promise<void> {
	await make(directory, handle);
	await gather(handle.facts, directory);
}
