/** The search finds what is known: ten of ten. It can be stopped and goes on, and a set that it finds is enough. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { run, type SearchOptions, search, searchAll } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const ofTen = async (limit: string, args: string[], options: SearchOptions = {}) => {
	const found = [];
	for (let i = 0; i < 10; i++) found.push((await search(limit, args, options)).value);
	return found;
};

t.test('a program of N tasks gets N, ten of ten', async (t) => {
	for (const tasks of [1, 2, 7, 40])
		t.strictSame(
			await ofTen('pids.max', [probe, 'tasks', String(tasks)]),
			Array(10).fill(String(tasks)),
			`${tasks} tasks`,
		);
});

/** Passes with a memory limit of so many bytes, and not with one less: it looks at the limit itself. */
const needs = (bytes: number) => [
	'sh',
	'-c',
	`for file in /sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)/memory.limit_in_bytes \\
	/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/memory.max; do
	[ -e $file ] && { read limit <$file; [ $limit = max ] || [ $limit -ge ${bytes} ]; exit; }; done; exit 9`,
];

t.test('a program that needs M bytes gets M rounded up to pages, ten of ten', async (t) => {
	const options = { namespaces: { cgroup: 'host' } } as const;
	const exact = 8 * 2 ** 20;
	t.strictSame(await ofTen('memory.max', needs(exact - 1), options), Array(10).fill(String(exact)));
	t.equal((await search('memory.max', needs(exact), options)).value, String(exact));
	t.equal((await search('memory.max', needs(exact + 1), options)).value, String(exact + 4096));
});

t.test('a program that touches memory gets that and a little more, and it is enough', async (t) => {
	const bytes = 16 * 2 ** 20;
	const { value, flakyFrom } = await search('memory.max', [probe, 'touch', String(bytes)]);
	const found = Number(value);
	t.ok(found > bytes && found < bytes + 2 ** 20, `${found}`);
	t.equal(found % 4096, 0);
	if (flakyFrom) t.ok(Number(flakyFrom.value) < found);
	const ends = async (memory: number) => (await run([probe, 'touch', String(bytes)], { limits: { memory } })).exitCode;
	// each processor keeps up to 64 pages in stock, and what the others have is given back later than it may be needed
	t.equal(await ends(found + cpus().length * 64 * 4096), 0);
	t.not(await ends(found - 256 * 1024), 0);
});

t.test('resource limits, and other limits beside the one that is searched', async (t) => {
	// its own three, and /dev/null as the first that is free
	t.equal((await search('nofile', ['/usr/bin/python3', '-c', 'import os; os.dup2(0, 40)'])).value, '41');
	const both = await search('pids.max', [probe, 'tasks', '3'], { limits: { memory: '64M' }, rlimits: { nofile: 32 } });
	t.equal(both.value, '3');
});

t.test('what it means to pass', async (t) => {
	const forks = [probe, 'forks'];
	t.equal((await search('pids.max', forks, { limits: { pids: 20 }, expect: { exitCode: 0 } })).value, '1');
	const { value, reason } = await search('pids.max', ['false']);
	t.equal(value, null);
	t.match(reason, /does not pass without a limit/);
	t.equal((await search('pids.max', ['false'], { expect: { exitCode: 1 } })).value, '1');
	await t.rejects(search('pids.max', ['true'], { expect: { exitCode: 'x' } }), { code: 'option-invalid' });
	await t.rejects(search('pids.max', ['true'], { repeat: 0 }), { code: 'option-invalid', where: 'repeat' });
	await t.rejects(search('pids.max', ['true'], { precision: 2 }), { code: 'option-invalid', where: 'precision' });
	await t.rejects(search('pids.max', ['/nonexistent']), { code: 'command-not-found' });
});

t.test('what hangs for a limit does not pass', async (t) => {
	const waiting = '/bin/true & wait $! || sleep 86481';
	const { value } = await search('pids.max', ['sh', '-c', `${waiting}; (sleep 86481) & kill $!`], {
		timeout: 300,
		repeat: 1,
	});
	t.equal(value, '2');
	t.strictSame(await leftoversAfter('sleep 86481'), []);
});

t.test('it is stopped, and goes on', async (t) => {
	const state = join(directory, 'state.json');
	const args = [
		cli,
		'search',
		'pids.max',
		'--state',
		state,
		'--',
		'sh',
		'-c',
		'sleep 0.1 & sleep 0.1 & wait $! && wait',
	];
	const first = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
	let said = '';
	first.stderr.on('data', (chunk) => {
		said += chunk;
	});
	while (!existsSync(state)) await sleep(5);
	first.kill('SIGINT');
	const [status] = await once(first, 'exit');
	t.equal(status, 130);
	t.match(said, /^procready: SIGINT came before search had its answer: /m);
	t.match(said, /what is known is in .*state\.json; the same command goes on with it/);
	const runsBefore = JSON.parse(readFileSync(state, 'utf8')).limits['pids.max'].length;
	t.ok(runsBefore > 0);
	const { status: second, stdout } = await procready(args.slice(1));
	t.equal(second, 0);
	t.match(stdout, /^pids\.max 3 \(3 tasks\): passes from 3 tasks, never below; \d+ runs\n$/);
	const other = await procready(['search', 'memory.max', '--state', state, '--', 'true']);
	t.equal(other.status, 125);
	t.match(other.stderr, /is the state of another search \(sh -c/);
});

t.test('a set, verified together, with head-room', async (t) => {
	const args = [probe, 'tasks', '4'];
	const { found, set } = await searchAll(args, { headroom: 0.2, repeat: 2 });
	t.strictSame(
		found.map(({ limit }) => limit),
		['memory.max', 'pids.max', 'cpu.max', 'nofile'],
	);
	t.equal(found[1]?.value, '4');
	t.ok(Number(set?.['pids.max']) >= 5);
	t.ok(Number(set?.['memory.max']) >= Number(found[0]?.value));
	const none = await searchAll(['false']);
	t.equal(none.set, null);
});

t.test('the command line', async (t) => {
	const searched = (...argv: string[]) => procready(['search', ...argv]);
	const { status, stdout, stderr } = await searched('pids.max', '--repeat', '2', '--', probe, 'tasks', '5');
	t.equal(status, 0);
	t.match(stdout, /^pids\.max 5 \(5 tasks\): passes from 5 tasks, never below; \d+ runs\n$/);
	t.match(stderr, /^no limit: passes$/m);
	t.match(stderr, /^pids\.max 4 tasks: does not pass: .*The limit of 4 tasks was hit: 1 fork refused\.$/m);
	const json = await searched('--json=-', 'pids.max', '--', probe, 'tasks', '2');
	t.match(JSON.parse(json.stdout), {
		limit: 'pids.max',
		value: '2',
		tried: [{ value: '1', passed: 0 }, { value: '2' }],
	});
	const never = await searched('pids.max', '--', 'false');
	t.equal(never.status, 1);
	t.match(never.stdout, /^pids\.max: not found\. It does not pass without a limit/);
	for (const [argv, message] of [
		[['pids.max'], /a command is missing: it comes after --/],
		[['--', 'true'], /LIMIT is missing, or --all/],
		[['pids.max', 'true'], /"true" is a word too many/],
		[['--all', 'pids.max', '--', 'true'], /--all: says which limits/],
		[['pids.mx', '--', 'true'], /"pids\.mx" is not a limit with an order; did you mean "pids.max"\?/],
		[['pids.max', '--headroom', '1', '--', 'true'], /--headroom: is for --all/],
		[['pids.max', '--precision', 'x', '--', 'true'], /--precision: "x" is not of the form 20% or 0\.2/],
	] as [string[], RegExp][]) {
		const bad = await searched(...argv);
		t.equal(bad.status, 125, argv.join(' '));
		t.match(bad.stderr, message);
	}
	t.equal((await searched('pids.max', '--', '/nonexistent')).status, 127);
	const help = await searched('--help');
	t.equal(help.status, 0);
	for (const line of help.stdout.split('\n')) t.ok(line.length <= 120, line);
});
