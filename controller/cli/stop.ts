/** For what runs many programs: the first signal ends it, and kills the one that runs. */
import { heeded } from '../host/node/self.js';

const ending: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];

export interface Stop extends Disposable {
	readonly abort: AbortSignal;
	/** The first that came. */
	readonly received: NodeJS.Signals | undefined;
}

/** Catches the signals until it is disposed of. */
export function stopOnSignal(): Stop {
	const abort = new AbortController();
	let received: NodeJS.Signals | undefined;
	const stop = (signal: NodeJS.Signals) => {
		received ??= signal;
		abort.abort();
	};
	const caught = heeded(ending);
	for (const signal of caught) process.on(signal, stop);
	return {
		abort: abort.signal,
		get received() {
			return received;
		},
		[Symbol.dispose]() {
			for (const signal of caught) process.off(signal, stop);
		},
	};
}
