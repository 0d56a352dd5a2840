/** What an AbortSignal does to a launch. */
import { ProcreadyError } from '../errors.js';
import type { Shim } from '../protocol/shim.js';

export function aborted(signal: AbortSignal): ProcreadyError {
	return new ProcreadyError('aborted', 'the AbortSignal fired: what was started was killed', { cause: signal.reason });
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
	if (signal?.aborted) throw aborted(signal);
}

/** To close the channel is enough: the shim kills what there is, and the message awaited next does not come. */
export function abortOn(signal: AbortSignal | undefined, shim: Shim) {
	const close = () => void shim.close();
	signal?.addEventListener('abort', close, { once: true });
	return { done: () => signal?.removeEventListener('abort', close) };
}
