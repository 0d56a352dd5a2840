/** What came of cases and suites, as reporters are told. */
import type { Came } from '../expect/check.js';
import type { Failure } from '../expect/expectations.js';
import type { Served } from '../service/serve.js';
import type { ShardFacts } from '../shards/facts.js';
import type { Whole } from '../shards/whole.js';
import type { Estimate } from './estimate.js';
import type { Case, Suite } from './suite.js';

/** How a case ended. */
export interface CaseEnd {
	/** What came of it. */
	status: 'passed' | 'failed' | 'skipped';
	/** Of a skipped one: why. */
	reason?: string;
	/** What did not hold, of the run that failed; else empty. */
	failures: Failure[];
	/** How often it was run. */
	runs: number;
	/** How many of these runs were tried again. */
	retried: number;
	/** The runs that failed and were tried again, in their order. */
	earlier: EarlierRun[];
	/** Of a skipped one that would have run, had not as many others failed as --bail allows. */
	notRun?: true;
	/** Of a merged report: the shard that it was in, from 1 on. */
	shard?: number;
	/** Milliseconds, with set-up and tear-down. */
	duration: number;
}

export interface CaseOutcome extends CaseEnd {
	case: Case;
	/** Of the run that failed, or of the last; none where it was not started. */
	came?: Came;
	/** The same of a case about services: of all of them, and of their clients. Then `came` is of the first service that failed, or of the first. */
	served?: Served;
}

export interface EarlierRun {
	/** Counts from 1, of all runs of the case. */
	run: number;
	/** What did not hold. */
	failures: Failure[];
}

/** How a suite ended, besides its cases. */
export interface SuiteEnd {
	/** What failed of its set-up and tear-down. */
	failures: Failure[];
	/** Milliseconds, with its set-up and tear-down. */
	duration: number;
}

export interface SuiteOutcome extends SuiteEnd {
	suite: Suite;
	cases: CaseOutcome[];
}

/** What came of all suites, in numbers. */
export interface Counts {
	/** How many cases passed. */
	passed: number;
	/** How many cases failed, and suites of which the set-up or tear-down did. */
	failed: number;
	/** How many cases were skipped. */
	skipped: number;
	/** How many of the skipped ones would have run, had not as many others failed as --bail allows. */
	notRun: number;
	/** How many of those that passed did not at once. */
	flaky: number;
	/** It was ended before all had run. */
	interrupted: boolean;
	/** Milliseconds of all together. */
	duration: number;
}

export interface Summary extends Counts {
	suites: SuiteOutcome[];
	/** Of a merged report: those that it was merged of. */
	shards?: ShardFacts[];
}

export type HarnessEvent =
	| { type: 'start'; suites: Suite[]; whole: Whole; estimate: Estimate }
	| { type: 'suite-start'; suite: Suite }
	| { type: 'case-start'; suite: Suite; case: Case }
	| { type: 'case-end'; suite: Suite; outcome: CaseOutcome }
	| { type: 'suite-end'; outcome: SuiteOutcome }
	| { type: 'end'; summary: Summary };
