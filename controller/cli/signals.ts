/** Signals go to the program; a second one of those that end a program kills all of it. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

const ending: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];
const telling: readonly NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR2'];

interface Program {
	pid: number;
	kill(signal: NodeJS.Signals): boolean;
}

export interface Signals extends Disposable {
	/** Fires when a second signal comes while there is no program yet. */
	readonly abort: AbortSignal;
	/** The first that came. */
	readonly received: NodeJS.Signals | undefined;
	/** From now on signals are for this program, also one that came before. */
	forwardTo(program: Program): void;
	/** As if SIGHUP had come, unless a signal has come already. */
	hangUp(): void;
}

/** Catches the signals until it is disposed of. */
export function catchSignals(): Signals {
	const abort = new AbortController();
	let program: Program | undefined;
	let received: NodeJS.Signals | undefined;
	let check: NodeJS.Timeout | undefined;
	const end = (target: Program, signal: NodeJS.Signals, isFirst: boolean) => {
		const fate = isFirst ? fateOf(target.pid, signal) : 'dropped';
		target.kill(fate === 'dropped' ? 'SIGKILL' : signal);
		if (fate !== 'blocked') return;
		check = setTimeout(() => fateOf(target.pid, signal) === 'dropped' && target.kill('SIGKILL'), patience);
	};
	const deliver = (signal: NodeJS.Signals) => {
		const isFirst = received === undefined;
		received ??= signal;
		if (program) end(program, signal, isFirst);
		else if (!isFirst) abort.abort();
	};
	const tell = (signal: NodeJS.Signals) => void program?.kill(signal);
	for (const signal of ending) process.on(signal, deliver);
	for (const signal of telling) process.on(signal, tell);
	return {
		abort: abort.signal,
		get received() {
			return received;
		},
		forwardTo(started) {
			program = started;
			if (received) end(started, received, true);
		},
		hangUp() {
			if (received === undefined) deliver('SIGHUP');
		},
		[Symbol.dispose]() {
			clearTimeout(check);
			for (const signal of ending) process.off(signal, deliver);
			for (const signal of telling) process.off(signal, tell);
		},
	};
}

/** Milliseconds. */
const patience = 100;

/**
 * What becomes of a signal. For process 1 of a pid namespace the kernel drops those that would be its end by default
 * (pid_namespaces(7)), unless it catches or ignores them. One that is blocked may be waited for, by sigwait(3), which shows
 * it as not blocked meanwhile; or it is blocked only now, as a shell does it around a fork, and dropped a moment later.
 */
function fateOf(pid: number, signal: NodeJS.Signals): 'taken' | 'blocked' | 'dropped' {
	const status = textOf(`/proc/${pid}/status`);
	if (!/^NSpid:.*\t1$/m.test(status)) return 'taken';
	const bit = 1n << BigInt(constants.signals[signal] - 1);
	const has = (mask: string) => {
		const hex = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0';
		return (BigInt(`0x${hex}`) & bit) !== 0n;
	};
	if (has('SigCgt') || has('SigIgn')) return 'taken';
	return has('SigBlk') || textOf(`/proc/${pid}/wchan`).includes('sigtimedwait') ? 'blocked' : 'dropped';
}

/** Whether a signal sent now is not simply dropped. */
export function takes(pid: number, signal: NodeJS.Signals): boolean {
	return fateOf(pid, signal) !== 'dropped';
}

function textOf(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return ''; // it has just ended
	}
}
