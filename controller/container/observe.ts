/**
 * A command that is only observed: it runs in the namespaces, the cgroups and the rights of whoever asks, as it would without
 * procready, and what is said of it is which limits that others have set it hit. The shim is its parent, who tells how it
 * ended; no step of that needs a right.
 */

import { readCounters } from '../cgroup/counters.js';
import { readKernelLog, sharesCgroupsWithLog, sharesPidsWithLog } from '../cgroup/kernel-log.js';
import { type Watching, watchCgroups } from '../cgroup/observe.js';
import { errnoOf, withOwnErrors } from '../errors.js';
import { readCaller } from '../host/caller.js';
import { pathIn } from '../host/cgroup-mounts.js';
import { readCgroups } from '../host/hierarchy.js';
import { ifThere, noting, textIfThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import { signalTo, withDescendants } from '../host/processes.js';
import { defined, nonEmpty } from '../model/defined.js';
import type { ProcExited } from '../model/messages.js';
import type { Observed } from '../model/observed.js';
import type { Readable, Writable } from '../model/streams.js';
import { type ObserveOptions, observationOf, type Observation as Planned } from '../plan/observe.js';
import { type Shim, startShim } from '../protocol/shim.js';
import { waitingStarters } from '../protocol/starter.js';
import { observedNotes } from '../report/observed.js';
import { endedOf, processOf, type Result, wallTimeOf } from '../report/result.js';
import { countedOf, usageOf } from '../report/usage.js';
import { verdictOf } from '../report/verdict.js';
import { type Victim, victimsIn, victimWords } from '../report/victims.js';
import { nextId } from './container.js';
import { letGo } from './insist.js';
import { collected, type RunResult } from './run.js';
import { aborted, openSetup, throwIfAborted } from './setup.js';
import { stdioOf } from './stdio.js';

export type { ObserveOptions } from '../plan/observe.js';

/**
 * Runs `args` as it would run without procready, to its end, and says which limits that others have set it hit: `observed`
 * and `verdict` of the result. Needs no right, no cgroup that may be written to, and none at all. Resolves however the
 * command ended; rejects with a `ProcreadyError` when it could not be started, or was aborted.
 */
export async function observe(args: readonly string[], options: ObserveOptions = {}): Promise<RunResult> {
	return withOwnErrors(() => collected(options, (others) => Observation.launch(args, others)));
}

/** Milliseconds between two looks at who else is there. */
const interval = 100;

interface Started {
	planned: Planned;
	shim: Shim;
	pid: number;
	/** Microseconds of CLOCK_MONOTONIC. */
	startedAt: number;
	watching: Watching;
	/** Lines of the kernel's log that were there before; `null`: it may not be read. */
	logged: number | null;
	/** What could not be read, a sentence each. */
	unread: Set<string>;
	signal: AbortSignal | undefined;
}

/** A command that runs and is only observed. */
export class Observation implements AsyncDisposable {
	/** In the caller's pid namespace; not used again for another process before `wait()` resolved. */
	readonly pid: number;
	/** `null` unless the option was `'pipe'`. */
	readonly stdin: Writable | null;
	readonly stdout: Readable | null;
	readonly stderr: Readable | null;

	readonly #started: Started;
	readonly #result: Promise<Result>;
	#alive = true;
	#killed = false;
	#timedOut = false;

	/** Starts `args`, and resolves when it runs. Rejects with a `ProcreadyError` when it does not. */
	static async launch(args: readonly string[], options: ObserveOptions = {}): Promise<Observation> {
		return withOwnErrors(async () => new Observation(await start(args, options)));
	}

	private constructor(started: Started) {
		this.#started = started;
		this.pid = started.pid;
		({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = started.shim.streams);
		this.#result = withOwnErrors(() => this.#watch());
		this.#result.catch(() => {}); // reported by wait()
		if (started.signal?.aborted) this.kill();
	}

	/**
	 * Resolves when the command has ended; what it started and left behind goes on, as it would without procready. Rejects
	 * with `shim-died`, and with `aborted`.
	 */
	wait(): Promise<Result> {
		return this.#result;
	}

	/**
	 * Sends a signal to the command. SIGKILL, the default, is also for what it has started, as far as that is found: its
	 * session, and what descends from it. Returns false when it has ended already.
	 */
	kill(signal: NodeJS.Signals = 'SIGKILL'): boolean {
		if (!this.#alive) return false;
		if (signal !== 'SIGKILL') return signalTo(this.pid, signal);
		this.#killed = true;
		return killFamily(this.pid);
	}

	/** Kills the command if it runs, and waits until it is gone. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.kill();
		await this.#result.catch(() => {});
	}

	async #watch(): Promise<Result> {
		const { planned, shim, signal, watching, unread } = this.#started;
		const kill = () => void this.kill();
		const expire = () => {
			this.#timedOut = this.kill();
		};
		signal?.addEventListener('abort', kill);
		const forgetTimeout = planned.timeout ? machine.after(planned.timeout, expire, true) : () => {};
		const forgetLooks = machine.every(interval, () => noting(unread, () => watching.look()));
		try {
			const exited = await shim.expect('procExited');
			const observed = noting(unread, () => watching.read());
			if (signal?.aborted) throw aborted(signal);
			return this.#resultOf(exited, observed);
		} finally {
			this.#alive = false;
			forgetLooks();
			forgetTimeout();
			signal?.removeEventListener('abort', kill);
			await shim.close();
		}
	}

	#resultOf(exited: ProcExited, observed: Observed): Result {
		const { planned, startedAt, unread } = this.#started;
		const ended = { ...endedOf(exited), timedOut: this.#timedOut };
		const nothingCounted = readCounters(() => undefined);
		const usage = usageOf(nothingCounted, exited.rusage);
		const inForce = {
			...{ limits: [], ancestors: [], below: [], seccomp: false, timeout: planned.timeout, observed },
			rlimits: inheritedLimits(),
			victims: noting(unread, () => this.#victims(observed)),
		};
		const notes = nonEmpty([
			...notesOf(observed),
			...observedNotes(observed),
			...[...unread].map((text) => `${text}: what it says is not known`),
		]);
		return {
			...{ id: nextId(), args: planned.init.args },
			...ended,
			...{ wallTime: wallTimeOf(exited, startedAt), limits: [], changes: [] },
			...defined({ notes }),
			usage,
			observed: { cgroups: observed.cgroups, usage: countedOf(observed.counters) },
			verdict: verdictOf({ ...ended, killed: this.#killed, process: processOf(exited) }, inForce, usage),
		};
	}

	/** Those of the log that came since the start, where its numbers and paths are those of this process. */
	#victims({ kills }: Observed): Victim[] | null {
		const { logged, pid } = this.#started;
		if (!kills || logged === null || !sharesPidsWithLog() || !sharesCgroupsWithLog()) return null;
		const path = memoryPath();
		const lines = readKernelLog(victimWords)?.slice(logged);
		return path === undefined || !lines ? null : victimsIn(lines, path, pid);
	}
}

async function start(args: readonly string[], options: ObserveOptions): Promise<Started> {
	const { signal } = options;
	const planned = observationOf(args, options, readCaller());
	throwIfAborted(signal);
	const unread = new Set<string>();
	await machine.startThreads(); // a limit of tasks is for this process too, and its report comes when the command may have used it up
	const watching = noting(unread, () => watchCgroups(readCgroups()));
	const logged = noting(unread, () => readKernelLog(victimWords))?.length ?? null;
	const shim = startShim({ stdio: stdioOf(undefined, options) });
	using setup = openSetup(shim, signal, planned.setupTimeout);
	let pid: number | undefined;
	try {
		shim.send(planned.init);
		shim.send({ type: 'procCreate' }, { type: 'procSetup' });
		const created = await setup.expect('procCreated');
		pid = created.pid;
		await setup.expect('procReady');
		const { settling } = watching;
		if (settling > 0)
			await setup.step('what procready has used to be no longer throttled for', machine.sleep(settling + 10));
		const own = () => [machine.self().pid, ...shim.pids(), ...waitingStarters()];
		noting(unread, () => watching.baseline({ pid: created.pid, own }));
		const startedAt = machine.monotonic();
		shim.send({ type: 'procRun' });
		await setup.expect('procStarted');
		return { planned, shim, pid: created.pid, startedAt, watching, logged, unread, signal };
	} catch (error) {
		await letGo({ shim, pid, directories: [] });
		throw setup.failure() ?? error;
	}
}

/** The session that the command leads, and what descends from it. False when all of it is gone. */
function killFamily(pid: number): boolean {
	const family = withDescendants([pid], ({ session }) => session === pid);
	return [...family].map(killOne).some((sent) => sent);
}

/** False where it is gone, or somebody else's: a set-user-ID program. */
function killOne(pid: number): boolean {
	try {
		return signalTo(pid, 'SIGKILL');
	} catch (error) {
		if (errnoOf(error) !== 'EPERM') throw error;
		return false;
	}
}

/** proc_pid_limits(5), of this process, whose children inherit them; those that the kernel enforces with a signal. */
function inheritedLimits() {
	const text = textIfThere('/proc/self/limits') ?? '';
	const number = (word: string) => (word === 'unlimited' ? -1 : Number(word));
	return Object.entries({
		RLIMIT_CPU: 'Max cpu time',
		RLIMIT_FSIZE: 'Max file size',
		RLIMIT_RTTIME: 'Max realtime timeout',
	}).flatMap(([type, name]) => {
		const [, soft, hard] = new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(text) ?? [];
		return soft === undefined || hard === undefined ? [] : [{ type, soft: number(soft), hard: number(hard) }];
	});
}

/** The path of the cgroup that this process is in, where memory is limited, as the kernel's log has it. */
function memoryPath(): string | undefined {
	const text = ifThere('/proc/self/cgroup', () => machine.readFile('/proc/self/cgroup')) ?? '';
	const path = pathIn(text, 'memory') ?? pathIn(text, '');
	return path === '/' ? undefined : path;
}

function notesOf({ cgroups }: Observed): string[] {
	const missing = ['memory', 'pids', 'cpu'].filter(
		(name) => !cgroups.some(({ controllers }) => controllers.includes(name)),
	);
	return missing.length === 0
		? []
		: [
				`no cgroup of this process with ${missing.join(', ')} can be seen here: which limits of that kind are hit is not known`,
			];
}
