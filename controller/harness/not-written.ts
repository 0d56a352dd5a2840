/** Reports and other files that are asked for. */
import { errnoOf, ProcreadyError, reasonOf } from '../errors.js';

/** `what` is the flag or the kind of it, and where it is to go; `where` the option at fault, where there is one. */
export function notWritten(what: string, cause: unknown, where?: string): ProcreadyError {
	const errno = errnoOf(cause);
	return new ProcreadyError('not-written', `${what}: cannot be written: ${reasonOf(cause)}`, {
		cause,
		...(errno && { errno }),
		...(where && { where }),
	});
}
