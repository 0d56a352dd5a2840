/** Signals to a command in the foreground are for the program, as with runc(8): also those that cannot end it as process 1. */

import { heeded } from '../host/node/self.js';

/** What is caught; SIGKILL and SIGSTOP are this process's own. */
const forwarded: readonly NodeJS.Signals[] = [
	...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const),
	...(['SIGALRM', 'SIGCONT', 'SIGWINCH'] as const),
];

type Send = (signal: NodeJS.Signals) => unknown;

export interface Signals extends Disposable {
	/** From now on signals are sent so, also those that came before. */
	forwardTo(send: Send): void;
}

/** Catches the signals until it is disposed of. */
export function catchSignals(): Signals {
	const early: NodeJS.Signals[] = [];
	let deliver: Send = (signal) => early.push(signal);
	const caught = heeded(forwarded);
	const listen = (signal: NodeJS.Signals) => deliver(signal);
	for (const signal of caught) process.on(signal, listen);
	return {
		forwardTo(send) {
			deliver = send;
			for (const signal of early.splice(0)) send(signal);
		},
		[Symbol.dispose]() {
			for (const signal of caught) process.off(signal, listen);
		},
	};
}
