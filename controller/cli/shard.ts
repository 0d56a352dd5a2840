/** `--shard` and `--shard-by`: this run is one of several, on other hosts perhaps, that together are the whole. */
import { closeSync, futimesSync, openSync } from 'node:fs';
import { invalidFlag } from '../flags/arguments.js';
import { notWritten } from '../harness/not-written.js';
import { idOf } from '../harness/shards/identity.js';
import { type Division, divisions } from '../harness/shards/partition.js';
import { readBlob } from '../harness/shards/read-blob.js';
import { type Asked, shardOf, shardText } from '../harness/shards/shard.js';
import type { History } from '../harness/suite/history.js';
import type { Case, Suite } from '../harness/suite/suite.js';
import { didYouMean } from '../model/closest.js';
import type { Flags } from '../model/flag.js';
import { stderr } from './output.js';

export const shardFlags = {
	shard: {
		type: 'string',
		value: 'K/N|auto[/N]',
		help: 'the Kth of N parts; auto: as GitLab, Kubernetes, Slurm, … say',
		text: 'the Kth of N parts, after all other choices; `auto`: by the variables of GitLab, Kubernetes (`auto/N`: it does not tell how many), Slurm, Bazel, Buildkite or CircleCI',
		default: '1/1',
	},
	'shard-by': {
		type: 'string',
		value: 'slice|hash|time[=BLOB]',
		help: 'even parts; a case stays in its part; or by recorded times',
		text: '`slice`: parts of as many cases; `hash`: a case stays in its part when others are added; `time`: parts that take equally long, by what each took last, or in the run that BLOB is of, and what is not known as the mean',
		default: 'slice',
	},
} as const satisfies Flags;

type Times = (suite: Suite, one: Case) => number | undefined;

export interface AskedShard {
	shard: Asked;
	division: Division;
	/** Without --shard it is all of it. */
	isPart: boolean;
	/** Where the times of cases are from. */
	durationOf(history: History): Times;
}

export function shardAsked(values: { shard?: string; 'shard-by'?: string }): AskedShard {
	const { shard, 'shard-by': given } = values;
	if (shard === undefined && given !== undefined) throw invalidFlag('--shard-by', 'is for --shard, which is missing');
	const [, division = '', file] = /^([^=]*)(?:=(.*))?$/s.exec(given ?? 'slice') ?? [];
	const names = Object.keys(divisions);
	if (!Object.hasOwn(divisions, division) || (file !== undefined && division !== 'time'))
		throw invalidFlag(
			'--shard-by',
			`${JSON.stringify(given)} is none of ${names.join(', ')} and time=BLOB${didYouMean(division, names)}`,
		);
	const recorded = file === undefined ? undefined : timesIn(file);
	return {
		shard: shardOf(shard ?? '1/1', process.env),
		division: division as Division,
		isPart: shard !== undefined,
		durationOf: (history) => recorded ?? history.durationOf,
	};
}

/** What each case took in the run, or the merged runs, that a blob is of. */
function timesIn(file: string): Times {
	const read = readBlob(file);
	if ('wrong' in read) throw invalidFlag('--shard-by', `time=${read.wrong}`);
	const ran = read.cases.filter(({ outcome }) => outcome.runs > 0 && outcome.status !== 'skipped');
	const times = new Map(ran.map(({ file, case: { name }, outcome }) => [`${file}: ${name}`, outcome.duration]));
	return (suite, one) => times.get(idOf(suite, one));
}

/** Tells the engine that shards are known here, and people where this one has nothing to do. */
export function announce({ shard }: AskedShard, hasParts: boolean, what = 'case'): void {
	if (shard.statusFile !== undefined) touch(shard.statusFile);
	if (!hasParts)
		stderr.write(`procready: --shard: shard ${shardText(shard)} has no ${what}: there are fewer of them\n`);
}

function touch(file: string): void {
	try {
		const opened = openSync(file, 'a');
		try {
			futimesSync(opened, new Date(), new Date());
		} finally {
			closeSync(opened);
		}
	} catch (cause) {
		throw notWritten(`--shard auto: TEST_SHARD_STATUS_FILE ${file}`, cause);
	}
}
