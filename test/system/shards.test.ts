/** `procready test --shard`: which cases run, and what of their suites. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { cli } from '../support/paths.js';

const dir = t.testdir({});
const at = (name: string) => join(dir, name);
const test = (args: string[], env: Record<string, string> = {}) =>
	execa(process.execPath, [cli, 'test', ...args], { cwd: dir, reject: false, env: { ...env, LOG: at('log') } });

const scripts = 'before: echo before $(basename $SUITE_DIR | cut -c1-4) >>$LOG\nafter: echo after >>$LOG\n';
writeFileSync(
	at('a.procready.yaml'),
	`${scripts}command: "true"\ncases: [{ name: m, matrix: { env.X: [1, 2, 3, 4] } }]`,
);
writeFileSync(at('b.procready.yaml'), `${scripts}command: "true"\ncases: [{ name: x }, { name: y }]`);

t.test('the shards together run each case once, and the set-up only of suites of which they have one', async (t) => {
	const seen: string[] = [];
	for (const [index, setUps] of [
		[1, 1],
		[2, 1],
		[3, 1],
	] as const) {
		writeFileSync(at('log'), '');
		const { exitCode, stdout } = await test(['-r', 'tap', '--shard', `${index}/3`]);
		t.equal(exitCode, 0);
		seen.push(...[...stdout.matchAll(/^ {4}ok \d+ - (\S.*?) #/gm)].map(([, name]) => name as string));
		const log = readFileSync(at('log'), 'utf8').trim().split('\n');
		t.equal(log.filter((line) => line.startsWith('before')).length, setUps, `${index}`);
		t.equal(log.filter((line) => line === 'after').length, setUps, `${index}`);
	}
	t.strictSame(seen, ['m [env.X=1]', 'm [env.X=2]', 'm [env.X=3]', 'm [env.X=4]', 'x', 'y']);
});

t.test('after all other choices; --list shows it', async (t) => {
	const { stdout } = await test(['--list', '--case', '/[xy]$/', '--shard', '2/2']);
	t.match(stdout, /^b\.procready\.yaml:4: b: y$/);
});

t.test('what is marked "only" in another shard keeps the others from running', async (t) => {
	const only = 'command: "true"\ncases: [{ name: x, only: true }, { name: y }]';
	writeFileSync(at('only.yaml'), only);
	t.match(await test(['-r', 'tap', '--shard', '2/2', 'only.yaml']), {
		exitCode: 0,
		stdout: /ok 1 - y # SKIP others are marked "only"/,
	});
});

t.test('one without a case passes, and says so', async (t) => {
	t.match(await test(['-r', 'tap', '--shard', '7/7']), {
		exitCode: 0,
		stdout: /^TAP version 14\n1\.\.0\n/,
		stderr: 'procready: --shard: shard 7/7 has no case: there are fewer of them',
	});
});

t.test('Bazel sees that shards are known; others too by their variables', async (t) => {
	const bazel = { TEST_SHARD_INDEX: '0', TEST_TOTAL_SHARDS: '6', TEST_SHARD_STATUS_FILE: at('status') };
	t.match(await test(['-r', 'tap', '--shard', 'auto'], bazel), { exitCode: 0, stdout: /m \[env\.X=1\]/ });
	t.equal(readFileSync(at('status'), 'utf8'), '');
	const nowhere = { ...bazel, TEST_SHARD_STATUS_FILE: at('no/status') };
	t.match(await test(['--shard', 'auto'], nowhere), { exitCode: 125, stderr: /TEST_SHARD_STATUS_FILE .*ENOENT/ });
	t.match(await test(['--list', '--shard', 'auto'], { ...bazel, TEST_SHARD_STATUS_FILE: at('unused') }), {
		exitCode: 0,
	});
	t.notOk(existsSync(at('unused')), 'nothing was run');
});

t.test('by recorded times', async (t) => {
	const cache = { XDG_CACHE_HOME: at('cache') };
	const sleeps = [0.4, 0, 0.2, 0.2].map((time, index) => `{ name: s${index}, shell: sleep ${time} }`);
	writeFileSync(at('time.yaml'), `cases: [${sleeps.join()}]`);
	t.match(await test(['-r', 'tap', 'time.yaml'], cache), { exitCode: 0 });
	const listed = async (index: number) =>
		(await test(['--list', '--shard', `${index}/2`, '--shard-by', 'time', 'time.yaml'], cache)).stdout.match(/s\d$/gm);
	t.strictSame(await listed(1), ['s0']);
	t.strictSame(await listed(2), ['s1', 's2', 's3']);
});

t.test('what is wrong', async (t) => {
	for (const [args, message] of [
		[['--shard', '9/8'], /^procready: --shard: 9\/8 is shard 9 of 8/],
		[['--shard', 'auto/8'], /^procready: --shard: auto: there is none of CI_NODE_INDEX/],
		[['--shard-by', 'time'], /^procready: --shard-by: is for --shard, which is missing/],
		[
			['--shard', '1/2', '--shard-by', 'tine'],
			/"tine" is none of slice, hash, time and time=BLOB; did you mean "time"\?/,
		],
	] as const)
		t.match(await test([...args]), { exitCode: 2, stdout: '', stderr: message });
});
