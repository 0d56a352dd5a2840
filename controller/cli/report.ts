/**
 * What `--json` writes, of all that `procready run`, `exec` and `compare` may come to. schema/result.schema.json is generated from these
 * types and their descriptions: `make generate`.
 */
import type { ExecutionResult } from '../container/execution.js';
import type { ErrorDescription, ProcreadyError } from '../errors.js';
import type { ForkRun } from '../faults/each-fork.js';
import type { Budget } from '../harness/budget/budget.js';
import type { Comparison } from '../harness/compare/compare.js';
import { type Provenance, provenance } from '../harness/provenance.js';
import type { Result } from '../report/result.js';

interface Head extends Provenance {
	/**
	 * The command and its arguments, as they were given or as the specification has them; empty where none was given. `null`:
	 * the specification could not be read.
	 */
	command: string[] | null;
}

/** The program was run to its end, however it ended. */
export interface ResultReport extends Head, Result {
	/** What the report is about. */
	kind: 'result';
}

/** procready itself failed: the program did not run, or what came of it is not known. */
export interface ErrorReport extends Head {
	/** What the report is about. */
	kind: 'error';
	/** What went wrong, and where. */
	error: ErrorDescription;
}

/** What came of a process that `procready exec` started in a container. There is no verdict on one. */
export interface ExecutionReport extends Head, ExecutionResult {
	/** What the report is about. */
	kind: 'execution';
	/** The name of the container. */
	container: string;
}

/** What came of `--each-fork`. */
export interface EachForkReport extends Head {
	/** What the report is about. */
	kind: 'each-fork';
	/** The first without a refusal, then one for each fork. */
	runs: ForkRun[];
	/** Each of them was. */
	acceptable: boolean;
}

/** What came of `--save-budget`, where each run passed; else the report is that of the run that did not. */
export interface BudgetReport extends Head {
	/** What the report is about. */
	kind: 'budget';
	/** What was measured. */
	budget: Budget;
}

/** What came of `procready compare`; and of `--check-budget` where each run passed, else the report is that of the run that did not. */
export interface ComparisonReport extends Head {
	/** What the report is about. */
	kind: 'comparison';
	/** What is said of each figure, and of which runs. */
	comparison: Comparison;
}

export type Report = ResultReport | ErrorReport | ExecutionReport | EachForkReport | BudgetReport | ComparisonReport;

/** What a report is about, without its head. */
export type Content<R = Report> = R extends Report ? Omit<R, keyof Head> : never;

/** Completes reports with the command and the moment at which this is called. */
export function reporting(command: string[] | null): { command: string[] | null; complete(content: Content): Report } {
	const head = provenance();
	return {
		command,
		complete(content) {
			const { kind, ...members } = content;
			return { kind, ...head, command: this.command, ...members } as Report;
		},
	};
}

/** `message` is what was said of it on stderr. */
export function errorContent(error: ProcreadyError, message: string): Content<ErrorReport> {
	return { kind: 'error', error: { ...error.toJSON(), message } };
}
