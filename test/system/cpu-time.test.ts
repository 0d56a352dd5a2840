/** The limit of processor time: whoever reaches it is killed, whoever does not is left alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { attach, Container, type Options, type RunResult, run, search } from '../../controller/index.js';
import { beLimitedBy, fitIn } from '../../controller/testing/outcome.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { probe, python } from '../support/paths.js';

const busy = 'while :; do :; done';
const forks = (number: number) => `for i in $(seq ${number}); do (${busy}) & done; wait`;
const threads = `
import hashlib, threading
data = bytes(1 << 20)
def work():
    while True: hashlib.sha256(data)
for _ in range(4): threading.Thread(target=work).start()
`;

function mustBeKilled(t: Test, { verdict, usage, signal, timedOut, limits }: RunResult, limit: number, what: string) {
	t.equal(signal, 'SIGKILL', what);
	t.notOk(timedOut);
	t.match(verdict, { outcome: 'timed-out', sentence: /for a limit/ });
	t.match(verdict.causes, [{ limit: 'cpu.time', level: 'self', value: `${limit}ms`, hits: 1, fatal: true }], what);
	t.ok((usage.cpu.total ?? 0) >= limit, `${what}: ${usage.cpu.total} ms`);
	t.match(limits, [{ limit: 'cpu.time', value: `${limit}ms` }]);
	t.notOk(usage.cpu.throttledPeriods, `${what}: how it was slowed down is not told as its own cpu.max`);
}

t.test('one that is busy, threads and forks are killed when the time is used', async (t) => {
	for (const [what, args] of [
		['a loop', ['sh', '-c', busy]],
		['threads', [python, '-c', threads]],
		['forks', ['sh', '-c', forks(8)]],
		['a program that ignores all signals', ['sh', '-c', `trap "" TERM INT HUP XCPU; ${busy}`]],
		['work in the kernel', ['sh', '-c', 'while :; do head -c 1M /dev/zero >/dev/null; done']],
	] as const) {
		mustBeKilled(t, await run(args, { limits: { cpuTime: 300 } }), 300, what);
		t.strictSame(leftovers('/nonexistent'), [], what);
	}
});

t.test('children that have died, and processes that have joined, count', async (t) => {
	const dying = `while :; do ${probe} spin 30; done`;
	mustBeKilled(t, await run(['sh', '-c', dying], { limits: { cpuTime: 200 } }), 200, 'children one after the other');
	await using container = await Container.launch(['sleep', '60'], { limits: { cpuTime: '1s' }, stdout: 'ignore' });
	await using joined = await container.exec(['sh', '-c', busy], { stdout: 'ignore' });
	t.match(await joined.wait(), { signal: 'SIGKILL' });
	const result = await container.wait();
	t.match(result, { signal: 'SIGKILL', verdict: { causes: [{ limit: 'cpu.time', fatal: true }] } });
});

t.test('whoever uses less is left alone', async (t) => {
	for (const [what, args, cpuTime] of [
		['one that sleeps', ['sleep', '1'], '800ms'],
		['one that uses half of it', [probe, 'spin', '300'], '600ms'],
		['one that ends long before', ['true'], '1h'],
	] as const) {
		const { exitCode, verdict, usage } = await run(args, { limits: { cpuTime } });
		t.equal(exitCode, 0, what);
		t.strictSame(verdict.causes, [], `${what}: ${usage.cpu.total} ms`);
	}
	const { verdict } = await run(['sh', '-c', busy], { limits: { cpuTime: 'max' }, timeout: 100 });
	t.match(verdict.causes, [{ limit: 'timeout' }], 'max is no limit');
});

t.test('beside cpu.max, whose figures are its own', async (t) => {
	const { verdict, usage } = await run(['sh', '-c', busy], { limits: { cpuTime: 300, cpu: 0.3 } });
	t.match(verdict.outcome, 'timed-out');
	t.match(verdict.causes[0], { limit: 'cpu.time', fatal: true });
	t.ok((usage.cpu.total ?? 0) >= 300);
	const half = await run([probe, 'spin', '150'], { limits: { cpuTime: '10s', cpu: 0.2 } });
	t.match(half.verdict, { outcome: 'passed', causes: [{ limit: 'cpu.max' }] }, 'its own throttling is told');
});

t.test('beside a time-out: the first is told', async (t) => {
	const first = await run(['sh', '-c', busy], { limits: { cpuTime: 100 }, timeout: '1m' });
	t.match(first, { timedOut: false, verdict: { outcome: 'timed-out', causes: [{ limit: 'cpu.time' }] } });
	const second = await run(['sh', '-c', busy], { limits: { cpuTime: '1m' }, timeout: 100 });
	t.match(second, { timedOut: true, verdict: { outcome: 'timed-out' } });
	t.strictSame(
		second.verdict.causes.map(({ limit }) => limit),
		['timeout'],
	);
});

t.test('limits and updates meanwhile are those of the caller', async (t) => {
	const name = `cpu-time-${process.pid}`;
	const limits = { cpuTime: '400ms', cpu: 1.5 };
	await using container = await Container.launch(['sh', '-c', 'read line; while :; do :; done'], { limits, name });
	const shown = () => container.limits.map(({ limit, value }) => `${limit}=${value}`);
	t.strictSame(shown(), ['cpu.max=150000 100000', 'cpu.time=400ms']);
	await container.update({ cpu: 0.5 });
	await sleep(150); // it is looked at meanwhile
	t.strictSame(shown(), ['cpu.max=50000 100000', 'cpu.time=400ms']);
	const { cpu } = await attach(name).stats();
	t.match(cpu, { throttled: null, throttledPeriods: null, periods: null }, 'another process cannot tell them apart');
	for (const limits of [{ cpuTime: '1s' }, { outputMax: 1 }])
		await t.rejects(container.update(limits), { code: 'option-invalid' }, JSON.stringify(limits));
	await container.pause();
	await sleep(150);
	await container.resume();
	container.stdin?.end('go\n');
	t.match(await container.wait(), { verdict: { causes: [{ limit: 'cpu.time' }] } });
});

t.test(
	'one that is killed, paused or left to end by itself near the end of its time does not wait for its quota',
	async (t) => {
		const options: Options = { limits: { cpuTime: '300ms' } };
		const killed = await Container.launch(['sh', '-c', forks(4)], options);
		while (((await killed.stats()).cpu.total ?? 0) < 200) await sleep(10);
		killed.kill();
		t.match(await killed.wait(), { signal: 'SIGKILL', verdict: { sentence: /by whoever ran it|for a limit/ } });
		await using paused = await Container.launch(['sh', '-c', busy], options);
		while (((await paused.stats()).cpu.total ?? 0) < 200) await sleep(10);
		await paused.pause();
		await sleep(200);
		t.ok(((await paused.stats()).cpu.total ?? 0) < 300);
		await paused.resume();
		t.match(await paused.wait(), { verdict: { causes: [{ limit: 'cpu.time' }] } });
	},
);

t.test("a container of the host's pid namespace, and with a process 1 of its own", async (t) => {
	const killed = { verdict: { causes: [{ limit: 'cpu.time', fatal: true }] } };
	for (const more of [{ namespaces: { pid: 'host' } }, { init: true }] as const)
		t.match(await run(['sh', '-c', forks(2)], { limits: { cpuTime: 200 }, ...more }), killed, JSON.stringify(more));
	t.strictSame(leftovers('/nonexistent'), []);
});

t.test('the command line', async (t) => {
	const { status, stderr } = await procready(['run', '--cpu-time', '0.2', '--', 'sh', '-c', busy]);
	t.equal(status, 124);
	t.match(
		stderr,
		/cpu\.time: It used 2\d\d(\.\d)? ms of processor time, of which it may use 200 ms, and everything was killed\./,
	);
	const refused = await procready(['run', '--cpu-time', '1x', '--', 'true']);
	t.match(refused, { status: 125, stderr: /^procready: --cpu-time: "1x" is not a positive time/ });
});

t.test('in matchers and suites', async (t) => {
	const limits = { cpuTime: '300ms', outputMax: 10 };
	t.ok((await fitIn(['echo', 'hi'], limits)).pass);
	for (const [args, limit] of [
		[['sh', '-c', busy], 'cpu.time'],
		[['echo', '0123456789'], 'output'],
	] as const) {
		t.notOk((await fitIn(args, limits)).pass, limit);
		t.ok((await beLimitedBy(args, limit, limits)).pass, limit);
	}
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	const file = join(directory, 'procready.yaml');
	writeFileSync(
		file,
		`cases:
  - { name: time, shell: '${busy}', limits: { cpu.time: 200ms }, expect: { verdict: timed-out, hits: { cpu.time: 1 } } }
  - { name: output, command: yes, limits: { output: 1K }, expect: { verdict: signaled, hits: { output: 1 }, stdout: { size: 1K } } }
  - { name: neither, command: echo hi, limits: { cpu.time: 2s, output: 3 }, expect: { hits: none } }
`,
	);
	t.match(await procready(['test', file]), { status: 0, stdout: /3 passed, 0 failed/ });
});

t.test('the smallest that is enough', async (t) => {
	const { value, tried } = await search('cpu.time', [probe, 'spin', '100'], { repeat: 1, precision: 0.5 });
	const found = 1000 * Number(value);
	t.ok(found >= 90, `${value}: the clock of the probe began in the init`);
	t.ok(tried.some(({ value, failed }) => failed > 0 && 1000 * Number(value) < found));
});
