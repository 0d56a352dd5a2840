/** Runs suites: their cases side by side where that does no harm, and told in the order of the file. */
import { rmSync } from 'node:fs';
import { allInTurn } from '../../model/in-turn.js';
import { count } from '../../report/words.js';
import type { Whole } from '../shards/whole.js';
import { estimateOf } from './estimate.js';
import type { CaseOutcome, HarnessEvent, SuiteOutcome, Summary } from './outcome.js';
import { makeDirectory, runCase } from './run-case.js';
import { runScripts, type ScriptPlace } from './script.js';
import type { Case, Suite } from './suite.js';
import { interruptedReason, summaryOf } from './summary.js';

export interface Running {
	/** Cases that run at once. */
	jobs: number;
	/** Ends it: what runs is killed, tear-down is done, the rest is skipped. */
	signal: AbortSignal;
	/** After so many failures of cases and suites no further case is started. Default: none is too many. */
	bail?: number | undefined;
	/** Milliseconds that a case took when it last ran. */
	lastDuration?: ((suite: Suite, one: Case) => number | undefined) | undefined;
	/** What this run is a part of: all of it, or that of one shard. */
	whole: Whole;
	/** Why a case does not run. Default: by what these suites say; with others beside them, that is not all. */
	skip?: Skip | undefined;
	tell(event: HarnessEvent): void;
}

export async function runSuites(suites: Suite[], running: Running): Promise<Summary> {
	const start = performance.now();
	const skip = running.skip ?? skipping(suites);
	running.tell({
		type: 'start',
		suites,
		whole: running.whole,
		estimate: estimateOf(suites, running.jobs, running.lastDuration ?? (() => undefined)),
	});
	const outcomes: SuiteOutcome[] = [];
	const enough = enoughOf(running);
	for (const suite of suites) {
		running.tell({ type: 'suite-start', suite });
		const outcome = await runSuite(suite, skip, running, enough);
		for (const _ of outcome.failures) enough.failed();
		running.tell({ type: 'suite-end', outcome });
		outcomes.push(outcome);
	}
	const summary = summaryOf(outcomes, running.signal.aborted, performance.now() - start);
	running.tell({ type: 'end', summary });
	return summary;
}

async function runSuite(suite: Suite, skip: Skip, running: Running, enough: Enough): Promise<SuiteOutcome> {
	const start = performance.now();
	const directory = makeDirectory('suite');
	const env = { ...process.env, SUITE_DIR: directory };
	const place: ScriptPlace = { cwd: suite.directory, env, scratch: directory, signal: running.signal };
	try {
		const isIdle =
			suite.cases.every((one) => skip(one) !== undefined) || running.signal.aborted || enough.reason() !== undefined;
		const failures = isIdle ? [] : await runScripts('before', suite.before, place);
		const refused = failures.length > 0 ? 'the set-up of the suite failed' : undefined;
		let cases: CaseOutcome[] = [];
		await allInTurn(
			async () => {
				cases = await runCases(suite, directory, (one) => refused ?? skip(one), running, enough);
			},
			async () => isIdle || failures.push(...(await runScripts('after', suite.after, place))),
		);
		return { suite, cases, failures, duration: performance.now() - start };
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

/** Counts the failures, and says why no further case is to run. */
interface Enough {
	failed(): void;
	reason(): string | undefined;
}

function enoughOf({ bail = Number.POSITIVE_INFINITY }: Running): Enough {
	let failures = 0;
	return {
		failed: () => void failures++,
		reason: () => (failures < bail ? undefined : `it was not run, after ${count(failures, 'failure')}`),
	};
}

/** Why a case does not run; `undefined`: it does. */
export type Skip = (one: Case) => string | undefined;

/** Why a case of these suites does not run, by what they say. */
export function skipping(suites: readonly Suite[]): Skip {
	const isOnly = suites.some(({ cases }) => cases.some((one) => one.only));
	return ({ skip, only }) => skip ?? (isOnly && !only ? 'others are marked "only"' : undefined);
}

async function runCases(
	suite: Suite,
	suiteDirectory: string,
	refusal: (one: Case) => string | undefined,
	{ jobs, signal, tell }: Running,
	enough: Enough,
): Promise<CaseOutcome[]> {
	const outcomes: CaseOutcome[] = [];
	let told = 0;
	const under = new Set<Promise<void>>();
	const end = (index: number, outcome: CaseOutcome) => {
		outcomes[index] = outcome;
		for (let next = outcomes[told]; next; next = outcomes[told]) {
			tell({ type: 'case-end', suite, outcome: next });
			told++;
		}
	};
	for (const [index, one] of suite.cases.entries()) {
		while (under.size >= (one.alone ? 1 : jobs)) await Promise.race(under);
		const skipped = skippedFor(one, signal.aborted ? interruptedReason : refusal(one), enough);
		if (skipped) {
			end(index, skipped);
			continue;
		}
		tell({ type: 'case-start', suite, case: one });
		const run = runCase(one, { suite, suiteDirectory, signal }).then((outcome) => {
			under.delete(run);
			if (outcome.status === 'failed') enough.failed();
			end(index, outcome);
		});
		under.add(run);
		if (one.alone) await run;
	}
	await Promise.all(under);
	return outcomes;
}

/** `reason`: why it would not run anyway. `undefined`: it is to run. */
function skippedFor(one: Case, reason: string | undefined, enough: Enough): CaseOutcome | undefined {
	const nothing = {
		case: one,
		status: 'skipped' as const,
		failures: [],
		runs: 0,
		retried: 0,
		earlier: [],
		duration: 0,
	};
	if (reason !== undefined) return { ...nothing, reason };
	const why = enough.reason();
	return why === undefined ? undefined : { ...nothing, reason: why, notRun: true };
}
