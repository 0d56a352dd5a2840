/** What came of all suites together, in numbers, and the exit status that stands for it. */
import { ProcreadyError } from '../../errors.js';
import type { CaseOutcome, SuiteOutcome, Summary } from './outcome.js';

/** Of a case that a signal to procready kept from its end. */
export const interruptedReason = 'it was interrupted';

/** `duration` in milliseconds. */
export function summaryOf(suites: SuiteOutcome[], interrupted: boolean, duration: number): Summary {
	const cases = suites.flatMap(({ cases }) => cases);
	const of = (status: CaseOutcome['status']) => cases.filter((one) => one.status === status);
	const broken = suites.filter(({ failures }) => failures.length > 0);
	return {
		suites,
		passed: of('passed').length,
		failed: of('failed').length + broken.length,
		skipped: of('skipped').length,
		notRun: of('skipped').filter(({ notRun }) => notRun).length,
		flaky: of('passed').filter(({ retried }) => retried > 0).length,
		interrupted,
		duration,
	};
}

/** Codes of errors that no case can be blamed for. */
const ownFailures = [
	'not-permitted',
	'cgroup-missing',
	'shim-missing',
	'shim-refused',
	'shim-died',
	'protocol-violated',
];

/** A step of the set-up is what the case has asked for; all else around it is the host. */
function isOwn({ code, step }: ProcreadyError): boolean {
	return ownFailures.includes(code) || (code === 'setup-failed' && step === undefined);
}

/** 0 where all passed; 125 where procready itself failed; else 1. */
export function statusOf({ suites, failed }: Summary): number {
	if (failed === 0) return 0;
	const came = suites.flatMap(({ cases }) => cases.filter(({ status }) => status === 'failed').map(({ came }) => came));
	return came.some((one) => one instanceof ProcreadyError && isOwn(one)) ? 125 : 1;
}
