/** Collects what is wrong, so that all of it can be said at once. */
import { ProcreadyError } from '../../errors.js';

/** What `parse` gives, or nothing, with its error among the mistakes. */
export type Attempt = <T>(parse: () => T) => T[];

export function collectMistakes(): { mistakes: ProcreadyError[]; attempt: Attempt } {
	const mistakes: ProcreadyError[] = [];
	const attempt: Attempt = (parse) => {
		try {
			return [parse()];
		} catch (error) {
			if (!(error instanceof ProcreadyError)) throw error;
			mistakes.push(error);
			return [];
		}
	};
	return { mistakes, attempt };
}
