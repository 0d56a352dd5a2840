/**
 * The starter: a process that forks the shims of several launches (../../shim/starter.c), so that most launches cost this
 * process no fork of its own. Each has a channel and pipes that were made when the starter was, and waits on these.
 */
import { ProcreadyError } from '../errors.js';
import type { Child, Ended } from '../host/interface.js';
import { machine } from '../host/machine.js';
import { allProcesses, exists, findProcess, isDoomed, isStopped, signalTo } from '../host/processes.js';
import type { ProcessId } from '../model/container-facts.js';
import type { Stdio } from '../model/options.js';
import type { Socket } from '../model/streams.js';
import { type ShimOptions, type Started, spawnShim } from './start.js';

/** Of one starter; LAUNCHES_MAX of ../../shim/starter.c at most. More of them are more open files, and fewer spawns. */
const launches = 16;
/** How many kinds of launches have a starter that waits. */
const kept = 2;

interface Starter {
	child: Child;
	/** What this process was like when it was started. */
	inherits: string;
	/** The channel of each launch to come, with its pipes. */
	waiting: Socket[][];
	/** Of the launches that began, what is known of their shims: `undefined` until the new process is. */
	begun: Map<Socket, ProcessId | undefined>;
	/** Why it could not be started. */
	failure?: unknown;
}

/** By what it was started with; who was asked last is last. */
const starters = new Map<string, Starter>();
let isFirst = true;

/**
 * `undefined` where the shim has to be started by itself: for what only a spawn can hand over, and for the first launch of
 * this process, because most have no other.
 */
export function startByStarter({ stdio, fds = [], terminal, sealed = false }: ShimOptions): Started | undefined {
	const letters = stdio.map(letterOf).join('');
	if (isFirst || fds.length > 0 || terminal || letters.length < stdio.length) {
		isFirst = false;
		return undefined;
	}
	const starter = tryTake(letters, sealed);
	const [channel, ...pipes] = starter?.waiting.shift() ?? [];
	if (!starter || !channel) return undefined;
	for (const socket of [channel, ...pipes]) socket.ref();
	const pipe = (index: number) => (stdio[index] === 'pipe' ? (pipes.shift() ?? null) : null);
	const [stdin, stdout, stderr] = [pipe(0), pipe(1), pipe(2)];
	const ended = new Promise<Ended>(
		(resolve) => void channel.once('close', () => resolve({ failure: starter.failure })),
	);
	if (stdin) void ended.then(() => stdin.destroy()); // as Node does when a process has ended
	starter.begun.set(channel, undefined);
	void ended.then(() => starter.begun.delete(channel));
	const pids = () => outersOf(starter, channel);
	return {
		channel,
		streams: { stdin, stdout, stderr, terminal: null, fds: [] },
		ended,
		created: (pid) => void starter.begun.set(channel, findProcess(findProcess(pid)?.parent ?? 0)),
		pids,
		kill() {
			for (const pid of pids())
				if (pid !== starter.child.pid) signalTo(pid, 'SIGKILL');
				else end(starter);
		},
	};
}

/**
 * The shim that the starter forked for a launch. As long as it has said nothing nobody knows which of those it is that the
 * starter forked and that said nothing either: then all that are stopped, or the only one; and the starter, if it is that.
 */
function outersOf({ begun, child }: Starter, channel: Socket): number[] {
	const outer = begun.get(channel);
	if (outer) return exists(outer) ? [outer.pid] : [];
	const known = [...begun.values()];
	const isOnly = known.filter((one) => one === undefined).length === 1;
	const isKnown = ({ pid }: ProcessId) => known.some((one) => one?.pid === pid);
	return allProcesses()
		.filter(({ pid, parent }) => pid === child.pid || parent === child.pid)
		.filter((one) => isStopped(one) || (isOnly && one.pid !== child.pid && !isKnown(one)))
		.filter((one) => !isKnown(one))
		.map(({ pid }) => pid);
}

/** No letter: the starter cannot hand this kind over. */
function letterOf(stdio: Stdio): string {
	return stdio === 'inherit' ? 'i' : stdio === 'ignore' ? 'n' : stdio === 'pipe' ? 'p' : '';
}

/** The pids of those that have a launch left: processes that are where this one was when it started them. */
export function waitingStarters(): number[] {
	return [...starters.values()].flatMap(({ waiting, child: { pid } }) => (waiting.length > 0 && pid) || []);
}

/** None where so many files cannot be opened; then those that are held for launches to come are closed. */
function tryTake(letters: string, sealed: boolean): Starter | undefined {
	try {
		return starterOf(letters, sealed);
	} catch (error) {
		if (!(error instanceof ProcreadyError && error.errno === 'EMFILE')) throw error;
		dismissAllBut(0);
		return undefined;
	}
}

/** One that has a launch left. */
function starterOf(letters: string, sealed: boolean): Starter {
	const key = `${letters} ${sealed}`;
	const inherits = machine.inherited();
	let starter = starters.get(key);
	if (starter && !isUsable(starter, inherits)) {
		dismiss(starter);
		starter = undefined;
	}
	starter ??= begin(letters, sealed, inherits);
	starters.delete(key); // to be the last
	starters.set(key, starter);
	dismissAllBut(kept);
	return starter;
}

/** That it was killed is known here some time after it has happened. */
function isUsable({ waiting, inherits, child }: Starter, now: string): boolean {
	return waiting.length > 0 && inherits === now && child.pid !== undefined && !isDoomed(child.pid);
}

function begin(letters: string, sealed: boolean, inherits: string): Starter {
	const each = 1 + letters.replace(/[^p]/g, '').length;
	const own = [...letters].map((letter) => (letter === 'i' ? 'inherit' : 'ignore'));
	const pipes = new Array<Stdio>(launches * each).fill('pipe');
	const options = [...(sealed ? ['--sealed'] : []), '--starter', String(launches), letters];
	const child = spawnShim(options, [...(own as Stdio[]), ...pipes]);
	const sockets = child.pipes.slice(3) as Socket[];
	const waiting = Array.from({ length: launches }, (_, index) => sockets.slice(index * each, (index + 1) * each));
	const starter: Starter = { child, inherits, waiting, begun: new Map() };
	child.letGo(); // neither it nor what waits keeps this process alive
	for (const socket of sockets) socket.unref();
	void child.ended.then(({ failure }) => {
		starter.failure = failure;
		dismiss(starter);
	});
	return starter;
}

/** Those that were asked last stay. */
function dismissAllBut(number: number): void {
	for (const [key, starter] of [...starters].slice(0, Math.max(0, starters.size - number))) {
		starters.delete(key);
		dismiss(starter);
	}
}

/** Dismissed at once: no launch is given to one of which it is not known yet that it has ended. */
function end(starter: Starter): void {
	dismiss(starter);
	starter.child.kill();
}

/** It ends with the last of those that it has started. */
function dismiss({ waiting }: Starter): void {
	for (const socket of waiting.splice(0).flat()) socket.destroy();
}
