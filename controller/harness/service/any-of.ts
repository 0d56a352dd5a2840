/** AbortSignal.any of Node 20.3, where the oldest Node is 20.0. */

/** Fires when one of them does. */
export function anyOf(signals: readonly (AbortSignal | undefined)[]): Disposable & { signal: AbortSignal } {
	const either = new AbortController();
	const abort = () => either.abort();
	const given = signals.filter((one) => one !== undefined);
	for (const one of given) one.addEventListener('abort', abort);
	if (given.some(({ aborted }) => aborted)) abort();
	return {
		signal: either.signal,
		[Symbol.dispose]() {
			for (const one of given) one.removeEventListener('abort', abort);
		},
	};
}
