/** How it is told that procready itself failed: on stderr, and in the place of the report. */
import { type ProcreadyError, unexpected } from '../errors.js';
import { givenValue } from '../flags/arguments.js';
import type { Flags } from '../model/flag.js';
import { stderr } from './output.js';
import { type Content, type ErrorReport, errorContent, reporting } from './report.js';
import { errorStatus, messageOf } from './status.js';
import { writeJson } from './write-report.js';

/** What is not understood on a command line: the report goes where it was to go all the same. */
export async function tellMistake(cause: unknown, argv: string[], flags: Flags, operands = 0): Promise<number> {
	return tellFailure(cause, {
		received: undefined,
		words: ({ message }) => message,
		write: (content) => writeJson(givenValue(argv, flags, 'json', operands), reporting([]).complete(content)),
	});
}

export interface Telling {
	/** The signal that this process got, if any, and what it came before. */
	received: NodeJS.Signals | undefined;
	before?: string;
	/** What is said of the error, in the words of the command line. */
	words(error: ProcreadyError): string;
	/** Writes the reports that were asked for. */
	write(content: Content<ErrorReport>): unknown;
}

/** Resolves to the exit status. Throws what could not be written: of that no report can tell. */
export async function tellFailure(cause: unknown, { received, before, words, write }: Telling): Promise<number> {
	const error = unexpected(cause);
	if (error.code === 'not-written') throw error;
	const message = messageOf(error, words(error), received, before);
	stderr.write(`procready: ${message}\n`);
	await write(errorContent(error, message));
	return errorStatus(error, received);
}
