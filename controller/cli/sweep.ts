/** `procready sweep`: a command over a range of values of a limit. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { ProcreadyError } from '../errors.js';
import { integer, type Values } from '../flags/arguments.js';
import { reportFlags } from '../flags/flags.js';
import { optionsOf } from '../flags/options.js';
import { notWritten } from '../harness/not-written.js';
import { type SweepWhole, type SweepWriter, writeSweep } from '../harness/sweep/shards.js';
import { type Point, type SweepOptions, sweep as sweepOver } from '../harness/sweep/sweep.js';
import { csvOf, headingOf, lineOf, plotOf } from '../harness/sweep/text.js';
import { rangeOf } from '../harness/sweep/values.js';
import { defined, maybe } from '../model/defined.js';
import type { Flags } from '../model/flag.js';
import { expectationsOf, expectFlag } from './expect.js';
import { stdout } from './output.js';
import type { Page } from './page.js';
import { programOf, serviceFlags } from './service.js';
import { announce, shardAsked, shardFlags } from './shard.js';
import { runTrials, type Trial } from './trial.js';
import { trialFlags, trialTopics } from './trial-flags.js';
import { writeJson, writeReport } from './write-report.js';

const sweepFlags = {
	steps: { type: 'string', value: 'N', help: 'values of a range, its ends included; default: 10', option: 'steps' },
	step: { type: 'string', value: 'V', help: 'the size of a step instead', option: 'step' },
	repeat: {
		type: 'string',
		value: 'N',
		help: 'runs with each value, of which medians are shown; default: 1',
		option: 'repeat',
	},
	...expectFlag,
	shard: shardFlags.shard,
	blob: { type: 'string', value: 'FILE', help: 'write what came of this shard, for procready merge' },
	csv: { type: 'string', value: 'FILE|-|fd:N', help: 'write the table as CSV; - is stdout' },
	json: reportFlags.json,
	help: reportFlags.help,
} as const satisfies Flags;

const flags = { ...sweepFlags, ...serviceFlags, ...trialFlags };

export const page: Page = {
	name: 'sweep',
	summary: 'run a command over a range of values of a limit',
	synopsis: [
		'LIMIT=FROM..TO [OPTION]... -- COMMAND [ARG]...',
		'LIMIT=A,B,C [OPTION]... -- COMMAND [ARG]...',
		'LIMIT=… [OPTION]... --service SCRIPT --ready KIND=VALUE [--client SCRIPT]...',
	],
	text: `Runs COMMAND under each value of LIMIT, which is one of those of procready search, and shows how long it takes, what it
uses and how it ends. Sizes have steps of equal ratio, all others of equal size. What COMMAND prints is dropped.`,
	topics: { 'The sweep:': sweepFlags, 'A service:': serviceFlags, ...trialTopics },
	notes: `Exit status: 0, however the runs ended; 128+N when signal N stopped it; 125 when procready itself failed; 126 and 127 as
run.`,
};

/** Resolves to the exit status. */
export async function sweep(argv: string[]): Promise<number> {
	return runTrials(argv, { page, flags, act });
}

async function act({ values, subjects, command, progress, signal }: Trial<typeof flags>): Promise<number> {
	const [range, more] = subjects;
	if (more !== undefined)
		throw new ProcreadyError(
			'option-invalid',
			`"${more}" is a word too many: a sweep has one LIMIT=FROM..TO, and COMMAND comes after --`,
		);
	if (range === undefined)
		throw new ProcreadyError('option-invalid', 'one LIMIT=FROM..TO is needed; see procready sweep --help');
	const program = programOf(values, command, 'sweep');
	const asked = shardAsked(values);
	const options = sweepOptionsOf(values);
	using blob = openBlob(
		values.blob,
		{ shard: asked.shard, range, command, options: JSON.stringify({ options, program }) },
		options,
	);
	const points: Point[] = [];
	const isFile = values.json === '-' || values.csv === '-'; // then the table is not for stdout
	const show = (text: string) => (isFile ? progress.line(text) : stdout.write(`${text}\n`));
	for await (const point of sweepOver(range, program, { ...options, shard: asked.shard, signal })) {
		if (points.length === 0) show(headingOf(point));
		points.push(point);
		blob?.point(point);
		show(lineOf(point));
	}
	blob?.end();
	if (asked.isPart) announce(asked, points.length > 0, 'value');
	if (!isFile) stdout.write(`\n${plotOf(points)}`);
	writeJson(values.json, points);
	writeReport('--csv', values.csv, csvOf(points));
	return 0;
}

function sweepOptionsOf(values: Values<typeof flags>): SweepOptions {
	return {
		...optionsOf(values),
		...defined({
			expect: expectationsOf(values.expect),
			repeat: maybe(values.repeat, (given) => integer('--repeat', given)),
			steps: maybe(values.steps, (given) => integer('--steps', given)),
			step: values.step,
		}),
	};
}

/** A file of its own, to which each point is written when it is known. */
function openBlob(
	file: string | undefined,
	whole: Omit<SweepWhole, 'values'>,
	{ steps, step }: SweepOptions,
): (SweepWriter & Disposable) | undefined {
	if (file === undefined) return undefined;
	const { limit, values } = rangeOf(whole.range, defined({ steps, step }));
	const attempt = <T>(act: () => T): T => {
		try {
			return act();
		} catch (cause) {
			throw notWritten(`--blob ${file}`, cause);
		}
	};
	const opened = attempt(() => openSync(file, 'w'));
	const write = (text: string) => attempt(() => writeFileSync(opened, text));
	const { index, count } = whole.shard;
	const writer = writeSweep(write, { ...whole, shard: { index, count }, values: values.map(limit.text) });
	return { ...writer, [Symbol.dispose]: () => closeSync(opened) };
}
