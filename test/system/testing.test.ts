/** The helpers for test code: what holds, what is an error however it was expected, and what is said. */
import { AssertionError } from 'node:assert';
import t from 'tap';
import { matchers } from '../../controller/testing/matchers.js';
import { fitsIn, isNotLimitedBy } from '../../controller/testing/node-test.js';
import { beLimitedBy, fitIn, meet, passWith } from '../../controller/testing/outcome.js';
import { plugin } from '../../controller/testing/tap.js';
import { probe, smallest } from '../support/paths.js';

const MiB = 2 ** 20;
const exits = (status: number) => ['sh', '-c', `exit ${status}`];
const forks = ['sh', '-c', 'sleep 0.01 & wait'];

t.test('to fit in limits is to pass without a hit', async (t) => {
	for (const [args, limits, expected] of [
		[forks, { pids: 2 }, true],
		[forks, { pids: 1 }, false],
		[exits(1), { pids: 1 }, false],
		[[probe, 'touch', String(8 * MiB)], { memory: '32M' }, true],
		[[probe, 'touch', String(8 * MiB)], { memory: '4M' }, false],
		[[probe, 'spin', '50'], { cpu: 8 }, true],
		[[probe, 'spin', '300'], { cpu: 0.2 }, false],
	] as const)
		t.equal((await fitIn(args, limits)).pass, expected, `${args} ${JSON.stringify(limits)}`);
});

t.test('to pass with limits is to exit with 0, also slowed down', async (t) => {
	t.equal((await passWith([probe, 'spin', '300'], { cpu: 0.2 })).pass, true);
	t.equal((await passWith(exits(1), {})).pass, false);
});

t.test('to be limited is to hit, however it ends, or not even to start', async (t) => {
	for (const [args, limit, limits, expected] of [
		[forks, 'pids.max', { pids: 1 }, true],
		[forks, 'pids.max', { pids: 2 }, false],
		[[probe, 'spin', '300'], 'cpu.max', { cpu: 0.2 }, true],
		[[probe, 'touch', String(8 * MiB)], 'memory.max', { memory: '4M' }, true],
		[[probe, 'touch', String(8 * MiB)], 'pids.max', { memory: '4M' }, false],
		[[smallest], 'memory.max', { memory: 4096 }, true],
		[[smallest], 'pids.max', { memory: 4096 }, false],
	] as const)
		t.equal((await beLimitedBy(args, limit, limits)).pass, expected, `${args} ${limit} ${JSON.stringify(limits)}`);
});

t.test('a limit too small to start with is an answer, and what cannot be run is none', async (t) => {
	const { pass, result, message } = await fitIn([smallest], { memory: 4096 });
	t.match(result, { code: 'limit-too-small', where: 'memory.max' });
	t.equal(pass, false);
	t.match(message(), 'memory.max: 4096 is smaller than the program needs to start');
	const missing = ['/no/such/command'];
	const notFound = { code: 'command-not-found' };
	await t.rejects(fitIn(missing, {}), notFound);
	await t.rejects(passWith(missing, {}), notFound);
	await t.rejects(beLimitedBy(missing, 'pids.max', {}), notFound);
	await t.rejects(meet(missing, {}), notFound);
	t.equal((await meet(missing, { error: 'command-not-found' })).pass, true);
	await t.rejects(fitIn(exits(0), { memory: 'much' }), { code: 'option-invalid' });
	await t.rejects(beLimitedBy(exits(0), 'pid.max', { pids: 1 }), { message: /did you mean "pids.max"/ });
	await t.rejects(meet(exits(0), { usage: { 'memory.peek': 1 } }), { message: /did you mean "memory.peak"/ });
});

t.test('other options, and what is expected to pass unless it is said', async (t) => {
	const name = ['sh', '-c', 'echo "$NAME"; exit "$STATUS"'];
	t.equal((await fitIn(name, { pids: 1 }, { env: { NAME: 'x', STATUS: '0' } })).pass, true);
	t.equal((await meet(name, { stdout: 'x' }, { env: { NAME: 'x', STATUS: '0' } })).pass, true);
	t.equal((await meet(name, { stdout: 'x' }, { env: { NAME: 'x', STATUS: '1' } })).pass, false);
	t.equal((await meet(name, { stdout: 'x', exitCode: 1 }, { env: { NAME: 'x', STATUS: '1' } })).pass, true);
});

t.test('what is said: the claim, what came, the account, and the end of what was written', async (t) => {
	const script = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i"; done; echo oh >&2; exit 3';
	const outcome = await fitIn(['sh', '-c', script, "it's"], { pids: 1, memory: '8M' });
	const text = outcome.message();
	t.match(
		text,
		/^sh -c 'for i .*' 'it'\\''s' was expected to fit in \{ pids: 1, memory: '8M' \}\n {2}verdict was failed/,
	);
	t.match(text, 'procready: sh exited with status 3 after');
	t.match(text, 'memory   peak');
	t.match(text, 'stdout, its last 10 lines:\n  line 3\n');
	t.match(text, '  line 12\nstderr:\n  oh');
	t.notMatch(text, 'line 2\n');
	const { pass, message } = await passWith(exits(0), { pids: 1 });
	t.equal(pass, true);
	t.match(
		message(),
		/^sh -c 'exit 0' was expected not to pass with \{ pids: 1 \}\n\nprocready: sh exited with status 0/,
	);
});

t.test('the faces: expect, assertions that throw, tap', async (t) => {
	t.strictSame(Object.keys(matchers), ['toFitIn', 'toPassWith', 'toBeLimitedBy', 'toMeet']);
	t.match(await fitsIn(exits(0), { pids: 1 }), { exitCode: 0, usage: { tasks: {} } }, 'the result');
	const error = await isNotLimitedBy(forks, 'pids.max', { pids: 1 }).then(
		() => undefined,
		(error) => error,
	);
	t.ok(error instanceof AssertionError);
	t.match(error.message, 'was expected not to be limited by pids.max with { pids: 1 }');
	t.match(
		error.stack.split('\n').find((line: string) => /^ +at /.test(line)),
		/testing\.test/,
		'the place of the call',
	);
	const told: unknown[][] = [];
	const { fitsIn: fits, doesNotFitIn } = plugin({
		pass: (...given) => told.push(['pass', ...given]) > 0,
		fail: (...given) => told.push(['fail', ...given]) > 0,
	});
	await fits(exits(0), { pids: 1 });
	await doesNotFitIn(exits(0), { pids: 1 });
	t.match(told, [
		['pass', "sh -c 'exit 0' was expected to fit in { pids: 1 }"],
		[
			'fail',
			"sh -c 'exit 0' was expected not to fit in { pids: 1 }",
			{ report: /exited with status 0/, stack: /testing\.test/ },
		],
	]);
});
