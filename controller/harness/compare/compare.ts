/** Whether a command uses more than another one, or than it did: runs in turn, as many as it takes to say so within bounds. */
import { ProcreadyError } from '../../errors.js';
import type { Options } from '../../model/options.js';
import type { Spec } from '../../model/spec.js';
import type { Result } from '../../report/result.js';
import {
	type Budget,
	budgetOf,
	elsewhere,
	leastRuns,
	mostRuns,
	otherCommand,
	placeOf,
	samplesOf,
} from '../budget/budget.js';
import type { Expectations } from '../expect/expectations.js';
import { judgeOf } from '../search/passes.js';
import { decide, type FigureComparison, hasGrown, isCompared, type Rules } from './decide.js';
import { type ComparedFigure, comparedFigures, comparedNames, type Sample, sampleOf } from './figures.js';
import { againstSaved, inTurn, looksUntil, type Measure, type Runs, type Side } from './turns.js';

/** The options of each run, of both sides, and: */
export interface CompareOptions extends Omit<Options, 'stdin' | 'stdout' | 'stderr'> {
	/** What it means to pass. Default: exit status 0. */
	expect?: Expectations;
	/** Runs of each side at most, 12 to 200, or 8 to 200 against a budget; those before that are not counted. Default: 40. */
	maxRuns?: number;
	/** Milliseconds after which no more runs begin. Default: 600,000. */
	maxTime?: number;
	/** How much more does not matter, relative: 0.1 is 10 %. Default: 5 % of counters and memory, 10 % of times. */
	tolerance?: number;
	/** Those of which a growth is a failure. Default: all but `cpu.user`, `cpu.system` and `wall`. */
	judged?: readonly ComparedFigure[];
	/** Counts forks too, each of which takes some 20 µs more so; a program that loads a seccomp listener is refused that. Default: not. */
	countForks?: boolean;
	/** Called after each run that counts. */
	onRun?: (progress: CompareProgress) => void;
	/** Where the first run of the command, which is not counted, prints to. Default: nowhere. */
	firstOutput?: 'inherit' | 'ignore';
}

export type { Side };

export interface CompareProgress {
	side: Side;
	/** Of this side so far, and at most. */
	runs: number;
	maxRuns: number;
}

/** A run that did not pass ends a comparison: what it used says nothing. */
export interface NotPassed {
	/** Of which of the two. */
	side: Side;
	/** 0 is the one before those that count. */
	run: number;
	/** Why, as a sentence or the part of one. */
	reason: string;
	/** What came of it. */
	result: Result;
}

export interface Comparison {
	/** The command that it is compared with, or that the budget was made of. */
	base: string[];
	/** The command. */
	command: string[];
	/** How many count. */
	runs: Runs;
	/** All was said; there were as many runs as may be; the time was up; a run did not pass. */
	ended: 'decided' | 'runs' | 'time' | 'not passed';
	/** Whether a figure that is judged has grown; `null`: not known, as a run did not pass, or none of them could be compared. */
	grown: boolean | null;
	/** What is said of each; empty where a run did not pass, or there were none. */
	figures: FigureComparison[];
	/** The run that did not pass; `null`: all did. */
	failed: NotPassed | null;
	/** What was not compared and why, and that a budget is of another command; a sentence each. */
	notes: string[];
}

const defaultMaxTime = 600_000;
const defaultMaxRuns = 40;

/** Of two commands: three rounds could not say anything with enough certainty. */
const leastOfTwo = 12;

/**
 * `base` is a command, or what one used earlier. Throws `option-invalid`, and as `run` does.
 * Of two commands four runs each are made together, in the order A B B A or B A A B, which a seeded chance says.
 */
export async function compare(
	base: readonly string[] | Budget,
	what: readonly string[] | Spec,
	options: CompareOptions = {},
): Promise<Comparison> {
	const { maxTime = defaultMaxTime, maxRuns = defaultMaxRuns, tolerance, judged = judgedByDefault, onRun } = options;
	const isBudget = 'figures' in base;
	const least = isBudget ? leastRuns : leastOfTwo;
	mustBe(
		Number.isInteger(maxRuns) && maxRuns >= least && maxRuns <= mostRuns,
		'maxRuns',
		`${maxRuns} is not a number from ${least} to ${mostRuns}`,
	);
	mustBe(maxTime > 0, 'maxTime', `${maxTime} is not a time of more than 0 ms`);
	const known = comparedNames as readonly string[];
	const unknown = judged.find((name) => !known.includes(name));
	mustBe(unknown === undefined, 'judged', `"${unknown}" is not one of ${known.join(', ')}`);
	mustBe(
		options.countForks === true || options.judged?.includes('forks') !== true,
		'judged',
		'forks are counted with countForks (--count-forks) only',
	);
	const place = isBudget ? elsewhere(base, placeOf()) : undefined;
	const plan = looksUntil(maxRuns);
	const rules: Rules = { looks: plan.length, judged, tolerance, withoutTimes: place !== undefined };
	const commands = { base: isBudget ? base.command : [...base], command: wordsOf(what) };
	const notes = [isBudget ? otherCommand(base, commands.command) : undefined, place].filter(
		(note) => note !== undefined,
	);
	const run = measureOf({ base: isBudget ? what : base, command: what }, options);
	const measure: Measure = async (side, number) => {
		const sample = await run(side, number);
		if (number > 0) onRun?.({ side, runs: number, maxRuns });
		return sample;
	};
	try {
		const { rounds, runs, ended } = await (isBudget
			? againstSaved(samplesOf(base), measure, { plan, rules, maxTime })
			: inTurn(measure, { plan, rules, maxTime }));
		const figures = rounds.length === 0 ? [] : decide(rounds, rules);
		const wished = options.judged === undefined ? [] : figures.filter((one) => one.judged && !isCompared(one));
		const more = wished.map(({ figure, outcome }) => `Whether ${figure} grew is not known: it was ${outcome}.`);
		const grown = figures.some((one) => one.judged && isCompared(one)) ? hasGrown(figures) : null;
		return { ...commands, runs, ended, grown, figures, failed: null, notes: [...notes, ...more] };
	} catch (error) {
		if (!(error instanceof Stopped)) throw error;
		const { failed } = error;
		const runs = { base: 0, command: 0 };
		return { ...commands, runs, ended: 'not passed', grown: null, figures: [], failed, notes };
	}
}

export const judgedByDefault = comparedNames.filter((name) => !('isShown' in comparedFigures[name]));

/** What a command uses, for a later comparison; or the run that did not pass. */
export async function measureBudget(
	what: readonly string[] | Spec,
	runs: number,
	options: CompareOptions = {},
): Promise<{ budget: Budget; failed: null } | { budget: null; failed: NotPassed }> {
	mustBe(
		Number.isInteger(runs) && runs >= leastRuns && runs <= mostRuns,
		'repeat',
		`${runs} is not a number from ${leastRuns} to ${mostRuns}`,
	);
	const measure = measureOf({ base: what, command: what }, options);
	try {
		const samples: Sample[] = [];
		await measure('command', 0);
		while (samples.length < runs) samples.push(await measure('command', samples.length + 1));
		return { budget: budgetOf(wordsOf(what), samples), failed: null };
	} catch (error) {
		if (error instanceof Stopped) return { budget: null, failed: error.failed };
		throw error;
	}
}

/** Ends the runs from within; nobody outside of this file sees it. */
class Stopped extends Error {
	readonly failed: NotPassed;

	constructor(failed: NotPassed) {
		super(failed.reason);
		this.failed = failed;
	}
}

function measureOf(sides: Record<Side, readonly string[] | Spec>, options: CompareOptions): Measure {
	const { expect, maxRuns: _, maxTime: __, tolerance: ___, judged: ____, onRun: _____, ...others } = options;
	const { countForks, firstOutput = 'ignore', ...same } = others;
	const judge = judgeOf(expect);
	const kept = expect === undefined ? ('ignore' as const) : ('pipe' as const);
	return async (side, run) => {
		const output = run === 0 && side === 'command' && firstOutput === 'inherit' ? firstOutput : kept;
		const trial = await judge(sides[side], {
			...same,
			...(countForks ? { refuseForks: [] } : {}),
			...{ stdin: 'ignore', stdout: output, stderr: output },
		});
		const { passed, reason = '', result, error } = trial;
		if (error) throw error;
		if (passed) return sampleOf(result);
		const { stdout, stderr, truncated, written, ...account } = result; // what it wrote is not what is asked for
		throw new Stopped({ side, run, reason, result: account });
	};
}

function wordsOf(what: readonly string[] | Spec): string[] {
	return 'process' in what ? [...what.process.args] : [...what];
}

function mustBe(holds: boolean, where: string, what: string): void {
	if (!holds) throw new ProcreadyError('option-invalid', `${where}: ${what}`, { where });
}
