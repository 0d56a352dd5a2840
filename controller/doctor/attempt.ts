/** Tries what may not work; how it failed is a fact. */
import { readFileSync } from 'node:fs';
import { errnoOf, isError, ProcreadyError } from '../errors.js';
import type { Attempt, Failure } from './facts.js';

export function attempt(call: () => unknown): Attempt {
	try {
		call();
		return 'done';
	} catch (error) {
		return failureOf(error);
	}
}

export function failed(attempt: Attempt): attempt is Failure {
	return typeof attempt === 'object';
}

export function failureOf(error: unknown): Failure {
	const { step, errno } = error instanceof ProcreadyError ? error : { step: undefined, errno: errnoOf(error) };
	return {
		...(step === undefined ? {} : { step }),
		...(errno === undefined ? {} : { errno }),
		message: isError(error) ? error.message : String(error),
	};
}

/** Without the line feed at its end; `undefined` where it cannot be read. */
export function textOf(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8').trimEnd();
	} catch {
		return undefined;
	}
}
