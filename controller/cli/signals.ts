/** SIGINT and SIGTERM go to the program; a second one kills all of it. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Container } from '../container.js';

const forwarded: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

export interface Signals extends Disposable {
	/** Fires when a second signal comes while there is no program yet. */
	readonly abort: AbortSignal;
	/** The first that came. */
	readonly received: NodeJS.Signals | undefined;
	/** From now on signals are for this program, also one that came before. */
	forwardTo(container: Container): void;
}

/** Catches the signals until it is disposed of. */
export function catchSignals(): Signals {
	const abort = new AbortController();
	let container: Container | undefined;
	let received: NodeJS.Signals | undefined;
	const forward = (signal: NodeJS.Signals, isFirst: boolean) =>
		container?.kill(isFirst && handles(container.pid, signal) ? signal : 'SIGKILL');
	const handler = (signal: NodeJS.Signals) => {
		const isFirst = received === undefined;
		received ??= signal;
		if (container) forward(signal, isFirst);
		else if (!isFirst) abort.abort();
	};
	for (const signal of forwarded) process.on(signal, handler);
	return {
		abort: abort.signal,
		get received() {
			return received;
		},
		forwardTo(started) {
			container = started;
			if (received) forward(received, true);
		},
		[Symbol.dispose]() {
			for (const signal of forwarded) process.off(signal, handler);
		},
	};
}

/**
 * Whether the program catches, ignores or blocks a signal. If not, the default action should end it; but the program
 * is process 1 of its pid namespace, and for that the kernel drops such signals (pid_namespaces(7)).
 */
function handles(pid: number, signal: NodeJS.Signals): boolean {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	const bit = 1n << BigInt(constants.signals[signal] - 1);
	return ['SigCgt', 'SigIgn', 'SigBlk'].some((mask) => {
		const hex = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0';
		return (BigInt(`0x${hex}`) & bit) !== 0n;
	});
}
