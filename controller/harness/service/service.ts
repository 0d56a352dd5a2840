/** A service: a program under limits that is waited for until it is ready, has clients outside of its limits, and is stopped. */

import type { Container } from '../../container/container.js';
import { type RunResult, run } from '../../container/run.js';
import { withOwnErrors } from '../../errors.js';
import { machine } from '../../host/machine.js';
import { isDoomed } from '../../host/processes.js';
import type { Options } from '../../model/options.js';
import type { Spec } from '../../model/spec.js';
import { duration } from '../../report/words.js';
import { anyOf } from './any-of.js';
import { hearing, launchHeard } from './hearing.js';
import { type Moment, momentOf, phaseOf } from './phases.js';
import { look, mustBeFree } from './probes.js';
import { type Awaited, parseReady, type Ready, wordsFor } from './ready.js';
import { ServiceFailure, type ServiceResult } from './result.js';
import { type Asked, type Lacking, parseStop, type Stop, type StopOptions, servedVerdict } from './stop.js';
import { type ClientNetwork, reachedOf, type Surroundings } from './surroundings.js';

/** The options of a run, and: */
export interface ServiceOptions extends Omit<Options, 'stdin' | 'stdout' | 'stderr'> {
	/** What shows that it is ready. */
	ready: Ready;
	/** How it is stopped. Default: SIGTERM, and SIGKILL 5 s later. */
	stop?: StopOptions;
}

/** Of a client, which has no limits, and is in the network of the service where that is not the host's. */
export type ClientOptions = Pick<
	Options,
	'cwd' | 'env' | 'extendEnv' | 'input' | 'maxOutput' | 'signal' | 'timeout' | 'user'
>;

/** A script for `sh -c`, or a list of words. */
export type ClientCommand = string | readonly string[];

/** Milliseconds that a command has which is to show that it is ready: what is cut short by the end of all says nothing. */
const leastTime = 500;

export class Service implements AsyncDisposable {
	/** As it runs: its `address`, `stats()`, `update()`, `kill()`. */
	readonly container: Container;
	readonly #network: ClientNetwork;
	readonly #asked: Asked;
	readonly #result: Promise<RunResult>;
	/** Fires when it has ended. */
	readonly #gone = new AbortController();
	readonly #moments: { ready?: Moment; from?: Moment; to?: Moment } = {};
	#clients = 0;
	/** Until it is ready, and when a client was cut short. */
	#lacking: Lacking | undefined;
	#stopped: Promise<ServiceResult> | undefined;

	/**
	 * Starts `args` under its limits, and resolves when it is ready. Rejects with `service-failed` where it is not, with the
	 * `result`, or where another process listens already where it is to; with `option-invalid`, with `aborted`, and as
	 * `launch` does. Then nothing is left.
	 */
	static async start(
		args: readonly string[] | Spec,
		given: ServiceOptions,
		surroundings?: Surroundings,
	): Promise<Service> {
		return withOwnErrors(async () => {
			const { ready, stop, ...options } = given ?? {};
			const [awaited, asked] = [parseReady(ready), parseStop(stop)];
			const { network, namespaces } = options;
			const hasOwnFiles = options.rootfs !== undefined || !Array.isArray(args);
			if ((network ?? 'host') === 'host' && (namespaces?.network ?? 'host') === 'host')
				mustBeFree(awaited, hasOwnFiles);
			const heard = hearing(awaited.output);
			const { container, result } = await launchHeard(args, options, heard);
			const { addresses, network: ofClients } = reachedOf(container, surroundings);
			const service = new Service(container, result, ofClients, asked);
			try {
				await service.#becomeReady(awaited, addresses, heard.hasSaid);
			} catch (error) {
				await service[Symbol.asyncDispose]();
				throw error;
			}
			return service;
		});
	}

	private constructor(container: Container, result: Promise<RunResult>, network: ClientNetwork, asked: Asked) {
		this.container = container;
		this.#result = result;
		this.#network = network;
		this.#asked = asked;
		const gone = () => this.#gone.abort();
		result.then(gone, gone);
	}

	/**
	 * Runs a client outside of the limits, and resolves to what `run` gives, however it ends. Rejects with `service-failed`
	 * where the service ends before it, which ends it too, and as `run` does.
	 */
	async client(command: ClientCommand, options: ClientOptions = {}): Promise<RunResult> {
		return Service.clientOf([this], command, options);
	}

	/** The same of several services, in the network of the last; any of them may end before it. */
	static async clientOf(
		services: readonly Service[],
		command: ClientCommand,
		options: ClientOptions = {},
	): Promise<RunResult> {
		return withOwnErrors(async () => {
			const last = services.at(-1);
			using either = anyOf([...services.map((one) => one.#gone.signal), options.signal]);
			for (const one of services) await one.#clientStarts();
			try {
				return await run(wordsFor(command), { ...options, ...(last as Service).#network, signal: either.signal });
			} catch (error) {
				const ended = services.find((one) => one.#hasEnded());
				if (!ended || options.signal?.aborted) throw error;
				ended.#lacking = { atItsEnd: 'while a client ran' };
				throw new ServiceFailure(await ended.stop());
			} finally {
				for (const one of services) await one.#clientEnded();
			}
		});
	}

	/**
	 * Stops it, and resolves when nothing of it is left; how it was stopped, and what it used, is in the result. Its verdict
	 * is `passed` where it ended on the signal. Rejects with `aborted`, and with `shim-died`.
	 */
	stop(): Promise<ServiceResult> {
		this.#stopped ??= withOwnErrors(() => this.#end());
		return this.#stopped;
	}

	/** Stops it, whatever becomes of that. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop().catch(() => {});
	}

	async #becomeReady(awaited: Awaited, addresses: readonly string[], hasSaid: () => boolean): Promise<void> {
		const looking = {
			...{ container: this.container, addresses, hasSaid },
			run: (words: readonly string[], timeout: number) =>
				run(words, { ...this.#network, timeout: Math.max(leastTime, timeout), signal: this.#gone.signal }),
		};
		const end = performance.now() + awaited.timeout;
		const pauses = awaited.command ? { first: 20, most: 250 } : { first: 2, most: 50 };
		for (let pause = pauses.first; ; pause = Math.min(pause * 1.5, pauses.most)) {
			const left = end - performance.now();
			const why = await this.#unlessGone(look(awaited, looking, left));
			if (why === undefined) break;
			this.#lacking = {
				atItsEnd: `before it was ready: ${awaited.text} was awaited`,
				inTime: `It was not ready within ${duration(awaited.timeout)}: ${awaited.text} was awaited, and ${why}.`,
			};
			if (left <= 0 || this.#gone.signal.aborted) throw new ServiceFailure(await this.stop());
			await machine.sleep(Math.min(pause, Math.max(1, left)), this.#gone.signal).catch(() => {});
		}
		this.#lacking = undefined;
		const moment = await this.#moment();
		if (moment) this.#moments.ready = moment;
	}

	#hasEnded(): boolean {
		return this.#gone.signal.aborted || isDoomed(this.container.pid);
	}

	/** A look may be cut short by the end of the service, or find nothing of it any more. */
	async #unlessGone(looking: Promise<string | undefined>): Promise<string | undefined> {
		try {
			return await looking;
		} catch (error) {
			if (this.#hasEnded()) return 'it has ended';
			throw error;
		}
	}

	async #clientStarts(): Promise<void> {
		this.#clients++;
		if (this.#moments.from) return;
		const moment = await this.#moment();
		if (moment) this.#moments.from = moment;
	}

	async #clientEnded(): Promise<void> {
		if (--this.#clients > 0) return;
		const moment = await this.#moment();
		if (moment) this.#moments.to = moment;
	}

	/** `undefined` where it has ended. */
	async #moment(): Promise<Moment | undefined> {
		if (this.#hasEnded()) return undefined;
		return this.container.stats().then(momentOf, () => undefined);
	}

	async #end(): Promise<ServiceResult> {
		const { signal, within } = this.#asked;
		const before = await this.#moment();
		const isAsked = before !== undefined && this.container.kill(signal);
		let isKilled = false;
		const kill = () => {
			isKilled = isAsked && !isDoomed(this.container.pid);
			if (isKilled) void this.container[Symbol.asyncDispose](); // whatever keeps it from being killed
		};
		const result = await this.#result.finally(machine.after(within, kill, true));
		const after = isAsked ? Math.max(0, result.wallTime - before.wallTime) : null;
		const ended = isKilled ? 'killed' : isAsked ? 'on the signal' : 'by itself';
		const stop: Stop = { signal, within, ended, after };
		const { ready, from, to } = this.#moments;
		const last = { wallTime: result.wallTime, ...result.usage };
		return {
			...result,
			verdict: servedVerdict(result, stop, this.#lacking),
			readyAfter: ready?.wallTime ?? null,
			phases: {
				ready: ready ? phaseOf(ready) : null,
				clients: from && to ? phaseOf(to, from) : null,
				end: phaseOf(last, to ?? from ?? ready),
			},
			stop,
		};
	}
}
