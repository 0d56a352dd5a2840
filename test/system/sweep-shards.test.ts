/** `procready sweep --shard` and `procready merge`: the points of all shards in one table, or what is missing of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { cli } from '../support/paths.js';

const dir = t.testdir({});
const at = (name: string) => join(dir, name);
const call = (args: string[]) => execa(process.execPath, [cli, ...args], { cwd: dir, reject: false });
const sweep = (index: number, file: string, ...words: string[]) =>
	call([
		'sweep',
		'pids.max=1..5',
		'--step',
		'1',
		'--shard',
		`${index}/2`,
		'--blob',
		file,
		...words,
		'--',
		'sh',
		'-c',
		'true | true',
	]);

t.test('every second value in each of two, merged in their order', async (t) => {
	t.match(await sweep(1, 'a.blob'), { exitCode: 0, stdout: /1 task .*\n.*3 tasks .*\n.*5 tasks / });
	t.match(await sweep(2, 'b.blob'), { exitCode: 0, stdout: /2 tasks .*\n.*4 tasks / });
	const { exitCode, stdout } = await call(['merge', 'b.blob', 'a.blob', '--json', 'all.json', '--csv', 'all.csv']);
	t.equal(exitCode, 0);
	t.match(
		stdout,
		/^ {2}pids\.max .*time .*\n {2}1 task .*FAILED: .*\n {2}2 tasks .*\n {2}3 tasks .*\n {2}4 tasks .*\n {2}5 tasks .*passed\n/,
	);
	t.match(stdout, /^shard 1\/2: 3 values in .* on .*, Linux .*\nshard 2\/2: 2 values in /m);
	t.match(stdout, /^ +0 µs \|/m, 'and the plot');
	const points = JSON.parse(readFileSync(at('all.json'), 'utf8'));
	t.strictSame(
		points.map(({ value, passed, host }: Record<string, unknown>) => [value, passed, host]),
		[['1', 0, hostname()], ...[2, 3, 4, 5].map((value) => [`${value}`, value > 2 ? 1 : points[1].passed, hostname()])],
	);
	t.match(readFileSync(at('all.csv'), 'utf8'), /^limit,.*,reason,host\r\npids\.max,1,/);
	t.match(await call(['merge', 'a.blob', 'b.blob', '--json', '-']), { exitCode: 0, stdout: /^\[/ });
});

t.test('what is not the whole is named', async (t) => {
	const said = async (...paths: string[]) => {
		const { exitCode, stdout, stderr } = await call(['merge', ...paths]);
		t.match({ exitCode, stdout }, { exitCode: 2, stdout: '' });
		return stderr;
	};
	t.match(await said('a.blob'), /^procready: shard 2\/2 is missing/);
	writeFileSync(at('cut.blob'), readFileSync(at('b.blob')).subarray(0, -20));
	t.match(await said('a.blob', 'cut.blob'), /cut\.blob \(shard 2\/2 on .*\): has no end, .*; it has 2 values$/);
	await sweep(2, 'c.blob', '--memory-max', '64M');
	t.match(await said('a.blob', 'c.blob'), /are not of one whole: they had other options$/);
	await sweep(2, 'again.blob');
	t.match(await said('a.blob', 'b.blob', 'again.blob'), /are the same shard, run twice to its end/);
	writeFileSync(at('x.procready.yaml'), 'command: "true"\ncases: [{ name: x }]');
	await call(['test', 'x.procready.yaml', '-r', 'blob=test.blob']);
	t.match(await said('a.blob', 'b.blob', 'test.blob'), /test\.blob: is not what procready sweep --blob writes/);
	t.match(await said('a.blob', 'b.blob', '-r', 'tap'), /--reporter: is for shards of a test/);
	t.match(await said('test.blob', '--csv', 'x'), /--csv: is for shards of a sweep/);
});

t.test('a file that cannot be written, and a shard that is none', async (t) => {
	t.match(await sweep(1, 'no/a.blob'), { exitCode: 125, stderr: /--blob no\/a\.blob: cannot be written: ENOENT/ });
	t.match(await sweep(3, 'a3.blob'), { exitCode: 125, stderr: /--shard: 3\/2 is shard 3 of 2/ });
});
