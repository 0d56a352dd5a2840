/** `--shard` and `--shard-by`: this run is one of several, on other hosts perhaps, that together are the whole. */
import { closeSync, futimesSync, openSync } from 'node:fs';
import { invalidFlag } from '../flags/arguments.js';
import { notWritten } from '../harness/not-written.js';
import { type Division, divisions } from '../harness/shards/partition.js';
import { type Asked, shardOf, shardText } from '../harness/shards/shard.js';
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
		value: 'slice|hash|time',
		help: 'even parts; a case stays in its part; or by recorded times',
		text: '`slice`: parts of as many cases; `hash`: a case stays in its part when others are added; `time`: parts that take equally long, by what each took last, and what is not known as the mean',
		default: 'slice',
	},
} as const satisfies Flags;

export interface AskedShard {
	shard: Asked;
	division: Division;
}

export function shardAsked(values: { shard?: string; 'shard-by'?: string }): AskedShard | undefined {
	const { shard, 'shard-by': by } = values;
	if (shard !== undefined) return { shard: shardOf(shard, process.env), division: divisionOf(by ?? 'slice') };
	if (by !== undefined) throw invalidFlag('--shard-by', 'is for --shard, which is missing');
	return undefined;
}

function divisionOf(given: string): Division {
	const names = Object.keys(divisions);
	if (Object.hasOwn(divisions, given)) return given as Division;
	throw invalidFlag('--shard-by', `${JSON.stringify(given)} is none of ${names.join(', ')}${didYouMean(given, names)}`);
}

/** Tells the engine that shards are known here, and people where this one has nothing to do. */
export function announce({ shard }: AskedShard, hasParts: boolean): void {
	if (shard.statusFile !== undefined) touch(shard.statusFile);
	if (!hasParts) stderr.write(`procready: --shard: shard ${shardText(shard)} has no case: there are fewer of them\n`);
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
