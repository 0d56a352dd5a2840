/** Assertions in words, for frameworks without `expect`. */
import type { Came } from '../harness/expect/check.js';
import { beLimitedBy, fitIn, meet, type Outcome, passWith } from './outcome.js';

/** Tells the framework; the stack of `at` begins where the assertion was called. */
export type Tell = (outcome: Outcome, isWanted: boolean, at: Error) => void;

/** Each resolves to what came of the run, and rejects with a `ProcreadyError` where it could not be run. */
export function assertionsOf(tell: Tell) {
	const asserting = <Given extends unknown[]>(matcher: (...given: Given) => Promise<Outcome>, isWanted: boolean) =>
		async function assertion(...given: Given): Promise<Came> {
			const at = new Error();
			Error.captureStackTrace(at, assertion);
			const outcome = await matcher(...given);
			tell(outcome, isWanted, at);
			return outcome.result;
		};
	return {
		/** It exits with 0 and hits no limit: `await fitsIn(['./prog'], { memory: '4M', pids: 1 })`. */
		fitsIn: asserting(fitIn, true),
		doesNotFitIn: asserting(fitIn, false),
		/** It exits with 0, whatever it hits. */
		passesWith: asserting(passWith, true),
		doesNotPassWith: asserting(passWith, false),
		/** It hits this limit, however it ends: `await isLimitedBy(['./prog'], 'pids.max', { pids: 4 })`. */
		isLimitedBy: asserting(beLimitedBy, true),
		isNotLimitedBy: asserting(beLimitedBy, false),
		/** Any of what can be expected: `await meets(['./prog'], { usage: { 'memory.peak': '< 48M' } })`. */
		meets: asserting(meet, true),
		doesNotMeet: asserting(meet, false),
	};
}
