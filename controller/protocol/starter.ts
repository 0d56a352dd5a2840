/**
 * The starter: a process that forks the shims of several launches (../../shim/starter.c), so that most launches cost this
 * process no fork of its own. Each has a channel and pipes that were made when the starter was, and waits on these.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { getPriority } from 'node:os';
import { ProcreadyError } from '../errors.js';
import type { Stdio } from '../model/options.js';
import { type Ended, type ShimOptions, type Started, spawnShim } from './start.js';

/** Of one starter; LAUNCHES_MAX of ../../shim/starter.c at most. More of them are more open files, and fewer spawns. */
const launches = 16;
/** How many kinds of launches have a starter that waits. */
const kept = 2;

interface Starter {
	process: ChildProcess;
	/** What this process was like when it was started. */
	inherits: string;
	/** The channel of each launch to come, with its pipes. */
	waiting: Socket[][];
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
	const ended = new Promise<Ended>((resolve) => void channel.once('close', () => resolve({ cause: starter.failure })));
	if (stdin) void ended.then(() => stdin.destroy()); // as Node does when a process has ended
	return { channel, streams: { stdin, stdout, stderr, terminal: null, fds: [] }, ended };
}

/** None for what a starter has not. */
function letterOf(stdio: Stdio): string {
	return stdio === 'inherit' ? 'i' : stdio === 'ignore' ? 'n' : stdio === 'pipe' ? 'p' : '';
}

/** The pids of those that have a launch left: processes that are where this one was when it started them. */
export function waitingStarters(): number[] {
	return [...starters.values()].flatMap(({ waiting, process: { pid } }) => (waiting.length > 0 && pid) || []);
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
	const inherits = inherited();
	let starter = starters.get(key);
	if (starter && (starter.waiting.length === 0 || starter.inherits !== inherits)) {
		dismiss(starter);
		starter = undefined;
	}
	starter ??= begin(letters, sealed, inherits);
	starters.delete(key); // to be the last
	starters.set(key, starter);
	dismissAllBut(kept);
	return starter;
}

/** What Node can change of itself that a child inherits. */
function inherited(): string {
	const { getuid, geteuid, getgid, getegid, getgroups } = process;
	const ids = [getuid, geteuid, getgid, getegid, getgroups].map((get) => get?.());
	return [...ids, directory(), process.umask(), getPriority()].join();
}

function directory(): string {
	try {
		return process.cwd();
	} catch {
		return ''; // it was removed
	}
}

function begin(letters: string, sealed: boolean, inherits: string): Starter {
	const each = 1 + letters.replace(/[^p]/g, '').length;
	const own = [...letters].map((letter) => (letter === 'i' ? 'inherit' : 'ignore'));
	const pipes = new Array<Stdio>(launches * each).fill('pipe');
	const options = [...(sealed ? ['--sealed'] : []), '--starter', String(launches), letters];
	const made = spawnShim(options, [...(own as Stdio[]), ...pipes]);
	const sockets = made.pipes.slice(3) as Socket[];
	const waiting = Array.from({ length: launches }, (_, index) => sockets.slice(index * each, (index + 1) * each));
	const starter: Starter = { process: made.subprocess, inherits, waiting };
	starter.process.unref(); // neither it nor what waits keeps this process alive
	for (const socket of sockets) socket.unref();
	starter.process.once('exit', () => dismiss(starter));
	starter.process.once('error', (failure) => {
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

/** It ends with the last of those that it has started. */
function dismiss({ waiting }: Starter): void {
	for (const socket of waiting.splice(0).flat()) socket.destroy();
}
