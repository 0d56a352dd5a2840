/** `procready merge`: what came of all shards as one report, and as one exit status; or why that would not be the whole. */
import { ProcreadyError } from '../errors.js';
import { invalidFlag, parseWords, type Values } from '../flags/arguments.js';
import { shardLines } from '../harness/shards/facts.js';
import { type Merged, mergeBlobs } from '../harness/shards/merge.js';
import type { Refused } from '../harness/shards/parts.js';
import { findBlobs, readBlob } from '../harness/shards/read-blob.js';
import { typeOf } from '../harness/shards/sealed.js';
import { estimateOf } from '../harness/suite/estimate.js';
import { openHistory } from '../harness/suite/history.js';
import type { HarnessEvent } from '../harness/suite/outcome.js';
import { statusOf } from '../harness/suite/summary.js';
import { mergeSweeps, readSweep } from '../harness/sweep/shards.js';
import { csvOf, headingOf, lineOf, plotOf } from '../harness/sweep/text.js';
import type { Flags } from '../model/flag.js';
import { visible } from '../model/visible.js';
import { checkReports } from './callers-file.js';
import { stderr, stdout } from './output.js';
import { helpText, type Page } from './page.js';
import { reporterFlag, reportersOf } from './reporters.js';
import { writeJson, writeReport } from './write-report.js';

const flags = {
	...reporterFlag,
	csv: { type: 'string', value: 'FILE|-|fd:N', help: 'of a sweep: write the table as CSV; - is stdout' },
	json: { type: 'string', value: 'FILE|-|fd:N', help: 'of a sweep: write the points; - is stdout' },
	help: { type: 'boolean', short: 'h', help: 'this' },
} as const satisfies Flags;

export const page: Page = {
	name: 'merge',
	summary: 'make one report of what shards of a test or a sweep have written',
	synopsis: ['[OPTION]... FILE|DIR...'],
	text: `Reads what each shard wrote with procready test --shard K/N --reporter blob=FILE, and reports on all of them as procready test
would have without --shard; and so of procready sweep --shard K/N --blob FILE. Of a DIR it reads all *.blob in it and below.`,
	topics: { 'Options:': flags },
	notes: `A shard that is missing, was killed, ran twice to its end, or is of other suites, options or another release, and a
case that no shard or more than one ran, is named, and there is no report. A copy of a file counts once; what a killed shard has left
does not count where the shard ran again to its end. How long each case took is kept as by procready test.

Exit status: as procready test, of a sweep 0; 2 where the files are not the whole.`,
};

/** Resolves to the exit status. */
export async function merge(argv: string[]): Promise<number> {
	try {
		return mergeFiles(argv);
	} catch (error) {
		if (!(error instanceof ProcreadyError) || error.code !== 'option-invalid') throw error;
		stderr.write(`procready: ${error.message}\n`);
		return 2;
	}
}

function mergeFiles(argv: string[]): number {
	const { values, words } = parseWords(argv, flags, 'merge');
	if (values.help) {
		stdout.write(helpText(page));
		return 0;
	}
	if (words.length === 0)
		throw new ProcreadyError('option-invalid', 'what shards have written is missing: procready merge FILE|DIR...');
	checkReports(values);
	const paths = findBlobs(words);
	if (paths.some((path) => typeOf(path) === 'sweep')) return mergedSweep(paths, values);
	for (const flag of ['csv', 'json'] as const)
		if (values[flag] !== undefined)
			throw invalidFlag(`--${flag}`, 'is for shards of a sweep; write --reporter NAME=FILE');
	const merged = told(mergeBlobs(paths.map(readBlob)));
	if (merged === undefined) return 2;
	using reporters = reportersOf(values.reporter);
	for (const event of eventsOf(merged)) reporters.tell(event);
	const history = openHistory();
	for (const outcome of merged.summary.suites) history.add(outcome);
	reporters.finish();
	return statusOf(merged.summary);
}

/** What is wrong, or else to be known of it; `undefined` where it is wrong. */
function told<M extends { notes: string[] }>(merged: M | Refused): M | undefined {
	const isWrong = 'wrong' in merged;
	for (const line of isWrong ? merged.wrong : merged.notes) stderr.write(`procready: ${visible(line)}\n`);
	return isWrong ? undefined : merged;
}

function mergedSweep(paths: readonly string[], { reporter, json, csv }: Values<typeof flags>): number {
	if (reporter) throw invalidFlag('--reporter', 'is for shards of a test; of a sweep there are --json and --csv');
	const merged = told(mergeSweeps(paths.map(readSweep)));
	if (merged === undefined) return 2;
	const { points, shards } = merged;
	const lines = [...points.slice(0, 1).map(headingOf), ...points.map(lineOf), '', ...shardLines(shards, 'value')];
	if (json !== '-' && csv !== '-') stdout.write(`${lines.join('\n')}\n\n${plotOf(points)}`);
	writeJson(json, points);
	writeReport('--csv', csv, csvOf(points));
	return 0;
}

/** As if all had run here, one case after the other. */
function* eventsOf({ summary, whole }: Merged): Generator<HarnessEvent> {
	const suites = summary.suites.map(({ suite }) => suite);
	yield { type: 'start', suites, whole, estimate: estimateOf([], 1, () => undefined) };
	for (const outcome of summary.suites) {
		const { suite } = outcome;
		yield { type: 'suite-start', suite };
		for (const one of outcome.cases) {
			if (one.runs > 0) yield { type: 'case-start', suite, case: one.case };
			yield { type: 'case-end', suite, outcome: one };
		}
		yield { type: 'suite-end', outcome };
	}
	yield { type: 'end', summary };
}
