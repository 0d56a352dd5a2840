/** `procready run --save-budget FILE` and `--check-budget FILE`: what a command may use. */

import { type RunResult, run } from '../container/run.js';
import type { ProcreadyError } from '../errors.js';
import { integer, invalidFlag, type Values } from '../flags/arguments.js';
import type { budgetFlags } from '../flags/flags.js';
import {
	type Budget,
	budgetOf,
	type Comparison,
	compareBudgets,
	readBudget,
	writeBudget,
} from '../harness/budget/budget.js';
import { notWritten } from '../harness/not-written.js';
import { maybe } from '../model/defined.js';
import type { Options } from '../model/options.js';
import type { Spec } from '../model/spec.js';
import { parseShare } from '../model/units.js';
import type { Result } from '../report/result.js';
import { reportText } from '../report/text.js';
import { bytes, count, duration } from '../report/words.js';
import { stderr } from './output.js';
import type { BudgetReport, Content, ResultReport } from './report.js';
import { statusOfRun } from './status.js';

export type BudgetValues = Values<typeof budgetFlags>;

/** The exit status where something grew. */
const overBudget = 122;

const defaultRepeat = 5;
const defaultTolerance = 0.1;

/** What came of it, and the exit status: that of the command where a run of it does not pass. */
export async function runForBudget(
	values: BudgetValues,
	what: readonly string[] | Spec,
	options: Options,
): Promise<{ status: number; content: Content<BudgetReport | ResultReport> }> {
	const { repeat, tolerance, file, saved } = wishesOf(values);
	const results: RunResult[] = [];
	for (let i = 0; i < repeat; i++) {
		const output = i === 0 ? 'inherit' : 'ignore'; // the same again and again is for nobody
		const result = await run(what, { ...options, stdin: 'ignore', stdout: output, stderr: output });
		results.push(result);
		if (result.exitCode === 0) continue;
		stderr.write(`${reportText(result, stderr.hasColours)}procready: no budget: run ${i + 1} did not pass\n`);
		return { status: statusOfRun(result), content: { kind: 'result', ...withoutOutput(result) } };
	}
	const budget = budgetOf(results);
	if (saved === undefined) {
		save(file, budget);
		stderr.write(`procready: ${file}: the median of ${count(repeat, 'run')}\n${figures(budget)}`);
		return { status: 0, content: { kind: 'budget', budget } };
	}
	const comparison = compareBudgets(saved, budget, tolerance);
	stderr.write(`procready: against ${file}, the median of ${count(repeat, 'run')}\n${compared(comparison, tolerance)}`);
	const isOver = comparison.some(({ outcome }) => outcome === 'grew');
	return { status: isOver ? overBudget : 0, content: { kind: 'budget', budget, comparison } };
}

/** What it wrote went elsewhere. */
function withoutOutput({ stdout, stderr, truncated, written, ...result }: RunResult): Result {
	return result;
}

/** What fails names the flag. */
function save(file: string, budget: Budget): void {
	try {
		writeBudget(file, budget);
	} catch (error) {
		throw notWritten(`--save-budget ${file}`, (error as ProcreadyError).cause);
	}
}

/** `saved` is there where it is to be checked. */
function wishesOf(values: BudgetValues): {
	repeat: number;
	tolerance: number;
	file: string;
	saved: Budget | undefined;
} {
	const { 'save-budget': save, 'check-budget': check } = values;
	if (save !== undefined && check !== undefined)
		throw invalidFlag(
			'--save-budget',
			'is given beside --check-budget: check it first, and save it where that is meant',
		);
	if (save === undefined && check === undefined)
		throw invalidFlag(
			values.repeat === undefined ? '--tolerance' : '--repeat',
			'is for --save-budget and --check-budget',
		);
	if (save !== undefined && values.tolerance !== undefined) throw invalidFlag('--tolerance', 'is for --check-budget');
	const repeat = maybe(values.repeat, (given) => integer('--repeat', given)) ?? defaultRepeat;
	if (repeat < 1 || repeat > 1000) throw invalidFlag('--repeat', `${repeat} is not a number from 1 to 1000`);
	const tolerance = maybe(values.tolerance, (given) => parseShare(given, '--tolerance')) ?? defaultTolerance;
	try {
		return { repeat, tolerance, file: (save ?? check) as string, saved: maybe(check, readBudget) };
	} catch (error) {
		throw invalidFlag('--check-budget', (error as ProcreadyError).message, error);
	}
}

const words = { 'memory.peak': bytes, 'tasks.peak': (value: number) => count(value, 'task'), 'cpu.total': duration };

function shown(figure: keyof typeof words, value: number | null): string {
	return value === null ? 'not counted' : words[figure](value);
}

function figures(budget: Budget): string {
	return Object.keys(words)
		.map((name) => name as keyof typeof words)
		.map((figure) => `  ${figure.padEnd(13)}${shown(figure, budget[figure])}\n`)
		.join('');
}

function compared(comparison: Comparison[], tolerance: number): string {
	const percents = (fraction: number) => `${Math.round(Math.abs(fraction) * 1000) / 10}%`;
	const verdict = ({ outcome, growth }: Comparison) => {
		const by = growth === null ? '' : ` by ${percents(growth)}`;
		if (outcome === 'grew') return `GREW${by}, more than ${percents(tolerance)}`;
		if (outcome === 'shrank') return `shrank${by}: save it anew to keep that`;
		return outcome;
	};
	return comparison
		.map(
			(one) =>
				`  ${one.figure.padEnd(13)}${shown(one.figure, one.measured)}, ${shown(one.figure, one.saved)} in the budget: ${verdict(one)}\n`,
		)
		.join('');
}
