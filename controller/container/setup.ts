/** The set-up of a launch, from the start of the shim to the program's first instruction. It ends, whatever it waits for. */

import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import type { FromShim } from '../model/messages.js';
import type { Shim } from '../protocol/shim.js';
import { duration } from '../report/words.js';

const defaultTimeout = 30_000;

export function aborted(signal: AbortSignal): ProcreadyError {
	return new ProcreadyError('aborted', 'the AbortSignal fired: what was started was killed', { cause: signal.reason });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
	if (signal?.aborted) throw aborted(signal);
}

/** Those that are awaited, and what the shim does before it sends them. */
const messages = {
	procCreated: 'the new process to be made',
	procMounted: 'the namespaces and mounts of that process to be made',
	procReady: 'the namespaces, root and mounts of that process to be made',
	procHeld: 'the new process to go on without the shim',
	procStarted: 'the new process to become the program',
};

type Awaited = keyof typeof messages;

export interface Setup extends Disposable {
	/** Rejects when the time is up, or the AbortSignal fires. What then becomes of `act` is for the caller. */
	step<T>(what: string, act: Promise<T>): Promise<T>;
	/** The next message of the shim, likewise. */
	expect<Type extends Awaited>(type: Type): Promise<Extract<FromShim, { type: Type }>>;
	/** Why it was ended before its time, if it was. */
	failure(): ProcreadyError | undefined;
}

/** `timeout` in milliseconds; 0 is no end. */
export function openSetup(shim: Shim, signal: AbortSignal | undefined, timeout = defaultTimeout): Setup {
	let failure: ProcreadyError | undefined;
	let awaited = '';
	let reject: (reason: ProcreadyError) => void = () => {};
	const stopped = new Promise<never>((_, stop) => {
		reject = stop;
	});
	stopped.catch(() => {}); // it may come between two steps
	const stop = (error: ProcreadyError) => {
		failure ??= error;
		reject(failure);
	};
	const onAbort = () => stop(aborted(signal as AbortSignal));
	const forget = timeout > 0 ? machine.after(timeout, () => stop(timedOut(timeout, awaited)), true) : () => {};
	signal?.addEventListener('abort', onAbort, { once: true });
	const step = <T>(what: string, act: Promise<T>) => {
		awaited = what;
		return Promise.race([stopped, act]);
	};
	return {
		step,
		expect: (type) => step(`${messages[type]} (${type})`, shim.expect(type)),
		failure: () => failure,
		[Symbol.dispose]() {
			forget();
			signal?.removeEventListener('abort', onAbort);
		},
	};
}

function timedOut(timeout: number, awaited: string): ProcreadyError {
	return new ProcreadyError(
		'setup-timed-out',
		`setupTimeout: the program did not run within ${duration(timeout)}, and what was started was killed; procready waited for ${awaited}`,
		{ where: '/setupTimeout' },
	);
}
