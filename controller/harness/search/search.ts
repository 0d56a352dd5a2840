/** The smallest value of a limit with which a command always passes. */

import type { RunResult } from '../../container/run.js';
import { ProcreadyError } from '../../errors.js';
import { maybe } from '../../model/defined.js';
import type { Options } from '../../model/options.js';
import { parseTimeout } from '../../model/units.js';
import type { Expectations } from '../expect/expectations.js';
import { commandOf, type ServiceProgram } from '../service/program.js';
import { findBoundary } from './boundary.js';
import { type OrderedLimit, orderedLimit } from './ordered.js';
import { type Judge, type JudgedTrial, judgeOf } from './passes.js';
import { openState, type StateFile } from './state.js';
import { type Trial, trialsOf } from './trials.js';

/** The options of each run, and: */
export interface SearchOptions extends Omit<Options, 'stdin' | 'stdout' | 'stderr' | 'timeout'> {
	/** What it means to pass. Default: exit status 0. */
	expect?: Expectations;
	/** How many runs must pass with a value, 1 to 1000; twice as many with the one that is found. Default: 3. */
	repeat?: number;
	/** Relative: how near to the smallest value, 0 to 0.5. Default: exact; of `cpu.max` and `cpu.time` 0.05. */
	precision?: number;
	/** A file in which what is known is kept after each run; a search that finds it there goes on. Default: none. */
	state?: string;
	/**
	 * For each run, milliseconds or a string: what runs longer does not pass. Default: ten times what it takes without a limit,
	 * and 2 s; for `cpu.max` twice that, and 100 ms.
	 */
	timeout?: number | string;
	/** Called after each run. */
	onRun?(progress: Progress): void;
}

export interface Progress extends Trial {
	limit: string;
	/** `null`: without a limit; of a set of limits. */
	value: string | null;
	/** The value for people. */
	words: string;
	/** Runs so far, of this search and of those that it goes on with. */
	runs: number;
}

export interface Found {
	limit: string;
	/** As it is written in a flag; `null`: there is none, and `reason` says why. */
	value: string | null;
	/** The same for people, `16 MiB`. */
	words: string;
	/** From here on it sometimes passes. Absent: below the value it never did. */
	flakyFrom?: { value: string; words: string };
	/** All that was tried, in the order of the values. */
	tried: { value: string; passed: number; failed: number }[];
	reason?: string;
}

const defaultRepeat = 3;

/**
 * `program` is the words of a command, or a service with its clients: a run of it passes when they do. `limit` is one of `orderedNames`. Rejects with `option-invalid`, with `aborted` when the signal fires, and as `run` does
 * for failures that no limit explains.
 */
export async function search(
	limit: string,
	program: readonly string[] | ServiceProgram,
	options: SearchOptions = {},
): Promise<Found> {
	const ordered = orderedLimit(limit);
	return searchWith(await prepare(program, options), ordered);
}

/** What the searches for several limits have in common. */
export interface Prepared {
	/** `limit` is the one that is searched, if it is only one. */
	judge(options: Options, limit?: string): ReturnType<Judge>;
	base: Options;
	/** Without a limit. */
	free: JudgedTrial & { result?: RunResult };
	repeat: number;
	precision: number | undefined;
	state: StateFile;
	tell(limit: string, value: string | null, words: string, trial: Trial): void;
}

export async function prepare(program: readonly string[] | ServiceProgram, options: SearchOptions): Promise<Prepared> {
	const { expect, repeat = defaultRepeat, precision, state: file, timeout, onRun, ...base } = options;
	mustBeCount(repeat);
	mustBe(
		precision === undefined || (precision >= 0 && precision <= 0.5),
		'precision',
		`${precision} is not a fraction from 0 to 0.5`,
	);
	const judge = judgeOf(expect);
	const { signal: _, ...same } = base;
	const state = openState(file, commandOf(program), { args: program, expect, timeout, ...same });
	let runs = [...state.known.values()]
		.flatMap((tallies) => [...tallies.values()])
		.reduce((sum, { passed, failed }) => sum + passed + failed, 0);
	const tell: Prepared['tell'] = (limit, value, words, trial) =>
		onRun?.({ limit, value, words, runs: ++runs, ...trial });
	const stdio = { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
	const free = await judge(program, { ...base, ...stdio, ...(timeout === undefined ? {} : { timeout }) });
	tell('', null, 'no limit', trialIn(free));
	const given = maybe(timeout, (time) => parseTimeout(time, '/timeout', 'ms'));
	const wall = free.result?.wallTime ?? 0;
	return {
		judge: (more, limit) =>
			judge(program, {
				...more,
				...stdio,
				timeout: given ?? (limit === 'cpu.max' ? 2 * wall + 100 : 10 * wall + 2000),
			}),
		base,
		free,
		repeat,
		precision,
		state,
		tell,
	};
}

/** Throws `option-invalid`. */
export function mustBeCount(repeat: number): void {
	mustBe(
		Number.isInteger(repeat) && repeat >= 1 && repeat <= 1000,
		'repeat',
		`${repeat} is not a number from 1 to 1000`,
	);
}

function mustBe(holds: boolean, where: string, what: string): void {
	if (!holds) throw new ProcreadyError('option-invalid', `${where}: ${what}`, { where });
}

function trialIn({ passed, reason }: Trial): Trial {
	return reason === undefined ? { passed } : { passed, reason };
}

export async function searchWith(prepared: Prepared, ordered: OrderedLimit): Promise<Found> {
	const { judge, base, free, repeat, state, tell } = prepared;
	const { name, text, words } = ordered;
	if (!free.passed)
		return {
			limit: name,
			value: null,
			words: 'none',
			tried: [],
			reason: [`It does not pass without a limit: ${free.reason}`, ...(free.said ?? [])].join('\n'),
		};
	const tallies = state.known.get(name) ?? new Map();
	state.known.set(name, tallies);
	let last: Trial | undefined;
	const trials = trialsOf(
		async (steps) => trialIn(await judge(ordered.options(base, steps), name)),
		tallies,
		(steps, trial) => {
			if (!trial.passed) last = trial;
			state.save();
			tell(name, text(steps), words(steps, 1), trial);
		},
	);
	const boundary = await findBoundary(trials, {
		...ordered,
		start: startOf(ordered, free.result),
		precision: prepared.precision ?? ordered.precision,
		repeat,
	});
	const tried = [...tallies]
		.sort(([one], [other]) => one - other)
		.map(([steps, { passed, failed }]) => ({ value: text(steps), passed, failed }));
	if (boundary === undefined) {
		const reason = `It does not always pass with ${words(ordered.most)} either: ${last?.reason ?? 'it did not before'}`;
		return { limit: name, value: null, words: 'none', tried, reason };
	}
	const { always, sometimes } = boundary;
	return {
		limit: name,
		value: text(always),
		words: words(always),
		...(sometimes < always ? { flakyFrom: { value: text(sometimes), words: words(sometimes) } } : {}),
		tried,
	};
}

/** What it used without a limit is near to what it needs. */
function startOf({ name, step }: OrderedLimit, result: RunResult | undefined): number {
	const usage = result?.usage;
	const cpu = (usage?.cpu.total ?? 0) / Math.max(1, result?.wallTime ?? 1);
	const used: Record<string, number | null | undefined> = {
		'memory.max': usage?.memory.peak,
		'memory.high': usage?.memory.peak,
		'pids.max': usage?.tasks.peak,
		'cpu.max': cpu,
		as: usage?.rusage.maxrss,
		data: usage?.rusage.maxrss,
		cpu: (usage?.cpu.total ?? 0) / 1000,
		'cpu.time': usage?.cpu.total,
		output: Buffer.byteLength(`${result?.stdout}${result?.stderr}`),
	};
	return Math.max(1, Math.ceil((used[name] ?? 64 * step) / step));
}
