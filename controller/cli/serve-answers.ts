/**
 * What `procready serve --stdio` writes, a line each. schema/serve-answers.schema.json is generated from these types and their
 * descriptions: `make generate`. What it reads is in schema/serve-requests.schema.json.
 */
import type { LimitEvent } from '../cgroup/events.js';
import type { RunResult } from '../container/run.js';
import type { ErrorDescription } from '../errors.js';
import type { Provenance } from '../harness/provenance.js';
import type { ErrorReport, ResultReport } from './report.js';

/** The first line: who answers, and how much it takes on. */
export interface HelloAnswer extends Provenance {
	/** Which answer it is. */
	type: 'hello';
	/** How many programs run at once. */
	jobs: number;
	/** How many more may wait; one more is refused with the code `server-busy`. */
	waiting: number;
}

/** The program runs. */
export interface StartedAnswer {
	/** Which answer it is. */
	type: 'started';
	/** That of the request. */
	id: string;
	/** The process id on the host. */
	pid: number;
}

/** A limit was hit, where the request asked for that. */
export interface HitAnswer {
	/** Which answer it is. */
	type: 'hit';
	/** That of the request. */
	id: string;
	/** Which limit, and how often. */
	event: LimitEvent;
}

/** What the program wrote. */
export type Output = Pick<RunResult, 'stdout' | 'stderr' | 'truncated' | 'written'>;

/** The last of each run: it has ended, and nothing of it is left; or it could not be started, or was cancelled. */
export interface ResultAnswer {
	/** Which answer it is. */
	type: 'result';
	/** That of the request, which may be used again. */
	id: string;
	/** As `--json` of `procready run` has it. */
	report: ResultReport | ErrorReport;
	/** What the program wrote; `null` with an error. */
	output: Output | null;
}

/** The signal was sent, or not, because the program has ended. */
export interface SignaledAnswer {
	/** Which answer it is. */
	type: 'signaled';
	/** That of the request. */
	id: string;
	/** Its name, such as `SIGTERM`. */
	signal: string;
	/** It was sent. */
	sent: boolean;
}

/** A line that was not understood, or is not possible now. All others go on. */
export interface RefusedAnswer {
	/** Which answer it is. */
	type: 'refused';
	/** The number of the line that was read, from 1 on. */
	line: number;
	/** The id in that line; `null`: none was understood. */
	id: string | null;
	/** What is wrong, with a JSON pointer into the line as `where`, where there is one. */
	error: ErrorDescription;
}

/** The last line, after the request `end`. */
export interface EndAnswer {
	/** Which answer it is. */
	type: 'end';
	/** How many results there were. */
	results: number;
}

export type ServeAnswer =
	| HelloAnswer
	| StartedAnswer
	| HitAnswer
	| ResultAnswer
	| SignaledAnswer
	| RefusedAnswer
	| EndAnswer;
