/** The frame of subcommands that run a command many times: their words, their progress, and how they end. */
import { type ProcreadyError, unexpected } from '../errors.js';
import { inFlags, type Parsed } from '../flags/arguments.js';
import type { Flags } from '../model/flag.js';
import { checkReports } from './callers-file.js';
import { stdout } from './output.js';
import { helpText, type Page } from './page.js';
import { type Progress, showProgress } from './progress.js';
import { type Content, type ErrorReport, errorContent } from './report.js';
import { errorStatus, messageOf } from './status.js';
import { stopOnSignal } from './stop.js';
import { parseSubject } from './subject.js';

export interface Trial<F extends Flags> extends Parsed<F> {
	/** The words that stand before the command. */
	subjects: string[];
	progress: Progress;
	/** Fires when a signal is to end it. */
	signal: AbortSignal;
}

interface Subcommand<F extends Flags> {
	page: Page;
	flags: F;
	/** Resolves to the exit status. */
	act(trial: Trial<F>): Promise<number>;
	/** Says more of an error than its message. */
	explain?(error: ProcreadyError, values: Trial<F>['values']): string | undefined;
	/** Writes a report of an error, where one was asked for. */
	failed?(parsed: Parsed<F>, content: Content<ErrorReport>): void;
}

/** Resolves to the exit status. */
export async function runTrials<F extends Flags>(argv: string[], subcommand: Subcommand<F>): Promise<number> {
	const { page, flags, act, explain, failed } = subcommand;
	const parsed = parseSubject(argv, flags, page.name);
	if ('help' in parsed.values) {
		stdout.write(helpText(page));
		return 0;
	}
	checkReports(parsed.values);
	using stop = stopOnSignal();
	using progress = showProgress();
	try {
		return await act({ ...parsed, progress, signal: stop.abort });
	} catch (cause) {
		const error = unexpected(cause);
		const words = inFlags(error, flags, parsed.values);
		const message = messageOf(error, words, stop.received, `${page.name} had its answer`);
		progress.line(`procready: ${message}`);
		const more = explain?.(error, parsed.values);
		if (more !== undefined) progress.line(`procready: ${more}`);
		if (error.code !== 'not-written') failed?.(parsed, errorContent(error, message)); // else of that no report can tell
		return errorStatus(error, stop.received);
	}
}
