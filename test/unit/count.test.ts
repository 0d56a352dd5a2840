/** What CI says of the results: a test that did not run is no success, unless the kernel is the reason. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { top } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-count-'));
t.teardown(() => rmSync(directory, { recursive: true }));

async function count(status: number, lines: string[]) {
	const file = join(directory, 'test.tap');
	writeFileSync(file, lines.join('\n'));
	const { stdout, exitCode } = await execa(process.execPath, [join(top, '.ci/count.js'), String(status), file], {
		reject: false,
	});
	const [last, ...shown] = stdout.split('\n').reverse();
	return { last, exitCode, shown: shown.reverse().join('\n') };
}

for (const [what, status, lines, last] of [
	['all pass', 0, ['ok 1 - a', '# { total: 1, pass: 1 }'], '1 passed, 0 failed'],
	['one fails', 1, ['ok 1 - a', 'not ok 2 - b', '# { total: 2, pass: 1, fail: 1 }'], '1 passed, 1 failed'],
	[
		'the kernel lacks something',
		0,
		['ok 1 - a', '    ok 2 - b # SKIP kernel: no freezer', '# { total: 2, pass: 1, skip: 1 }'],
		'1 passed, 0 failed',
	],
	[
		'other reasons, and none',
		0,
		[
			'ok 1 - a',
			'ok 2 - b # SKIP no root',
			'ok 3 - c # SKIP',
			'ok 4 - d # SKIP kernel: ',
			'# { total: 4, pass: 1, skip: 3 }',
		],
		'1 passed, 3 failed',
	],
	['to be done', 0, ['ok 1 - a', 'not ok 2 - b # TODO', '# { total: 2, pass: 1, todo: 1 }'], '1 passed, 1 failed'],
	['the command failed without saying so', 1, ['ok 1 - a', '# { total: 1, pass: 1 }'], '1 passed, 1 failed'],
	[
		'each file by itself',
		1,
		['ok 1 - a', '# { total: 1, pass: 1 }', 'not ok 1 - b', '# { total: 3, pass: 2, fail: 1 }'],
		'3 passed, 1 failed',
	],
	['it was killed', 1, ['ok 1 - a'], '0 passed, 1 failed'],
	[
		'suites of procready test',
		1,
		['    ok 1 - a', '    not ok 2 - b', '# 1 passed, 1 failed, 0 skipped, 1 flaky'],
		'1 passed, 1 failed',
	],
	['nothing ran', 0, ['# { total: 0, pass: 0 }'], '0 passed, 0 failed'],
] as const)
	t.test(what, async (t) => {
		const passes = last.endsWith(' 0 failed') && !last.startsWith('0 ');
		const { shown, ...result } = await count(status, [...lines]);
		t.strictSame(result, { last, exitCode: passes ? 0 : 1 });
		if (passes) t.equal(shown, '', 'nothing else');
	});

t.test('what failed is shown where it is: its file, its test, and why', async (t) => {
	const { shown } = await count(1, [
		'# Subtest: dist/test/one.test.js',
		'    # Subtest: a test',
		'        ok 1 - a',
		'        not ok 2 - b',
		'          ---',
		'          diff: c',
		'          ...',
		'    not ok 1 - a test',
		'not ok 1 - dist/test/one.test.js',
		'# Subtest: dist/test/two.test.js',
		'    ok 1 - d # SKIP no root',
		'ok 2 - dist/test/two.test.js',
		'# { total: 3, pass: 1, fail: 1, skip: 1 }',
	]);
	t.match(shown, /test\.tap\ndist\/test\/one\.test\.js > a test\n {8}not ok 2 - b\n {10}---\n {10}diff: c\n/);
	t.match(shown, /test\.tap\ndist\/test\/two\.test\.js\n {4}ok 1 - d # SKIP no root\n/);
	t.equal(shown.match(/test\.tap/g)?.length, 2, 'those around an assertion only repeat it');
});
