/** How a service is stopped, and what its end says of it. */
import { invalidOption } from '../../errors.js';
import { signalNumbers } from '../../model/numbers.js';
import { parseDuration } from '../../model/units.js';
import type { Result } from '../../report/result.js';
import type { Verdict } from '../../report/verdict.js';
import { duration } from '../../report/words.js';
import { mustHave } from './members.js';

export interface StopOptions {
	/** What is sent to the service when the clients have ended. Default: `'SIGTERM'`. */
	signal?: NodeJS.Signals;
	/** Milliseconds, or a string such as `'5s'`: what has not ended by then is killed. Default: 5 s. */
	within?: number | string;
}

/** What was asked of a service, and what came of it. */
export interface Stop {
	/** The signal that was to end it. */
	signal: string;
	/** Milliseconds that it had for that. */
	within: number;
	/** `by itself`: before the signal was sent. `on the signal`: in time. `killed`: it did not end in time. */
	ended: 'by itself' | 'on the signal' | 'killed';
	/** Milliseconds from the signal to the end; `null`: it had ended before. */
	after: number | null;
}

export interface Asked {
	signal: NodeJS.Signals;
	/** Milliseconds. */
	within: number;
}

/** What a service had not done yet. */
export interface Lacking {
	/** Behind how it ended, where it did that by itself: before or while what. */
	atItsEnd: string;
	/** The sentence that says what it had to be stopped for; absent where it had served until then. */
	inTime?: string;
}

/** Throws `option-invalid`; `where` is the JSON pointer of `stop`. */
export function parseStop(stop: StopOptions = {}, where = '/stop'): Asked {
	mustHave(stop, ['signal', 'within'], where);
	const { signal = 'SIGTERM', within = '5s' } = stop;
	if (!Object.hasOwn(signalNumbers, signal))
		throw invalidOption(`${where}/signal`, `${JSON.stringify(signal)} is not a signal such as SIGTERM`);
	return { signal, within: parseDuration(within, `${where}/within`, 'ms') };
}

/** Of a service: `passed` is one that was ready, served, and ended when it was asked to, with whichever status. */
export function servedVerdict(result: Result, stop: Stop, lacking: Lacking | undefined): Verdict {
	const { verdict, signal } = result;
	const but = (what: string) => `${verdict.sentence.replace(/\.$/, '')}, ${what}.`;
	if (verdict.outcome === 'timed-out') return lacking ? { ...verdict, sentence: but(lacking.atItsEnd) } : verdict;
	if (stop.ended === 'by itself') {
		const sentence = but(lacking?.atItsEnd ?? 'before it was asked to');
		return { ...verdict, outcome: verdict.outcome === 'passed' ? 'failed' : verdict.outcome, sentence };
	}
	if (lacking?.inTime !== undefined) return { ...verdict, outcome: 'failed', sentence: lacking.inTime };
	if (stop.ended === 'killed')
		return { ...verdict, sentence: `${stop.signal} did not end it within ${duration(stop.within)}, so it was killed.` };
	const isAsked = signal === null || signal === stop.signal;
	if (!isAsked || verdict.causes.some(({ fatal }) => fatal === true)) return verdict;
	const how = signal === null ? ` with status ${result.exitCode}` : '';
	const sentence = `It ended${how} on ${stop.signal}, as it was asked to.`;
	return { ...verdict, outcome: 'passed', sentence };
}
