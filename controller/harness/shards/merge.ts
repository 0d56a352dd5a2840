/** Puts what came of all shards together, or says why that would not be the whole. Pure. */
import { count } from '../../report/words.js';
import type { CaseOutcome, SuiteOutcome, Summary } from '../suite/outcome.js';
import { interruptedReason, summaryOf } from '../suite/summary.js';
import type { CaseLine } from './blob.js';
import type { ShardFacts } from './facts.js';
import { called, partsOf, type Refused } from './parts.js';
import { type Blob, outcomeIn } from './read-blob.js';
import type { Unreadable } from './sealed.js';
import { differences, type SuiteOfWhole, type Whole } from './whole.js';

export interface Merged {
	whole: Whole;
	summary: Summary;
	/** What is to be known of it although it is no fault: files that do not count. */
	notes: string[];
}

export function mergeBlobs(read: readonly (Blob | Unreadable)[]): Merged | Refused {
	const parts = partsOf(read, {
		last: (one) => lastOf(one),
		differences: (a, b) => differences(a.head.whole, b.head.whole),
		incomplete: interrupted,
	});
	if ('wrong' in parts) return parts;
	const { complete, notes } = parts;
	const [first] = complete;
	const cases = casesOf(complete);
	const lost = first.head.whole.suites.flatMap((suite) => casesLost(suite, cases));
	return lost.length > 0 ? { wrong: lost } : { ...merged(first.head.whole, complete, cases), notes };
}

function lastOf({ cases }: Blob): string {
	const last = cases.at(-1);
	if (last === undefined) return 'it has no case yet';
	return `it ends after ${count(cases.length, 'case')}, the last of them ${last.file}: ${last.case.name}`;
}

function interrupted(one: Blob): string[] {
	if (!one.end?.counts.interrupted) return [];
	const left = one.cases.filter(({ outcome }) => outcome.reason === interruptedReason);
	const lost = left.length > 0 ? `, and these cases did not end: ${listed(left.map(nameOf))}` : '';
	return [`${called(one)}: was interrupted by a signal${lost}; run the shard again`];
}

const most = 5;

/** The first of many. */
function listed(names: readonly string[]): string {
	const more = names.length > most ? ` and ${names.length - most} more` : '';
	return `${names.slice(0, most).join(', ')}${more}`;
}

function nameOf({ file, case: { name } }: CaseLine): string {
	return `${file}: ${name}`;
}

type Cases = Map<string, { by: Blob; line: CaseLine }[]>;

function casesOf(complete: readonly Blob[]): Cases {
	const cases: Cases = new Map();
	for (const by of complete)
		for (const line of by.cases) cases.set(nameOf(line), [...(cases.get(nameOf(line)) ?? []), { by, line }]);
	return cases;
}

function casesLost({ file, cases: names }: SuiteOfWhole, cases: Cases): string[] {
	return names.flatMap((name) => {
		const found = cases.get(`${file}: ${name}`) ?? [];
		if (found.length === 1) return [];
		if (found.length === 0) return [`${file}: ${name}: no shard ran this case`];
		return [`${file}: ${name}: ran in ${found.map(({ by }) => called(by)).join(' and ')}`];
	});
}

function merged(whole: Whole, complete: readonly Blob[], cases: Cases): Omit<Merged, 'notes'> {
	const suites = whole.suites.map((suite) => outcomeOf(suite, complete, cases));
	const duration = Math.max(...complete.map(({ end }) => end?.counts.duration ?? 0));
	return {
		whole: { ...whole, shard: { index: 1, count: 1 } },
		summary: { ...summaryOf(suites, false, duration), shards: complete.flatMap(factsOf) },
	};
}

function outcomeOf({ file, name, cases: names }: SuiteOfWhole, complete: readonly Blob[], cases: Cases): SuiteOutcome {
	const outcomes = names.flatMap((name): CaseOutcome[] =>
		(cases.get(`${file}: ${name}`) ?? []).map(({ by, line }) => {
			const outcome = outcomeIn(line);
			return { ...outcome, shard: outcome.shard ?? by.head.whole.shard.index };
		}),
	);
	const ends = complete.flatMap(({ suiteEnds }) => suiteEnds.filter((one) => one.file === file));
	const written = complete.flatMap(({ suites }) => suites.filter((one) => one.file === file));
	const known = written[0]?.suite ?? { file, name, directory: '', before: [], after: [] };
	return {
		suite: { ...known, cases: outcomes.map((one) => one.case) },
		cases: outcomes,
		failures: ends.flatMap(({ failures }) => failures),
		duration: ends.reduce((sum, one) => sum + one.duration, 0),
	};
}

function factsOf({ head, cases, end }: Blob): ShardFacts[] {
	if (end?.shards) return end.shards;
	return [{ ...head.whole.shard, ...head.on, cases: cases.length, duration: end?.counts.duration ?? 0 }];
}
