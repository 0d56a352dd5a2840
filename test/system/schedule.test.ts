/** Limits, signals and pauses while the program runs; and every fork refused in turn. */
import t from 'tap';
import { eachFork, type ForkRun, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { probe, python } from '../support/paths.js';

t.test('a limit that is hit is raised: what was refused works later', async (t) => {
	const script = [
		'import os, time',
		'def fork():',
		'    try: pid = os.fork()',
		'    except BlockingIOError: return False',
		'    if pid == 0: os._exit(0)',
		'    os.wait()',
		'    return True',
		'assert not fork()',
		'while not fork(): time.sleep(0.01)',
	].join('\n');
	const { exitCode, schedule, changes, verdict } = await run([python, '-c', script], {
		limits: { pids: 1 },
		schedule: [{ on: 'pids.max', set: { pids: 2 } }],
		timeout: '30s',
	});
	t.equal(exitCode, 0);
	t.match(schedule, [{ time: Number, when: 'on pids.max', did: 'pids.max=2', error: undefined }]);
	t.match(changes, [{ limits: [{ limit: 'pids.max', value: '2' }] }]);
	t.match(verdict.causes, [{ limit: 'pids.max', value: '1', until: Number }]);
});

t.test('a shrink that the kernel refuses is said, and the program lives', async (t) => {
	const { exitCode, schedule, limits } = await run(
		[python, '-c', 'import time; x = bytearray(8 << 20); time.sleep(0.5)'],
		{
			limits: { memory: '64M' },
			schedule: [
				{ at: 100, set: { memory: '32M' } },
				{ at: 200, set: { memory: '4K' } },
			],
		},
	);
	t.equal(exitCode, 0);
	t.match(schedule, [
		{ did: /^memory\.max=33554432/, error: undefined },
		{ did: 'memory.max=4096', error: /memory\.max: 4096 is less than/ },
	]);
	t.match(
		limits.find(({ limit }) => limit === 'memory.max'),
		{ value: '33554432' },
	);
});

t.test('signals and pauses, and what never came', async (t) => {
	const { exitCode, schedule, wallTime } = await run([probe, 'handle'], {
		schedule: [
			{ at: 20, freeze: 200 },
			{ at: 30, signal: 'SIGTERM' },
			{ at: '1h', set: { pids: 1 } },
			{ on: 'memory.high', signal: 'SIGKILL' },
		],
	});
	t.equal(exitCode, 42);
	t.ok(wallTime >= 220, 'the signal came after the pause');
	t.match(schedule, [
		{ when: 'at 20 ms', did: 'freeze 200 ms', error: undefined },
		{ when: 'at 30 ms', did: 'SIGTERM', error: undefined },
		{ time: null, when: 'at 3600 s', did: 'pids.max=1', error: 'the program had ended' },
		{ time: null, when: 'on memory.high', did: 'SIGKILL', error: 'the program had ended' },
	]);
});

t.test('a signal that the kernel drops, because the program is process 1, is said; else it arrives', async (t) => {
	const schedule = [
		{ at: 20, signal: 'SIGTERM' },
		{ at: 60, signal: 'SIGKILL' },
	] as const;
	const dropped = await run([probe, 'hold'], { asPid1: true, schedule: [...schedule] });
	t.equal(dropped.signal, 'SIGKILL');
	t.match(dropped.schedule, [
		{ did: 'SIGTERM', error: /process 1 .* has no handler for SIGTERM/ },
		{ did: 'SIGKILL', error: undefined },
	]);
	t.equal((await run([probe, 'hold'], { schedule: [...schedule] })).signal, 'SIGTERM');
});

t.test('the end comes while it is frozen, and nothing is left', async (t) => {
	const { timedOut, schedule } = await run([probe, 'hold'], { timeout: 150, schedule: [{ at: 10, freeze: '1h' }] });
	t.ok(timedOut);
	t.match(schedule, [{ did: 'freeze 3600 s' }]);
	t.strictSame(leftovers('probe hold'), []);
});

t.test('on the command line', async (t) => {
	const { status, stderr } = await procready([
		'run',
		'--at',
		'50ms:pids.max=3',
		'--at',
		'1h:SIGTERM',
		'--',
		'sleep',
		'0.2',
	]);
	t.equal(status, 0);
	t.match(stderr, /^ {4}schedule at 50 ms: pids\.max=3 after [\d.]+ ms$/m);
	t.match(stderr, /^ {4}schedule at 3600 s: SIGTERM: NOT DONE: the program had ended$/m);
	t.match((await procready(['run', '--at', '1:memory.max=1X', '--', 'true'])).stderr, /--at: "1X" is not a size/);
	const { stdout } = await procready(['run', '--dry-run', '--at', '1:pids.max=3', '--', 'true']);
	t.strictSame(JSON.parse(stdout).schedule, [{ at: 1000, set: { pids: '3' } }]);
});

const collect = async (args: string[], options = {}) => {
	const runs: ForkRun[] = [];
	for await (const one of eachFork(args, options)) runs.push(one);
	return runs;
};

t.test('every fork in turn', async (t) => {
	const runs = await collect([probe, 'refused', 'fork', '10']);
	t.strictSame(
		runs.map(({ refused, reached, exitCode, attempted, acceptable }) => ({
			refused,
			reached,
			exitCode,
			attempted,
			acceptable,
		})),
		[null, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((refused) => ({
			refused,
			reached: true,
			exitCode: 0,
			attempted: 10,
			acceptable: true,
		})),
	);
});

t.test('a failure is acceptable, a crash and a hang are not', async (t) => {
	const script = (refusal: string) => `import os, sys, time\ntry: os.fork() or os._exit(0)\nexcept OSError: ${refusal}`;
	for (const [refusal, acceptable, end] of [
		['sys.exit("no fork")', true, { exitCode: 1, signal: null, said: 'no fork', timedOut: false }],
		['os.abort()', false, { exitCode: null, signal: 'SIGABRT', timedOut: false }],
		['time.sleep(60)', false, { exitCode: null, timedOut: true }],
	] as const) {
		const runs = await collect([python, '-c', script(refusal)], { timeout: '2s', init: true });
		t.match(
			runs,
			[
				{ refused: null, acceptable: true, exitCode: 0 },
				{ refused: 1, acceptable, ...end },
			],
			refusal,
		);
	}
	await t.rejects(collect(['true'], { terminal: true }), { code: 'option-invalid', where: '/terminal' });
});

t.test('the table', async (t) => {
	const forking = ['sh', '-c', '/bin/true; echo out; /bin/true'];
	const { status, stdout, stderr } = await procready(['run', '--each-fork', '--json', '-', '--', ...forking]);
	t.equal(status, 0);
	t.match(JSON.parse(stdout), { acceptable: true, runs: [{ refused: null }, { refused: 1, exitCode: 2 }] });
	t.match(stderr, /^procready: sh: \d forks?\n {2}refused +ended +after +said\n {2}none +status 0 /);
	t.match(stderr, /^ {2}fork 1 +status 2 .*Cannot fork$/m);
	const crash = ['run', '--each-fork', '--', python, '-c', 'import os\ntry: os.fork()\nexcept OSError: os.abort()'];
	const crashed = await procready(crash);
	t.equal(crashed.status, 1);
	t.match(crashed.stderr, /^ {2}fork 1 +BY SIGABRT/m);
	t.match(crashed.stderr, /1 of 2 runs ended by a signal or a time-out/);
	t.match(
		(await procready(['run', '--each-fork', '-t', '--', 'true'])).stderr,
		/--each-fork: cannot be used with --tty/,
	);
	t.equal((await procready(['run', '--each-fork', '--', '/nonexistent'])).status, 127);
});
