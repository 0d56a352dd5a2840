/** Puts what came of all shards together, or says why that would not be the whole. Pure. */
import { count } from '../../report/words.js';
import type { CaseOutcome, SuiteOutcome, Summary } from '../suite/outcome.js';
import { interruptedReason, summaryOf } from '../suite/summary.js';
import type { CaseLine } from './blob.js';
import type { ShardFacts } from './facts.js';
import { type Blob, outcomeIn, type Unreadable } from './read-blob.js';
import { shardText } from './shard.js';
import { differences, type SuiteOfWhole, type Whole } from './whole.js';

export interface Merged {
	whole: Whole;
	summary: Summary;
	/** What is to be known of it although it is no fault: files that do not count. */
	notes: string[];
}

/** Why there is no merged report, a sentence each. */
export interface Refused {
	wrong: string[];
}

export function mergeBlobs(read: readonly (Blob | Unreadable)[]): Merged | Refused {
	const unreadable = read.filter((one) => 'wrong' in one);
	const empty = unreadable.filter(({ isEmpty }) => isEmpty).map(({ wrong }) => wrong);
	const { complete, ended, notes } = withoutCopies(read.filter((one): one is Blob => !('wrong' in one)));
	const [first] = complete;
	const wrong = [...unreadable.filter(({ isEmpty }) => !isEmpty).map(({ wrong }) => wrong), ...ended.map(endless)];
	if (first === undefined) return { wrong: [...wrong, ...empty] };
	const foreign = complete.flatMap((one) => {
		const found = differences(first.head.whole, one.head.whole);
		return found.length > 0 ? [`${called(first)} and ${called(one)} are not of one whole: ${found.join('; ')}`] : [];
	});
	if (foreign.length > 0) return { wrong: [...wrong, ...foreign] };
	const absent = missing(first.head.whole, [...complete, ...ended]);
	const all = [...wrong, ...doubled(complete), ...absent, ...complete.flatMap(interrupted)];
	if (all.length > 0) return { wrong: absent.length > 0 ? [...all, ...empty] : all };
	const cases = casesOf(complete);
	const lost = first.head.whole.suites.flatMap((suite) => casesLost(suite, cases));
	return lost.length > 0
		? { wrong: lost }
		: { ...merged(first.head.whole, complete, cases), notes: [...notes, ...empty] };
}

function called({ path, head }: Blob): string {
	return `${path} (shard ${shardText(head.whole.shard)} on ${head.on.host})`;
}

/**
 * Copies of one file count once, and what a killed shard has left does not count where the shard ran again to its end; it is
 * noted.
 */
function withoutCopies(read: readonly Blob[]): { complete: Blob[]; ended: Blob[]; notes: string[] } {
	const complete = read.filter(({ end }) => end !== undefined);
	const runs = new Map(complete.toReversed().map((one) => [one.head.run, one]));
	const indexes = new Set(complete.map(({ head }) => head.whole.shard.index));
	const cut = read.filter(({ end }) => end === undefined);
	const [again, ended] = [true, false].map((is) =>
		cut.filter(({ head }) => indexes.has(head.whole.shard.index) === is),
	);
	return {
		complete: complete
			.filter((one) => runs.get(one.head.run) === one)
			.sort((a, b) => a.head.whole.shard.index - b.head.whole.shard.index),
		ended: ended as Blob[],
		notes: [
			...complete
				.filter((one) => runs.get(one.head.run) !== one)
				.map((one) => `${one.path}: is a copy of ${runs.get(one.head.run)?.path}, and counts once`),
			...(again as Blob[]).map(
				(one) => `${called(one)}: has no end, and does not count: the shard ran again to its end`,
			),
		],
	};
}

function endless(one: Blob): string {
	const last = one.cases.at(-1);
	const after = last
		? `it ends after ${count(one.cases.length, 'case')}, the last of them ${last.file}: ${last.case.name}`
		: 'it has no case yet';
	return `${called(one)}: has no end, so its shard was killed, runs still, or the file was cut off; ${after}`;
}

function doubled(complete: readonly Blob[]): string[] {
	return complete.flatMap((one, index) => {
		const other = complete[index - 1];
		if (other?.head.whole.shard.index !== one.head.whole.shard.index) return [];
		return [
			`${called(other)} and ${called(one)} are the same shard, run twice to its end: leave out the one that does not count`,
		];
	});
}

function missing({ shard: { count } }: Whole, there: readonly Blob[]): string[] {
	const indexes = new Set(there.map(({ head }) => head.whole.shard.index));
	const absent = Array.from({ length: count }, (_, index) => index + 1).filter((index) => !indexes.has(index));
	return absent.map((index) => `shard ${index}/${count} is missing: none of these files is of it`);
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
