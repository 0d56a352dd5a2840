/** The language of expectations: what is written about how a run should end, what it should use, hit and write. */
import type { ErrorCode } from '../../errors.js';
import type { Verdict } from '../../report/verdict.js';

/**
 * `3`, `'= 3'`, `'!= 3'`, `'> 3'`, `'>= 3'`, `'< 3'`, `'<= 3'` or `'1..3'`, both ends included. Sizes may end in K, M, G or
 * T (powers of 1024), times in us, ms, s, m or h; without a unit they are bytes and milliseconds, as in the report.
 */
export type Amount = number | string;

export type Outcome = Verdict['outcome'];

/** All that is given must hold. */
export interface TextTests {
	/** The whole text; a line feed at its end need not be written. */
	equals?: string;
	/** Each is somewhere in it. */
	contains?: string | string[];
	/** None is. */
	lacks?: string | string[];
	/** Regular expressions of JavaScript, `'/…/flags'`; each is found somewhere in the text with or without the line feed at its end. */
	matches?: string | string[];
	/** How many lines. */
	lines?: Amount;
	/** How many bytes, as UTF-8. */
	size?: Amount;
}

/** Text that begins and ends as `'/…/flags'` stands for `matches`, any other for `equals`. */
export type TextExpectation = string | TextTests;

export interface FileTests extends TextTests {
	/** Default: true. */
	exists?: boolean;
}

export interface Expectations {
	/**
	 * 0 to 255. What was ended by a signal has none. As of a shell, exactly 127 holds of a command that is not there too, and
	 * exactly 126 of one that the kernel cannot execute.
	 */
	exitCode?: Amount;
	/** Such as `'SIGKILL'`; `null`: none, it exited. */
	signal?: string | null;
	/** One of several where it is a list; `'any'`: however it ends. */
	verdict?: Outcome | Outcome[] | 'any';
	/** procready refuses to start it, or fails, with this code. */
	error?: ErrorCode;
	stdout?: TextExpectation;
	stderr?: TextExpectation;
	/** How often each limit of the container was hit, by the name of its file or as verdicts call it. `'none'`: no limit at all. */
	hits?: Record<string, Amount> | 'none';
	/** By the names of `usage` in the report, such as `'memory.peak'`. `'cpu.time'` is `'cpu.total'`. */
	usage?: Record<string, Amount>;
	/** Time from the first instruction to the end. */
	wall?: Amount;
	/** What is in files after the run. */
	files?: Record<string, string | FileTests>;
}

/** What does not hold. */
export interface Failure {
	/** JSON pointer (RFC 6901) into the expectations, such as `/usage/memory.peak`. */
	where: string;
	/** What it is about, such as `memory.peak`. */
	what: string;
	/** What was to hold. */
	expected: string;
	/** What was there. */
	found: string;
	/** The same for people. */
	sentence: string;
}

/** Without a word about the end, it is expected to pass: exit status 0. */
export function withDefaults(expectations: Expectations): Expectations {
	const { exitCode, signal, verdict, error } = expectations;
	const isSaid = [exitCode, signal, verdict, error].some((one) => one !== undefined);
	return isSaid ? expectations : { verdict: 'passed', ...expectations };
}
