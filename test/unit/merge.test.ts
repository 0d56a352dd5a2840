/** What shards have written becomes one report, or it is named why that would not be the whole. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ProcreadyError } from '../../controller/errors.js';
import { blob } from '../../controller/harness/shards/blob.js';
import { mergeBlobs } from '../../controller/harness/shards/merge.js';
import { findBlobs, readBlob } from '../../controller/harness/shards/read-blob.js';
import { type Whole, wholeOf } from '../../controller/harness/shards/whole.js';
import { estimateOf } from '../../controller/harness/suite/estimate.js';
import type { CaseOutcome } from '../../controller/harness/suite/outcome.js';
import { selectShard } from '../../controller/harness/suite/select.js';
import { interruptedReason, statusOf, summaryOf } from '../../controller/harness/suite/summary.js';
import { resultOf } from '../support/runs.js';
import { suiteOf } from '../support/suites.js';
import { writtenOf } from '../support/written.js';

const text = 'command: "true"\ncases: [{ name: m, matrix: { pids.max: [1, 2, 3, 4] } }, { name: x }]';
const suite = suiteOf(text);
const dir = t.testdir({});

interface Made {
	index: number;
	count?: number;
	whole?: Partial<Whole>;
	/** What of the suites it ran instead. */
	ran?: number;
	change?: (outcome: CaseOutcome) => CaseOutcome;
	interrupted?: boolean;
}

let files = 0;

/** Writes what a shard would have, and returns the path. */
function shard({
	index,
	count = 2,
	whole = {},
	ran = index,
	change = (one) => one,
	interrupted = false,
}: Made): string {
	const given = { shard: { index, count }, division: 'slice', bail: undefined, durationOf: () => undefined } as const;
	const path = join(dir, `${++files}.blob`);
	const lines: string[] = [];
	const tell = blob({ write: (text) => lines.push(text), isTerminal: false, hasColours: false });
	const suites = selectShard([suite], { index: ran, count }, 'slice', () => undefined);
	tell({
		type: 'start',
		suites,
		whole: { ...wholeOf([suite], new Map([[suite.file, 'd']]), given), ...whole },
		estimate: estimateOf([], 1, () => undefined),
	});
	const outcomes = suites.map((suite) => {
		tell({ type: 'suite-start', suite });
		const cases = suite.cases.map((one): CaseOutcome => {
			const written = { stdout: writtenOf(''), stderr: writtenOf('') };
			const came = { ...resultOf(), stdout: '', stderr: '', truncated: false, written };
			const plain = {
				case: one,
				status: 'passed',
				failures: [],
				runs: 1,
				retried: 0,
				earlier: [],
				duration: 5,
			} as const;
			const outcome = change({ ...plain, failures: [], earlier: [], came });
			tell({ type: 'case-end', suite, outcome });
			return outcome;
		});
		const outcome = { suite, cases, failures: [], duration: 10 };
		tell({ type: 'suite-end', outcome });
		return outcome;
	});
	tell({ type: 'end', summary: summaryOf(outcomes, interrupted, 10 * index) });
	writeFileSync(path, lines.join(''));
	return path;
}

const merge = (...paths: string[]) => {
	const merged = mergeBlobs(paths.map(readBlob));
	return 'wrong' in merged ? merged.wrong.map((line) => line.replaceAll(`${dir}/`, '')) : merged;
};
const cut = (path: string, bytes: number) => {
	const content = readFileSync(path);
	writeFileSync(path, content.subarray(0, content.length - bytes));
	return path;
};

t.test('the whole, whatever the order of the files', async (t) => {
	const merged = merge(shard({ index: 2 }), shard({ index: 1 }));
	if (Array.isArray(merged)) return t.fail(merged.join());
	const { suites, shards, passed, duration } = merged.summary;
	t.match({ passed, duration }, { passed: 5, duration: 20 }, 'the duration is that of the longest');
	t.strictSame(
		suites[0]?.cases.map(({ case: { name }, shard }) => [name, shard]),
		[...[1, 2, 3].map((max) => [`m [pids.max=${max}]`, 1]), ['m [pids.max=4]', 2], ['x', 2]],
	);
	t.equal(suites[0]?.duration, 20, 'of a suite those of the shards together');
	t.match(shards, [{ index: 1, count: 2, cases: 3, host: String, kernel: String, processors: Number }, { index: 2 }]);
	t.strictSame(merged.whole.shard, { index: 1, count: 1 });
	t.equal(statusOf(merged.summary), 0);
});

t.test('failures, with their places and errors, and the exit status', async (t) => {
	const failure = { where: '/exitCode', what: 'w', expected: '0', found: '1', sentence: 's' };
	const failed = (came: ProcreadyError) => (one: CaseOutcome) =>
		({ ...one, status: 'failed', failures: [failure], came }) as CaseOutcome;
	for (const [code, status] of [
		['command-not-found', 1],
		['shim-died', 125],
	] as const) {
		const change = failed(new ProcreadyError(code, 'why', { where: '/x', errno: 'ENOENT' }));
		const merged = merge(shard({ index: 1 }), shard({ index: 2, change }));
		if (Array.isArray(merged)) return t.fail(merged.join());
		t.equal(statusOf(merged.summary), status);
		t.equal(merged.summary.failed, 2);
		const last = merged.summary.suites[0]?.cases.at(-1);
		t.ok(last?.came instanceof ProcreadyError);
		t.match(last?.came, { code, message: 'why', where: '/x', errno: 'ENOENT' });
		t.strictSame(last?.case.placeOf('/exitCode'), suite.cases.at(-1)?.placeOf('/exitCode'));
	}
});

t.test('what is not the whole is named', async (t) => {
	const one = shard({ index: 1 });
	const two = shard({ index: 2 });
	const on = /\(shard \d\/\d on \S+\)/g;
	const said = (...paths: string[]) => (merge(...paths) as string[]).join('\n').replace(on, 'S');
	t.equal(said(one), 'shard 2/2 is missing: none of these files is of it');
	t.match(
		said(one, cut(shard({ index: 2 }), 30)),
		/^\d+\.blob S: has no end, so its shard was killed, .*; it ends after 2 cases, the last of them \S+: x$/,
	);
	t.match(said(one, cut(shard({ index: 2 }), 1)), /has no end/, 'a line feed is missing');
	t.match(said(one, two, shard({ index: 2 })), /are the same shard, run twice to its end: leave out/);
	t.match(
		said(one, shard({ index: 2, ran: 1 })),
		/: m \[pids\.max=1\]: ran in \d+\.blob S and \d+\.blob S\n.*: m \[pids\.max=4\]: no shard ran this case\n/s,
	);
	t.match(
		said(
			one,
			shard({
				index: 2,
				interrupted: true,
				change: (one) => ({ ...one, status: 'skipped', reason: interruptedReason }),
			}),
		),
		/S: was interrupted by a signal, and these cases did not end: \S+: m \[pids\.max=4\], \S+: x; run the shard again$/,
	);
	const file = readFileSync(two, 'utf8');
	const changed = join(dir, 'changed.blob');
	writeFileSync(changed, file.replace('"passed"', '"failed"'));
	t.match(said(one, changed), /^changed\.blob: is not what its shard has written: the digest/);
	writeFileSync(changed, file.replace(/"version":"[^"]*"/, '"version":"9.9.9"'));
	t.match(
		said(one, changed),
		/^changed\.blob: was written by procready 9\.9\.9, and this is .*\nshard 2\/2 is missing/,
	);
	writeFileSync(changed, 'TAP version 14\n');
	t.match(said(one, two, changed), /^changed\.blob: is not what --reporter blob writes/);
	writeFileSync(changed, '');
	t.match(
		said(one, changed),
		/^shard 2\/2 is missing.*\nchanged\.blob: is empty: its shard was killed before it began/,
	);
	t.match(said(changed), /^changed\.blob: is empty/);
	t.match(said(join(dir, 'nowhere')), /^nowhere: cannot be read: ENOENT/);
});

t.test('what is of another whole is named, with what differs', async (t) => {
	const one = shard({ index: 1 });
	const other = (whole: Partial<Whole>, count = 2) =>
		(merge(one, shard({ index: 2, count, whole })) as string[]).join('\n').replace(/^.* are not of one whole: /, '');
	const [known] = wholeOf([suite], new Map([[suite.file, 'd']]), {
		...{ shard: { index: 1, count: 2 }, division: 'slice', bail: undefined, durationOf: () => undefined },
	}).suites;
	if (!known) return t.fail();
	t.equal(other({}, 3), 'one is of 2 shards, one of 3');
	t.equal(other({ division: 'hash' }), '--shard-by was slice and hash');
	t.equal(other({ bail: 2 }), '--bail was not given and 2');
	t.equal(other({ times: 'x' }), 'they were divided by other times');
	t.match(other({ suites: [{ ...known, digest: 'e' }] }), /a\.procready\.yaml is not the same$/);
	t.match(other({ suites: [{ ...known, cases: ['x'] }] }), /^of \S+ other cases were chosen$/);
	t.match(other({ suites: [known, { ...known, file: 'b.yaml' }] }), /^b\.yaml is in one alone$/);
	t.match(other({ suites: [] }), /a\.procready\.yaml is in one alone$/);
});

t.test('a copy, and what a killed shard has left, count for nothing where the whole is there', async (t) => {
	const [one, two, killed, copy] = [
		shard({ index: 1 }),
		shard({ index: 2 }),
		cut(shard({ index: 2 }), 9),
		join(dir, 'copy.blob'),
	];
	writeFileSync(copy, readFileSync(one));
	writeFileSync(join(dir, 'empty.blob'), '');
	const merged = merge(one, copy, killed, two, join(dir, 'empty.blob'));
	if (Array.isArray(merged)) return t.fail(merged.join());
	t.equal(merged.summary.passed, 5);
	t.match(merged.notes, [
		/copy\.blob: is a copy of .*, and counts once$/,
		/has no end, and does not count/,
		/is empty/,
	]);
});

t.test('a directory stands for all blobs in it and below', async (t) => {
	const at = t.testdir({ 'b.blob': '', sub: { 'a.blob': '', 'x.tap': '' }, none: {}, 'd.blob': {} });
	t.strictSame(findBlobs([at, join(at, 'b.blob')]), [join(at, 'b.blob'), join(at, 'sub/a.blob')]);
	t.throws(() => findBlobs([join(at, 'none')]), { message: /none: there is no \*\.blob in this directory or below$/ });
});
