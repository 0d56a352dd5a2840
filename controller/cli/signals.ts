/** SIGINT and SIGTERM go to the program; a second one kills all of it. */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Container } from '../container.js';

const forwarded: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/** Until it is disposed of. */
export function forwardSignals(container: Container): Disposable {
	let received = 0;
	const forward = (signal: NodeJS.Signals) => {
		received++;
		container.kill(received === 1 && handles(container.pid, signal) ? signal : 'SIGKILL');
	};
	for (const signal of forwarded) process.on(signal, forward);
	return {
		[Symbol.dispose]() {
			for (const signal of forwarded) process.off(signal, forward);
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
