/** The moments at which something that runs is looked at. */

import { machine } from '../host/machine.js';

export interface Ticks extends Disposable {
	/** Resolves at the next moment: when it is time, or something rang since the last one. */
	next(): Promise<void>;
	ring(): void;
}

/** Each `interval` milliseconds from now on, however long what is done meanwhile takes; and when `signal` fires. */
export function startTicks(interval: number, signal: AbortSignal | undefined): Ticks {
	let rung = false;
	let wake = () => {};
	const ring = () => {
		rung = true;
		wake();
	};
	const stop = machine.every(interval, ring);
	signal?.addEventListener('abort', ring);
	return {
		ring,
		async next() {
			if (!rung)
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			rung = false;
		},
		[Symbol.dispose]() {
			stop();
			signal?.removeEventListener('abort', ring);
		},
	};
}
