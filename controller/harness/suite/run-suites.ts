/** Runs suites: their cases side by side where that does no harm, and told in the order of the file. */
import { rmSync } from 'node:fs';
import { allInTurn } from '../../model/in-turn.js';
import type { CaseOutcome, HarnessEvent, SuiteOutcome, Summary } from './outcome.js';
import { makeDirectory, runCase } from './run-case.js';
import { runScripts, type ScriptPlace } from './script.js';
import type { Case, Suite } from './suite.js';

export interface Running {
	/** Cases that run at once. */
	jobs: number;
	/** Ends it: what runs is killed, tear-down is done, the rest is skipped. */
	signal: AbortSignal;
	tell(event: HarnessEvent): void;
}

export async function runSuites(suites: Suite[], running: Running): Promise<Summary> {
	const start = performance.now();
	const only = suites.some(({ cases }) => cases.some((one) => one.only));
	running.tell({ type: 'start', suites });
	const outcomes: SuiteOutcome[] = [];
	for (const suite of suites) {
		running.tell({ type: 'suite-start', suite });
		const outcome = await runSuite(suite, only, running);
		running.tell({ type: 'suite-end', outcome });
		outcomes.push(outcome);
	}
	const summary = summaryOf(outcomes, running.signal.aborted, performance.now() - start);
	running.tell({ type: 'end', summary });
	return summary;
}

async function runSuite(suite: Suite, only: boolean, running: Running): Promise<SuiteOutcome> {
	const start = performance.now();
	const directory = makeDirectory('suite');
	const env = { ...process.env, SUITE_DIR: directory };
	const place: ScriptPlace = { cwd: suite.directory, env, scratch: directory, signal: running.signal };
	try {
		const isIdle = suite.cases.every((one) => reasonToSkip(one, only) !== undefined) || running.signal.aborted;
		const failures = isIdle ? [] : await runScripts('before', suite.before, place);
		const refused = failures.length > 0 ? 'the set-up of the suite failed' : undefined;
		let cases: CaseOutcome[] = [];
		await allInTurn(
			async () => {
				cases = await runCases(suite, directory, (one) => refused ?? reasonToSkip(one, only), running);
			},
			async () => isIdle || failures.push(...(await runScripts('after', suite.after, place))),
		);
		return { suite, cases, failures, duration: performance.now() - start };
	} finally {
		rmSync(directory, { recursive: true, force: true });
	}
}

function reasonToSkip({ skip, only }: Case, onlyOnly: boolean): string | undefined {
	return skip ?? (onlyOnly && !only ? 'others are marked "only"' : undefined);
}

async function runCases(
	suite: Suite,
	suiteDirectory: string,
	refusal: (one: Case) => string | undefined,
	{ jobs, signal, tell }: Running,
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
		const reason = signal.aborted ? 'it was interrupted' : refusal(one);
		if (reason !== undefined) {
			end(index, { case: one, status: 'skipped', reason, failures: [], runs: 0, retried: 0, duration: 0 });
			continue;
		}
		tell({ type: 'case-start', suite, case: one });
		const run = runCase(one, { suite, suiteDirectory, signal }).then((outcome) => {
			under.delete(run);
			end(index, outcome);
		});
		under.add(run);
		if (one.alone) await run;
	}
	await Promise.all(under);
	return outcomes;
}

function summaryOf(suites: SuiteOutcome[], interrupted: boolean, duration: number): Summary {
	const cases = suites.flatMap(({ cases }) => cases);
	const of = (status: CaseOutcome['status']) => cases.filter((one) => one.status === status);
	const broken = suites.filter(({ failures }) => failures.length > 0);
	return {
		suites,
		passed: of('passed').length,
		failed: of('failed').length + broken.length,
		skipped: of('skipped').length,
		flaky: of('passed').filter(({ retried }) => retried > 0).length,
		interrupted,
		duration,
	};
}
