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
	/** As if it had come from outside. */
	deliver(signal: NodeJS.Signals): void;
}

/** Catches the signals until it is disposed of. */
export function catchSignals(): Signals {
	const abort = new AbortController();
	let program: Program | undefined;
	let received: NodeJS.Signals | undefined;
	const end = (signal: NodeJS.Signals, isFirst: boolean) =>
		program?.kill(isFirst && takes(program.pid, signal) ? signal : 'SIGKILL');
	const deliver = (signal: NodeJS.Signals) => {
		const isFirst = received === undefined;
		received ??= signal;
		if (program) end(signal, isFirst);
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
			if (received) end(received, true);
		},
		deliver,
		[Symbol.dispose]() {
			for (const signal of ending) process.off(signal, deliver);
			for (const signal of telling) process.off(signal, tell);
		},
	};
}

/**
 * Whether a signal does what it should by itself. For process 1 of a pid namespace the kernel drops those that would be
 * its end by default (pid_namespaces(7)): only what it catches, ignores or blocks then counts.
 */
export function takes(pid: number, signal: NodeJS.Signals): boolean {
	const status = statusOf(pid);
	if (!/^NSpid:.*\t1$/m.test(status)) return true;
	const bit = 1n << BigInt(constants.signals[signal] - 1);
	return ['SigCgt', 'SigIgn', 'SigBlk'].some((mask) => {
		const hex = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0';
		return (BigInt(`0x${hex}`) & bit) !== 0n;
	});
}

function statusOf(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/status`, 'utf8');
	} catch {
		return ''; // it has just ended
	}
}
