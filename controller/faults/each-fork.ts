/** A program run once for every fork that it makes, which then fails: does it handle that? */

import { isCut, type RunResult, run } from '../container/run.js';
import { ProcreadyError } from '../errors.js';
import { defined } from '../model/defined.js';
import type { Options } from '../model/options.js';
import type { Spec } from '../model/spec.js';
import type { Ended } from '../report/result.js';

/** What came of one run. */
export interface ForkRun extends Pick<Ended, 'exitCode' | 'signal'> {
	/** The fork that was refused; `null` in the first run, where none was. */
	refused: number | null;
	/** The program came to that fork. Where it forks as it pleases, it may not. */
	reached: boolean;
	/** Its time-out passed: it hung. */
	timedOut: boolean;
	/** Forks that it tried. */
	attempted: number;
	/** Milliseconds. */
	wallTime: number;
	/** The last line that it wrote on stderr. */
	said: string;
	/** It ended by itself, with whatever status. A refusal that is handled may well be a failure; a crash or a hang is none. */
	acceptable: boolean;
}

export interface EachForkOptions extends Omit<Options, 'refuseForks' | 'stdin' | 'stdout' | 'stderr'> {
	/** For each run. Default: 10 s, after which it is taken to hang. */
	timeout?: number | string;
}

const defaultTimeout = 10_000;

/**
 * The first run refuses nothing and counts, then there is one for each fork, in their order. stdin is empty, stdout is
 * dropped. Rejects with a `ProcreadyError` as `run` does.
 */
export async function* eachFork(
	args: readonly string[] | Spec,
	options: EachForkOptions = {},
): AsyncGenerator<ForkRun, void, undefined> {
	if (options.terminal)
		throw new ProcreadyError('option-invalid', 'terminal: many runs cannot share one', { where: '/terminal' });
	const first = await runRefusing(args, options, null);
	yield first;
	for (let k = 1; k <= first.attempted; k++) yield await runRefusing(args, options, k);
}

async function runRefusing(
	args: readonly string[] | Spec,
	options: EachForkOptions,
	refused: number | null,
): Promise<ForkRun> {
	const refuseForks = refused === null ? [] : [refused];
	const stdio = { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' } as const;
	const result = await run(args, { timeout: defaultTimeout, ...options, ...stdio, refuseForks });
	const { exitCode, signal, timedOut, wallTime, forks } = result;
	return defined({
		refused,
		reached: refused === null || forks?.refused.includes(refused) === true,
		exitCode,
		signal,
		timedOut,
		attempted: forks?.attempted ?? 0,
		wallTime,
		said: lastLine(result),
		acceptable: exitCode !== null && !timedOut,
	});
}

function lastLine({ stderr, written }: RunResult): string {
	if (isCut(written.stderr)) return `(stderr was cut after ${written.stderr.kept} bytes)`;
	return stderr.trimEnd().split('\n').at(-1) ?? '';
}
