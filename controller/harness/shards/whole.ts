/** What all shards together run, as each of them knows it: by this they are held against each other when they are merged. */
import { createHash } from 'node:crypto';
import type { Case, Suite } from '../suite/suite.js';
import { fileOf, idOf } from './identity.js';
import type { Division } from './partition.js';
import type { Shard } from './shard.js';

export interface Whole {
	shard: Shard;
	division: Division;
	/** Of the times that it was divided by, if it was; shards that know others have other parts. */
	times: string | undefined;
	/** After how many failures each shard starts no further case; `undefined`: it runs all. */
	bail: number | undefined;
	/** All suites with all chosen cases, in their order. */
	suites: SuiteOfWhole[];
}

export interface SuiteOfWhole {
	/** From the working directory. */
	file: string;
	name: string;
	/** Of what is in the file. */
	digest: string;
	/** The names of the cases that were chosen. */
	cases: string[];
}

type Times = (suite: Suite, one: Case) => number | undefined;

export function wholeOf(
	suites: readonly Suite[],
	digests: ReadonlyMap<string, string>,
	given: Pick<Whole, 'shard' | 'division' | 'bail'> & { durationOf: Times },
): Whole {
	const { shard, division, bail, durationOf } = given;
	return {
		shard: { index: shard.index, count: shard.count },
		division,
		bail,
		times: division === 'time' ? digestOf(JSON.stringify(timesOf(suites, durationOf))) : undefined,
		suites: suites.map((suite) => ({
			file: fileOf(suite),
			name: suite.name,
			digest: digests.get(suite.file) ?? '',
			cases: suite.cases.map(({ name }) => name),
		})),
	};
}

function timesOf(suites: readonly Suite[], durationOf: Times): [string, number | null][] {
	return suites.flatMap((suite) =>
		suite.cases.map((one): [string, number | null] => [idOf(suite, one), durationOf(suite, one) ?? null]),
	);
}

export function digestOf(text: string | Buffer): string {
	return createHash('sha256').update(text).digest('hex');
}

/** In what two shards are not of the same whole, in words; empty: they are. */
export function differences(a: Whole, b: Whole): string[] {
	const others = b.suites.filter(({ file }) => a.suites.every((suite) => suite.file !== file));
	const suites = a.suites.flatMap((suite) => {
		const other = b.suites.find(({ file }) => file === suite.file);
		if (other === undefined) return [`${suite.file} is in one alone`];
		if (other.digest !== suite.digest) return [`${suite.file} is not the same`];
		return other.cases.join('\n') === suite.cases.join('\n') ? [] : [`of ${suite.file} other cases were chosen`];
	});
	return [
		...(a.shard.count === b.shard.count ? [] : [`one is of ${a.shard.count} shards, one of ${b.shard.count}`]),
		...(a.division === b.division ? [] : [`--shard-by was ${a.division} and ${b.division}`]),
		...(a.bail === b.bail ? [] : [`--bail was ${a.bail ?? 'not given'} and ${b.bail ?? 'not given'}`]),
		...(a.division === b.division && a.times !== b.times ? ['they were divided by other times'] : []),
		...suites,
		...others.map(({ file }) => `${file} is in one alone`),
	];
}
