/** What came of a shard of a test, for `procready merge`. */
import { randomUUID } from 'node:crypto';
import type { RunResult } from '../../container/run.js';
import { type ErrorDescription, ProcreadyError } from '../../errors.js';
import type { Came } from '../expect/check.js';
import { type Provenance, provenance } from '../provenance.js';
import type { MakeReporter } from '../reporters/reporter.js';
import type { ServiceResult } from '../service/result.js';
import type { Place } from '../suite/document.js';
import type { CaseEnd, CaseOutcome, Counts, SuiteEnd } from '../suite/outcome.js';
import type { Case, Suite } from '../suite/suite.js';
import { type HostOfShard, hostOfShard, type ShardFacts } from './facts.js';
import { fileOf } from './identity.js';
import { sealing } from './sealed.js';
import type { Whole } from './whole.js';

/** The first line. */
export interface BlobHead extends Provenance {
	type: 'blob';
	/** Of no other run: a copy has the same, what a shard writes when it runs again has another. */
	run: string;
	whole: Whole;
	on: HostOfShard;
}

/** What reports need of a suite, without its cases. */
export type BlobSuite = Pick<Suite, 'file' | 'directory' | 'name' | 'before' | 'after'>;

/** What reports need of a case. */
export type BlobCase = Pick<
	Case,
	'name' | 'place' | 'lines' | 'args' | 'options' | 'input' | 'repeat' | 'retry' | 'alone' | 'before' | 'after'
>;

export interface SuiteLine {
	type: 'suite';
	/** As in the head. */
	file: string;
	suite: BlobSuite;
}

export interface CaseLine {
	type: 'case';
	/** The file of its suite, as in the head. */
	file: string;
	case: BlobCase;
	/** It is about services. */
	isServing: boolean;
	outcome: CaseEnd;
	/** Those of the expectations that were not met, by their pointers. */
	places: Record<string, Place>;
	came?: Written<Came>;
	/** Of one about services. */
	served?: { services: { name: string; came: Written<ServiceResult> }[]; clients: Written<RunResult>[] };
}

/** What came of a run, with errors as JSON has them. */
export type Written<C> = Exclude<C, ProcreadyError> | ErrorDescription;

export interface SuiteEndLine extends SuiteEnd {
	type: 'suite-end';
	/** The file of the suite, as in the head. */
	file: string;
}

/** The last line. */
export interface EndLine {
	type: 'end';
	counts: Counts;
	/** Of a merged one: those that it was merged of. */
	shards?: ShardFacts[];
}

export type BlobLine = BlobHead | SuiteLine | CaseLine | SuiteEndLine | EndLine;

export const blob: MakeReporter = ({ write }) => {
	const seal = sealing(write);
	const line = (one: BlobLine) => seal(one);
	return (event) => {
		switch (event.type) {
			case 'start': {
				const head = provenance();
				return line({ type: 'blob', ...head, run: randomUUID(), whole: event.whole, on: hostOfShard(head) });
			}
			case 'suite-start':
				return line({ type: 'suite', file: fileOf(event.suite), suite: suiteOf(event.suite) });
			case 'case-start':
				return;
			case 'case-end':
				return line(caseLine(event.suite, event.outcome));
			case 'suite-end': {
				const { suite, failures, duration } = event.outcome;
				return line({ type: 'suite-end', file: fileOf(suite), failures, duration });
			}
			case 'end': {
				const { suites: _, shards, ...counts } = event.summary;
				return line({ type: 'end', counts, ...(shards && { shards }) });
			}
			default:
				event satisfies never;
		}
	};
};

function suiteOf({ file, directory, name, before, after }: Suite): BlobSuite {
	return { file, directory, name, before, after };
}

function caseLine(suite: Suite, { case: one, came, served, ...outcome }: CaseOutcome): CaseLine {
	const { name, place, lines, args, options, input, repeat, retry, alone, before, after } = one;
	return {
		type: 'case',
		file: fileOf(suite),
		case: { name, place, lines, args, options, input, repeat, retry, alone, before, after },
		isServing: one.serving !== undefined,
		outcome,
		places: Object.fromEntries(outcome.failures.map(({ where }) => [where, one.placeOf(where)])),
		...(came && { came: written(came) }),
		...(served && {
			served: {
				services: served.services.map(({ name, came }) => ({ name, came: written(came) })),
				clients: served.clients.map(written),
			},
		}),
	};
}

function written<R extends RunResult>(came: R | ProcreadyError): R | ErrorDescription {
	return came instanceof ProcreadyError ? came.toJSON() : came;
}
