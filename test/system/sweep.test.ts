/** A sweep over real runs. */
import t from 'tap';
import { type Point, type SweepOptions, sweep } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { probe } from '../support/paths.js';

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
			['pids.max=1,2', '--csv=/procready-none/a', '--', 'true'],
			/^procready: --csv \/procready-none\/a: cannot be written: ENOENT/,
		],
		[['pids.max=1,2', '--json=/tmp', '--', 'true'], /^procready: --json .*: cannot be written: EISDIR/],
	] as [string[], RegExp][]) {
		const bad = await swept(...argv);
		t.strictSame([bad.status, bad.stdout], [125, ''], argv.join(' '));
		t.match(bad.stderr, message);
	}
	const help = await swept('--help');
	for (const line of help.stdout.split('\n')) t.ok(line.length <= 120, line);
});
