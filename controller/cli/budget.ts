/** `procready run --save-budget FILE` and `--check-budget FILE`: what a command may use. */

import { type ProcreadyError, unexpected } from '../errors.js';
import { integer, invalidFlag, type Values } from '../flags/arguments.js';
import type { budgetFlags } from '../flags/flags.js';
import { type Budget, leastRuns, mostRuns, readBudget, samplesOf, writeBudget } from '../harness/budget/budget.js';
import { compare, measureBudget, type NotPassed } from '../harness/compare/compare.js';
import { comparedFigures, comparedNames } from '../harness/compare/figures.js';
import { comparisonText, summaryOf } from '../harness/compare/text.js';
import { median } from '../harness/median.js';
import { notWritten } from '../harness/not-written.js';
import { maybe } from '../model/defined.js';
import type { Options } from '../model/options.js';
import type { Spec } from '../model/spec.js';
import { parseShare } from '../model/units.js';
import { visible } from '../model/visible.js';
import { reportText } from '../report/text.js';
import { count } from '../report/words.js';
import { stderr } from './output.js';
import type { BudgetReport, ComparisonReport, Content, ResultReport } from './report.js';
import { statusOfRun } from './status.js';

export type BudgetValues = Values<typeof budgetFlags>;

/** The exit status where something grew. */
const overBudget = 122;

const defaultRepeat = 20;

/** What came of it, and the exit status: that of the command where a run of it does not pass. */
export async function runForBudget(
	values: BudgetValues,
	what: readonly string[] | Spec,
	options: Options,
): Promise<{ status: number; content: Content<BudgetReport | ComparisonReport | ResultReport> }> {
	const { repeat, tolerance, file, saved } = wishesOf(values);
	const first = { ...options, firstOutput: 'inherit' } as const; // the same again and again is for nobody
	if (saved !== undefined) {
		const comparison = await compare(saved, what, {
			...first,
			maxRuns: repeat,
			...(tolerance === undefined ? {} : { tolerance }),
		});
		if (comparison.failed) return notPassed(comparison.failed);
		const content = { kind: 'comparison', comparison } as const;
		if (comparison.grown === null) {
			stderr.write(`procready: no comparison: ${summaryOf(comparison)}\n`);
			return { status: 125, content };
		}
		stderr.write(`procready: against ${visible(file)}\n${comparisonText(comparison)}`);
		return { status: comparison.grown ? overBudget : 0, content };
	}
	const { budget, failed } = await measureBudget(what, repeat, first);
	if (failed) return notPassed(failed);
	save(file, budget);
	stderr.write(`procready: ${visible(file)}: ${count(repeat, 'run')}; the medians are\n${medians(budget)}`);
	return { status: 0, content: { kind: 'budget', budget } };
}

/** What fails names the flag. */
function save(file: string, budget: Budget): void {
	try {
		writeBudget(file, budget);
	} catch (error) {
		throw notWritten(`--save-budget ${file}`, (error as ProcreadyError).cause);
	}
}

function notPassed({ run, result }: NotPassed): { status: number; content: Content<ResultReport> } {
	const which = run === 0 ? 'the first run' : `run ${run} after the first`;
	stderr.write(`${reportText(result, stderr.hasColours)}procready: no budget: ${which} did not pass\n`);
	return { status: statusOfRun(result), content: { kind: 'result', ...result } };
}

/** `saved` is there where it is to be checked. */
function wishesOf(values: BudgetValues): {
	repeat: number;
	tolerance: number | undefined;
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
	if (repeat < leastRuns || repeat > mostRuns)
		throw invalidFlag('--repeat', `${repeat} is not a number from ${leastRuns} to ${mostRuns}`);
	const tolerance = maybe(values.tolerance, (given) => parseShare(given, '--tolerance'));
	try {
		return { repeat, tolerance, file: (save ?? check) as string, saved: maybe(check, readBudget) };
	} catch (error) {
		throw invalidFlag('--check-budget', unexpected(error).message, error);
	}
}

function medians(budget: Budget): string {
	const samples = samplesOf(budget);
	return comparedNames
		.map((name) => ({ name, value: median(samples.map((sample) => sample[name])) }))
		.filter(({ value }) => value !== null)
		.map(({ name, value }) => `  ${name.padEnd(17)}${comparedFigures[name].words(value as number)}\n`)
		.join('');
}
