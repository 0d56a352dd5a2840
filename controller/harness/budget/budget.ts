/** What a command may use, in a small file that is kept with its sources: measured, read, written and compared. */
import { writeFileSync } from 'node:fs';
import type { RunResult } from '../../container/run.js';
import { ProcreadyError, reasonOf } from '../../errors.js';
import { readGiven } from '../../host/node/read-bounded.js';
import { median } from '../median.js';
import { notWritten } from '../not-written.js';

/** Medians of some runs. `null`: not counted where they were made. */
export interface Budget {
	/** How many runs. */
	runs: number;
	/** Bytes; `null`: not counted. */
	'memory.peak': number | null;
	/** Tasks at once; `null`: not counted. */
	'tasks.peak': number | null;
	/** Milliseconds of processor time; `null`: not counted. */
	'cpu.total': number | null;
}

export type BudgetFigure = Exclude<keyof Budget, 'runs'>;

const budgetFigures = ['memory.peak', 'tasks.peak', 'cpu.total'] as const satisfies BudgetFigure[];

/** How coarse a figure is: the kernel charges memory in pieces of 256 KiB, and a few milliseconds are noise. */
const grain: Record<BudgetFigure, number> = { 'memory.peak': 256 * 1024, 'tasks.peak': 0, 'cpu.total': 5 };

export function budgetOf(results: readonly Pick<RunResult, 'usage'>[]): Budget {
	const rounded = (value: number | null) => (value === null ? null : Math.round(value));
	return {
		runs: results.length,
		'memory.peak': rounded(median(results.map(({ usage }) => usage.memory.peak))),
		'tasks.peak': rounded(median(results.map(({ usage }) => usage.tasks.peak))),
		'cpu.total': rounded(median(results.map(({ usage }) => usage.cpu.total))),
	};
}

export interface Comparison {
	/** What is compared: bytes of memory, tasks, or milliseconds of processor time. */
	figure: BudgetFigure;
	/** In the budget, in its unit; `null`: not counted where that was made. */
	saved: number | null;
	/** Now; `null`: not counted here. */
	measured: number | null;
	/** Relative: 0.5 is half as much again. `null` where it cannot be said. */
	growth: number | null;
	/** Beyond the tolerance, and by more than the figure is coarse. */
	outcome: 'grew' | 'shrank' | 'within' | 'not counted';
}

/** `tolerance` is relative: 0.1 is 10 %. */
export function compareBudgets(saved: Budget, measured: Budget, tolerance: number): Comparison[] {
	return budgetFigures.map((figure) => {
		const [before, now] = [saved[figure], measured[figure]];
		if (before === null || now === null)
			return { figure, saved: before, measured: now, growth: null, outcome: 'not counted' as const };
		const slack = Math.max(before * tolerance, grain[figure]);
		const outcome = now > before + slack ? 'grew' : now < before - slack ? 'shrank' : 'within';
		return { figure, saved: before, measured: now, growth: before === 0 ? null : now / before - 1, outcome };
	});
}

function invalid(file: string, what: string, cause?: unknown): ProcreadyError {
	return new ProcreadyError('option-invalid', `${file}: ${what}`, { where: 'budget', ...(cause ? { cause } : {}) });
}

/** Throws `option-invalid` where it is not there, or is no budget. */
export function readBudget(file: string): Budget {
	let budget: Record<string, unknown>;
	try {
		budget = JSON.parse(readGiven(file).toString());
	} catch (cause) {
		throw invalid(file, cause instanceof SyntaxError ? 'is not JSON' : `cannot be read: ${reasonOf(cause)}`, cause);
	}
	for (const name of ['runs', ...budgetFigures]) {
		const value = budget?.[name];
		const isNumber = typeof value === 'number' && value >= 0;
		if (!isNumber && !(value === null && name !== 'runs'))
			throw invalid(file, `${name} is missing, or not a number: the file is not a budget`);
	}
	return budget as unknown as Budget;
}

/** A figure a line, in the same order each time. */
export function writeBudget(file: string, budget: Budget): void {
	try {
		writeFileSync(file, `${JSON.stringify(budget, ['runs', ...budgetFigures], '\t')}\n`);
	} catch (cause) {
		throw notWritten(`budget ${file}`, cause);
	}
}
