/**
 * JSON lines: each event as it comes, one object a line, with the whole report of each run. schema/events.schema.json is
 * generated from the types of the events and their descriptions: `make generate`.
 */
import type { RunResult } from '../../container/run.js';
import { type ErrorDescription, ProcreadyError } from '../../errors.js';
import { type Provenance, provenance } from '../provenance.js';
import type { ServiceResult } from '../service/result.js';
import type { ShardFacts } from '../shards/facts.js';
import type { CaseEnd, CaseOutcome, Counts, SuiteEnd } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { wordsOf } from './account.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

/** The first: what is about to run. It alone says of which form the events are, and where and when they were made. */
export interface StartEvent extends Provenance {
	/** Which event it is. */
	type: 'start';
	/** All that will run, in the order of their files. */
	suites: {
		/** The name of the suite. */
		name: string;
		/** Its file, as it was given. */
		file: string;
		/** How many cases it has. */
		cases: number;
	}[];
}

/** A suite begins. */
export interface SuiteStartEvent {
	/** Which event it is. */
	type: 'suite-start';
	/** The name of the suite. */
	suite: string;
	/** Its file, as it was given. */
	file: string;
	/** How many cases it has. */
	cases: number;
}

/** A case begins. With --jobs others may run meanwhile. */
export interface CaseStartEvent {
	/** Which event it is. */
	type: 'case-start';
	/** The name of the suite. */
	suite: string;
	/** The name of the case, unique in the suite. */
	case: string;
}

/** A case has ended. */
export interface CaseEndEvent extends CaseEnd {
	/** Which event it is. */
	type: 'case-end';
	/** The name of the suite. */
	suite: string;
	/** The name of the case, unique in the suite. */
	case: string;
	/** The file that has the case. */
	file: string;
	/** Its line, from 1 on. */
	line: number;
	/** Its column, from 1 on. */
	column: number;
	/** The run that failed, or the last one; absent where none was made or could be started, and of a case about services. */
	result?: RunResult;
	/** Why it could not be run, where that is so. */
	error?: ErrorDescription;
	/** Of a case about services: what came of each that was started, or could not be. */
	services?: ServiceEnd[];
	/** Of a case about services: what came of the clients that ran, in their order. */
	clients?: ClientEnd[];
	/** Of a failed one: the last lines of what the program said, for people. */
	said?: string[];
	/** Of a failed one: lines for a shell that run it again. */
	reproduce?: string[];
}

/** How a service ended. */
export interface ServiceEnd {
	/** Its name; that of the only one is `service`. */
	name: string;
	/** Absent where it could not be started. */
	result?: ServiceResult;
	/** Why it could not be started, where that is so. */
	error?: ErrorDescription;
}

/** How a client ended. */
export interface ClientEnd {
	/** Absent where it could not be run. */
	result?: RunResult;
	/** Why it could not be run, where that is so. */
	error?: ErrorDescription;
}

/** A suite has ended. */
export interface SuiteEndEvent extends SuiteEnd {
	/** Which event it is. */
	type: 'suite-end';
	/** The name of the suite. */
	suite: string;
}

/** The last: all has ended. */
export interface EndEvent extends Counts {
	/** Which event it is. */
	type: 'end';
	/** Of a merged report: the shards that it was merged of. The duration is that of the longest. */
	shards?: ShardFacts[];
}

export type JsonEvent = StartEvent | SuiteStartEvent | CaseStartEvent | CaseEndEvent | SuiteEndEvent | EndEvent;

export const jsonl: MakeReporter = ({ write }) => {
	const line = (event: JsonEvent) => write(`${JSON.stringify(event)}\n`);
	return (event) => {
		switch (event.type) {
			case 'start':
				return line({
					type: 'start',
					...provenance(),
					suites: event.suites.map(({ name, file, cases }) => ({ name, file, cases: cases.length })),
				});
			case 'suite-start':
				return line({
					type: 'suite-start',
					suite: event.suite.name,
					file: event.suite.file,
					cases: event.suite.cases.length,
				});
			case 'case-start':
				return line({ type: 'case-start', suite: event.suite.name, case: event.case.name });
			case 'case-end':
				return line({ type: 'case-end', suite: event.suite.name, ...outcomeOf(event.suite, event.outcome) });
			case 'suite-end': {
				const { suite, failures, duration } = event.outcome;
				return line({ type: 'suite-end', suite: suite.name, failures, duration });
			}
			case 'end': {
				const { suites: _, ...counts } = event.summary;
				return line({ type: 'end', ...counts });
			}
			default:
				event satisfies never;
		}
	};
};

function outcomeOf(suite: Suite, whole: CaseOutcome): Omit<CaseEndEvent, 'type' | 'suite'> {
	const { case: one, came, served, ...outcome } = whole;
	const { file, line, column } = one.place;
	return {
		case: one.name,
		file,
		line,
		column,
		...outcome,
		...(came && !served && endOf(came)),
		...(served && {
			services: served.services.map(({ name, came }) => ({ name, ...endOf(came) })),
			clients: served.clients.map(endOf),
		}),
		...(outcome.status === 'failed' ? { said: wordsOf(whole), reproduce: reproduction(suite, one) } : {}),
	};
}

function endOf<T extends RunResult>(came: T | ProcreadyError): { result: T } | { error: ErrorDescription } {
	return came instanceof ProcreadyError ? { error: came.toJSON() } : { result: came };
}
