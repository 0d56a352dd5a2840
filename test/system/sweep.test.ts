/** A sweep over real runs, and budgets that are saved and checked. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type Point, type SweepOptions, sweep } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { probe } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const collect = async (range: string, args: string[], options: SweepOptions = {}) => {
	const points: Point[] = [];
	for await (const point of sweep(range, args, options)) points.push(point);
	return points;
};

t.test('a limit of tasks, at N-1, N and N+1', async (t) => {
	const points = await collect('pids.max=2..4', [probe, 'tasks', '3'], { repeat: 3 });
	t.match(points, [
		{ value: '2', runs: 3, passed: 0, tasksPeak: 2, reason: /The limit of 2 tasks was hit/ },
		{ value: '3', runs: 3, passed: 3, tasksPeak: 3, reason: undefined },
		{ value: '4', runs: 3, passed: 3, tasksPeak: 3, reason: undefined },
	]);
});

t.test('processors: what is used is the same, and it is throttled', async (t) => {
	const [less, more] = await collect('cpu.max=0.2,1', [probe, 'spin', '100']);
	t.ok((less?.throttled ?? 0) > 0);
	t.ok((less?.wallTime ?? 0) > (more?.wallTime ?? 0), 'five times as long, in periods of 100 ms');
});

t.test('what cannot start is a point too, and what no value helps is an error', async (t) => {
	t.match(await collect('memory.max=4K,16M', [probe, 'touch', '4096']), [
		{ passed: 0, wallTime: null, reason: /smaller than the program needs to start/ },
		{ passed: 1 },
	]);
	await t.rejects(collect('pids.max=1', ['/nonexistent']), { code: 'command-not-found' });
	t.match(await collect('pids.max=1', ['false'], { expect: { exitCode: 1 } }), [{ passed: 1 }]);
	t.strictSame(leftovers('/nonexistent'), []);
});

t.test('the command line of a sweep', async (t) => {
	const swept = (...argv: string[]) => procready(['sweep', ...argv]);
	const { status, stdout } = await swept('pids.max=1,2', '--', probe, 'tasks', '2');
	t.equal(status, 0);
	t.match(
		stdout,
		/^ {2}pids\.max +time +cpu +peak memory +tasks +outcome\n {2}1 task .* FAILED: .*\n {2}2 tasks .* passed\n\n/,
	);
	t.match(stdout, /\n {11}\+-+\n {12}1 +2\n$/);
	const json = await swept('--json', '-', 'pids.max=1..2', '--', probe, 'tasks', '2');
	t.match(JSON.parse(json.stdout), [{ value: '1' }, { value: '2' }]);
	t.match(json.stderr, /2 tasks .* passed/);
	t.match((await swept('--csv=-', 'pids.max=2', '--', 'true')).stdout, /^limit,value,.*\r\npids\.max,2,1,1,/);
	for (const [argv, message] of [
		[['--', 'true'], /one LIMIT=FROM\.\.TO is needed/],
		[['pids.max=1', 'pids.max=2', '--', 'true'], /"pids\.max=2" is a word too many: a sweep has one LIMIT/],
		[['pids.max=1'], /a command is missing/],
		[['pids.max=2..1', '--', 'true'], /does not go up/],
		[['pids.max=1..2', '--steps', 'x', '--', 'true'], /--steps: "x" is not an integer/],
		[
			['pids.max=1,2', `--csv=${directory}/none/a`, '--', 'true'],
			/^procready: --csv .*\/none\/a: cannot be written: ENOENT/,
		],
		[['pids.max=1,2', `--json=${directory}`, '--', 'true'], /^procready: --json .*: cannot be written: EISDIR/],
	] as [string[], RegExp][]) {
		const bad = await swept(...argv);
		t.strictSame([bad.status, bad.stdout], [125, ''], argv.join(' '));
		t.match(bad.stderr, message);
	}
	const help = await swept('--help');
	for (const line of help.stdout.split('\n')) t.ok(line.length <= 120, line);
});

t.test('a budget is saved, kept and exceeded', async (t) => {
	const file = join(directory, 'budget.json');
	const ran = (...argv: string[]) => procready(['run', ...argv]);
	const saved = await ran('--save-budget', file, '--repeat', '3', '--', probe, 'tasks', '3');
	t.equal(saved.status, 0);
	t.match(saved.stderr, /the median of 3 runs\n {2}memory\.peak +[\d.]+ [KM]iB\n {2}tasks\.peak +3 tasks\n/);
	const budget = JSON.parse(readFileSync(file, 'utf8'));
	t.match(budget, { runs: 3, 'tasks.peak': 3, 'cpu.total': Number });
	writeFileSync(file, JSON.stringify({ ...budget, 'cpu.total': null })); // on a busy machine it is more now and then
	const check = (...argv: string[]) => ran('--check-budget', file, ...argv);
	t.equal((await check('--', probe, 'tasks', '3')).status, 0);
	const over = await check('--json', '-', '--', probe, 'tasks', '4');
	t.equal(over.status, 122);
	t.match(over.stderr, /^ {2}tasks\.peak {3}4 tasks, 3 tasks in the budget: GREW by 33\.3%, more than 10%$/m);
	t.match(JSON.parse(over.stdout), { budget: { 'tasks.peak': 4 }, comparison: [{}, { outcome: 'grew' }, {}] });
	t.equal((await check('--tolerance', '40%', '--', probe, 'tasks', '4')).status, 0);
	t.match((await check('--', probe, 'tasks', '1')).stderr, /shrank by 66\.7%: save it anew/);
	const more = await check('--repeat', '3', '--tolerance', '50%', '--', probe, 'touch', String(64 * 2 ** 20));
	t.equal(more.status, 122);
	t.match(more.stderr, /memory\.peak .* GREW/);
});

t.test('no budget of a command that fails, and bad flags', async (t) => {
	const file = join(directory, 'none.json');
	const ran = (...argv: string[]) => procready(['run', ...argv]);
	const failed = await ran('--save-budget', file, '--', 'sh', '-c', 'exit 7');
	t.equal(failed.status, 7);
	t.match(failed.stderr, /no budget: run 1 did not pass/);
	t.throws(() => readFileSync(file));
	writeFileSync(file, '{}');
	for (const [argv, message] of [
		[['--save-budget', file, '--check-budget', file], /--save-budget: is given beside --check-budget/],
		[['--save-budget', file, '--tolerance', '1%'], /--tolerance: is for --check-budget/],
		[['--repeat', '3'], /--repeat: is for --save-budget and --check-budget/],
		[['--check-budget', '/nonexistent'], /--check-budget: \/nonexistent: cannot be read: ENOENT/],
		[['--check-budget', file], /runs is missing, or not a number/],
		[['--save-budget', file, '--repeat', '0'], /--repeat: 0 is not a number from 1 to 1000/],
		[['--save-budget', file, '-t'], /--save-budget: cannot be used with --tty/],
	] as [string[], RegExp][]) {
		const bad = await ran(...argv, '--', 'true');
		t.equal(bad.status, 125, argv.join(' '));
		t.match(bad.stderr, message);
	}
	const shown = await ran('--save-budget', join(directory, 'shown.json'), '--repeat', '3', '--', 'echo', 'once');
	t.equal(shown.stdout, 'once\n');
});
