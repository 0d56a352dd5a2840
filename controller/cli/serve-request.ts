/** A line that `procready serve` reads, as schema/serve-requests.schema.json has it. */
import { invalidOption, isError, ProcreadyError } from '../errors.js';
import { isObject } from '../harness/is-object.js';
import { validators } from '../host/release.js';
import type { Options } from '../model/options.js';
import { mustBeValid } from '../model/validate.js';

/** Options without those of streams and the AbortSignal, which are not for a client. */
type ServedOptions = Omit<Options, 'stdin' | 'stdout' | 'stderr' | 'fds' | 'consoleSocket' | 'signal'>;

export interface RunRequest {
	type: 'run';
	id: string;
	command: string[];
	options?: ServedOptions;
	hits?: boolean;
}

export type ServeRequest = RunRequest | { type: 'cancel'; id: string } | { type: 'signal'; id: string; signal: string };

/** What a line asks for, that nothing more will be asked for, or what can be told of one that is not a request. */
export type ReadLine = { request: ServeRequest } | { end: true } | { id: string | null; error: ProcreadyError };

/** Bytes of a line, its line feed not counted. */
export const longestRequest = 16 * 2 ** 20;

export function readRequest(line: Buffer): ReadLine {
	let given: unknown;
	try {
		given = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
	} catch (cause) {
		const why = isError(cause) ? cause.message : String(cause);
		return { id: null, error: new ProcreadyError('option-invalid', `the line is not JSON: ${why}`, { cause }) };
	}
	const id = isObject(given) && typeof given.id === 'string' ? given.id : null;
	try {
		mustBeValid<ServeRequest | { type: 'end' }>(validators.request, given, 'request');
		return given.type === 'end' ? { end: true } : { request: given };
	} catch (error) {
		if (error instanceof ProcreadyError) return { id, error };
		throw error;
	}
}

export function tooLong(): ReadLine {
	return { id: null, error: invalidOption('line', `has more than ${longestRequest} bytes, and was left out`) };
}
