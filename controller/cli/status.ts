/** Exit statuses of the command line, and the one way to end with an error. */
import type { ProcreadyError } from '../errors.js';
import { signalNumber } from '../model/numbers.js';
import type { Ended, Result } from '../report/result.js';

/** That of the program, or 128 and the number of the signal that ended it. */
export function statusOf({ exitCode, signal }: Ended): number {
	return exitCode ?? 128 + signalNumber(signal as string);
}

/** Of a run: 124 when its time was up, 137 when it wrote more than it may, also where it then ended by itself. */
export function statusOfRun({ verdict, ...ended }: Result): number {
	if (verdict.outcome === 'timed-out') return 124;
	return verdict.causes.some(({ limit }) => limit === 'output') ? 137 : statusOf(ended);
}

/**
 * What is said of an error, in the place of `message`: an AbortSignal is nothing that a caller of the command line knows.
 * `before` is what the signal came before.
 */
export function messageOf(
	{ code }: ProcreadyError,
	message: string,
	received: NodeJS.Signals | undefined,
	before = 'the command ran',
): string {
	if (code !== 'aborted' || !received) return message;
	return `${received} came before ${before}: what was started for it was killed`;
}

/** `received` is the signal that this process got, if any. */
export function errorStatus({ code }: ProcreadyError, received: NodeJS.Signals | undefined): number {
	if (code === 'command-not-found') return 127;
	if (code === 'command-not-executable') return 126;
	return code === 'aborted' && received ? 128 + signalNumber(received) : 125;
}
