/** `procready merge`: what came of all shards as one report, and as one exit status; or why that would not be the whole. */
import { ProcreadyError } from '../errors.js';
import { parseWords } from '../flags/arguments.js';
import { type Merged, mergeBlobs } from '../harness/shards/merge.js';
import { findBlobs, readBlob } from '../harness/shards/read-blob.js';
import { estimateOf } from '../harness/suite/estimate.js';
import { openHistory } from '../harness/suite/history.js';
import type { HarnessEvent } from '../harness/suite/outcome.js';
import { statusOf } from '../harness/suite/summary.js';
import type { Flags } from '../model/flag.js';
import { visible } from '../model/visible.js';
import { stderr, stdout } from './output.js';
import { helpText, type Page } from './page.js';
import { reporterFlag, reportersOf } from './reporters.js';

const flags = {
	...reporterFlag,
	help: { type: 'boolean', short: 'h', help: 'this' },
} as const satisfies Flags;

export const page: Page = {
	name: 'merge',
	summary: 'make one report of what shards of a test have written',
	synopsis: ['[OPTION]... FILE|DIR...'],
	text: `Reads what each shard wrote with procready test --shard K/N --reporter blob=FILE, and reports on all of them as procready test
would have without --shard. Of a DIR it reads all *.blob in it and below.`,
	topics: { 'Options:': flags },
	notes: `A shard that is missing, was killed, ran twice to its end, or is of other suites, options or another release, and a
case that no shard or more than one ran, is named, and there is no report. A copy of a file counts once; what a killed shard has left
does not count where the shard ran again to its end. How long each case took is kept as by procready test.

Exit status: as procready test; 2 where the files are not the whole.`,
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
	const merged = mergeBlobs(findBlobs(words).map(readBlob));
	const lines = 'wrong' in merged ? merged.wrong : merged.notes;
	for (const line of lines) stderr.write(`procready: ${visible(line)}\n`);
	if ('wrong' in merged) return 2;
	using reporters = reportersOf(values.reporter);
	for (const event of eventsOf(merged)) reporters.tell(event);
	const history = openHistory();
	for (const outcome of merged.summary.suites) history.add(outcome);
	reporters.finish();
	return statusOf(merged.summary);
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
