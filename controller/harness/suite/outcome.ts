/** What came of cases and suites, as reporters are told. */
import type { Came } from '../expect/check.js';
import type { Failure } from '../expect/expectations.js';
import type { Estimate } from './estimate.js';
import type { Case, Suite } from './suite.js';

export interface CaseOutcome {
	case: Case;
	status: 'passed' | 'failed' | 'skipped';
	/** Of a skipped one: why. */
	reason?: string;
	/** Of the run that failed. */
	failures: Failure[];
	/** Of that run, or of the last; none where it was not started. */
	came?: Came;
	/** Times it was run, and how many of them were tried again. */
	runs: number;
	retried: number;
	/** The runs that failed and were tried again, in their order. */
	earlier: EarlierRun[];
	/** A skipped one that would have run, had not enough others failed. */
	notRun?: true;
	/** Milliseconds, with set-up and tear-down. */
	duration: number;
}

export interface EarlierRun {
	/** Counts from 1, of all runs of the case. */
	run: number;
	/** What did not hold. */
	failures: Failure[];
}

export interface SuiteOutcome {
	suite: Suite;
	cases: CaseOutcome[];
	/** Of its set-up and tear-down. */
	failures: Failure[];
	/** Milliseconds. */
	duration: number;
}

export interface Summary {
	suites: SuiteOutcome[];
	passed: number;
	failed: number;
	skipped: number;
	/** How many of the skipped ones would have run, had not enough others failed. */
	notRun: number;
	/** Passed, but not at once. */
	flaky: number;
	/** It was ended before all had run. */
	interrupted: boolean;
	/** Milliseconds. */
	duration: number;
}

export type HarnessEvent =
	| { type: 'start'; suites: Suite[]; estimate: Estimate }
	| { type: 'suite-start'; suite: Suite }
	| { type: 'case-start'; suite: Suite; case: Case }
	| { type: 'case-end'; suite: Suite; outcome: CaseOutcome }
	| { type: 'suite-end'; outcome: SuiteOutcome }
	| { type: 'end'; summary: Summary };
