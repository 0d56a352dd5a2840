/** The limit of output: SIZE bytes pass, one more does not; what came before is passed on exactly. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { Container, type RunResult, run, search } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { cli, python } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const zeros = (count: number) => `head -c ${count} /dev/zero`;
const sh = (script: string) => ['sh', '-c', script];
const exceeded = ({ verdict }: RunResult) => verdict.causes.some(({ limit }) => limit === 'output');

t.test('SIZE-1 and SIZE bytes pass, SIZE+1 do not', async (t) => {
	for (const size of [0, 1, 10, 4096, 65_536, 65_537, 300_000])
		for (const more of [-1, 0, 1]) {
			const count = size + more;
			if (count < 0) continue;
			const result = await run(sh(zeros(count)), { limits: { outputMax: size } });
			const what = `${count} of ${size}`;
			t.equal(exceeded(result), more > 0, what);
			t.equal(result.stdout.length, Math.min(count, size), what);
			t.equal(result.outputBytes, count, what);
			t.equal(result.verdict.outcome === 'passed', more <= 0, `${what}: ${result.verdict.outcome}`);
			t.match(result.limits, [{ limit: 'output', value: String(size) }]);
		}
});

t.test('both streams together', async (t) => {
	for (const more of [-1, 0, 1]) {
		const result = await run(sh(`${zeros(500)}; ${zeros(500 + more)} >&2`), { limits: { outputMax: 1000 } });
		t.equal(exceeded(result), more > 0, String(more));
		t.equal(result.stdout.length + result.stderr.length, Math.min(1000, 1000 + more));
	}
});

t.test('whoever goes on is killed, with all of the container', async (t) => {
	for (const [what, args] of [
		['one huge write', [python, '-c', 'import os; os.write(1, bytes(1 << 30))']],
		['for ever', ['yes']],
		['children', sh('yes & yes >&2 & wait')],
		['one that ignores signals', sh('trap "" TERM INT PIPE HUP; while :; do echo 0123456789; done')],
	] as const) {
		const result = await run(args, { limits: { outputMax: 100_000 } });
		t.match(result, { signal: 'SIGKILL', exitCode: null, timedOut: false }, what);
		t.match(result.verdict, { outcome: 'signaled', sentence: /for a limit/ });
		t.match(result.verdict.causes, [{ limit: 'output', level: 'self', value: '100000', hits: 1, fatal: true }]);
		t.equal(result.stdout.length + result.stderr.length, 100_000, what);
		t.ok((result.outputBytes ?? 0) > 100_000);
	}
});

t.test('binary data comes as it is', async (t) => {
	const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7 + (index >> 8)) % 256));
	const script = `import sys; sys.stdout.buffer.write(bytes((i * 7 + (i >> 8)) % 256 for i in range(70000)))`;
	for (const outputMax of [70_000, 69_999, 66_000, 1]) {
		await using container = await Container.launch([python, '-c', script], { limits: { outputMax } });
		const parts: Buffer[] = [];
		for await (const part of container.stdout ?? []) parts.push(part);
		t.ok(Buffer.concat(parts).equals(bytes.subarray(0, outputMax)), String(outputMax));
		t.equal(exceeded((await container.wait()) as RunResult), outputMax < 70_000);
	}
});

t.test('whoever does not read stops who writes, and nobody waits for a reader', async (t) => {
	await using container = await Container.launch(['yes'], { limits: { outputMax: '1G' } });
	const used = async () => (await container.stats()).cpu.total ?? 0;
	await sleep(300);
	const before = await used();
	await sleep(300);
	t.ok((await used()) - before < 50, 'it waits');
	container.kill();
	const { verdict, outputBytes } = await container.wait();
	t.match(verdict.sentence, /by whoever ran it/);
	t.ok((outputBytes ?? 0) < 4_000_000, `${outputBytes} bytes were read`);
	const unread = await Container.launch(sh(zeros(60_000)), { limits: { outputMax: 50_000 } });
	t.ok(exceeded((await unread.wait()) as RunResult), 'also where nobody has read it');
	t.equal((await text(unread.stdout as Readable)).length, 50_000, 'which can be read later');
	const closed = await Container.launch(['yes'], { limits: { outputMax: 50_000 } });
	closed.stdout?.destroy();
	const { verdict: end } = await closed.wait();
	t.not(end.outcome, 'passed', 'who writes to nobody learns of that');
	t.strictSame(end.causes, []);
});

t.test('they are pipes, which can be opened again, by any user', async (t) => {
	const script = 'test -p /dev/stdout && echo a >/dev/stderr && echo b >/dev/stdout';
	for (const user of ['0', '12345']) {
		const result = await run(sh(script), { limits: { outputMax: 100 }, user, cwd: '/' });
		t.match(result, { exitCode: 0, stdout: 'b\n', stderr: 'a\n' }, user);
	}
});

t.test('files, /dev/null and streams get it too', async (t) => {
	const path = join(directory, 'out');
	const file = openSync(path, 'w');
	const result = await run(sh('echo one; echo two >&2; echo three'), {
		limits: { outputMax: 9 },
		stdout: file,
		stderr: file,
	});
	closeSync(file);
	t.ok(exceeded(result));
	t.equal(readFileSync(path, 'utf8'), 'one\ntwo\nt', 'in its order where both are the same file');
	t.ok(
		exceeded(await run(sh('echo 1234567890'), { limits: { outputMax: 9 }, stdout: 'ignore' })),
		'also what is dropped',
	);
	const full = openSync('/dev/full', 'w');
	const lost = run(sh('echo x'), { limits: { outputMax: 9 }, stdout: full });
	await t.rejects(lost, {
		code: 'setup-failed',
		errno: 'ENOSPC',
		message: /could not be passed on: no space left on device \(ENOSPC\)/,
	});
	closeSync(full);
	const streamless = { limits: { outputMax: 9 }, stdout: createServer() as never };
	await t.rejects(run(['true'], streamless), { code: 'option-invalid', where: '/stdout' });
});

t.test('what is printed on a terminal counts', async (t) => {
	for (const [script, max, shown, isExceeded] of [
		['printf 0123456789', 10, '0123456789', false],
		['printf 0123456789x', 10, '0123456789', true],
		['yes', 1000, 'y\r\n'.repeat(334).slice(0, 1000), true],
	] as const) {
		const result = await run(sh(script), { terminal: true, limits: { outputMax: max } });
		t.equal(result.stdout, shown, script);
		t.equal(exceeded(result), isExceeded, script);
	}
});

t.test('what exec starts does not count, and other ends are not mixed up with it', async (t) => {
	await using container = await Container.launch(['sleep', '60'], { limits: { outputMax: 5 } });
	await using execution = await container.exec(sh(zeros(100)));
	t.equal((await text(execution.stdout as Readable)).length, 100);
	t.match(await execution.wait(), { exitCode: 0 });
	container.kill();
	t.match(await container.wait(), { outputBytes: 0, verdict: { causes: [] } });
	const failed = await run(sh('echo x; exit 3'), { limits: { outputMax: 5 } });
	t.match(failed, { exitCode: 3, outputBytes: 2, verdict: { outcome: 'failed', causes: [] } });
	await t.rejects(run(['/nonexistent'], { limits: { outputMax: 5 } }), { code: 'command-not-found' });
	const host = await run(sh('(yes &) ; sleep 60'), { limits: { outputMax: 5000 }, namespaces: { pid: 'host' } });
	t.match(host, { signal: 'SIGKILL', verdict: { causes: [{ limit: 'output', fatal: true }] } });
});

t.test('the command line', async (t) => {
	for (const [count, status] of [
		[9, 0],
		[10, 0],
		[11, 137],
		[1_000_000, 137],
	] as const) {
		const came = await procready(['run', '--output-max', '10', '--', 'sh', '-c', zeros(count)]);
		t.equal(came.status, status, String(count));
		t.equal(came.stdout.length, Math.min(count, 10));
		t.match(came.stderr, status === 0 ? /^$/ : /output: It wrote more than the 10 bytes that it may write/);
	}
	const order = await execa('sh', ['-c', `node ${cli} run --output-max 1K -- sh -c 'echo 1; echo 2 >&2; echo 3' 2>&1`]);
	t.equal(order.stdout, '1\n2\n3', 'in its order where both are the same pipe');
	const piped = `node ${cli} run --output-max 1G -- yes | head -n 2; echo \${PIPESTATUS[0]}`;
	t.equal((await execa('bash', ['-c', piped])).stdout, 'y\ny\n141', 'whoever stops reading stops it');
});

t.test(
	"the flags of the caller's open files stay as they are, and one that does not wait is written whole",
	async (t) => {
		const script = `
import os, subprocess, sys, time, fcntl
reading, writing = os.pipe()
for flags in (0, os.O_NONBLOCK):
    fcntl.fcntl(writing, fcntl.F_SETFL, flags)
    child = subprocess.Popen(sys.argv[1:] + ['run', '--output-max', '1M', '--', 'head', '-c', '200000', '/dev/zero'], stdout=writing)
    time.sleep(1)
    print(fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_NONBLOCK == flags)
    size = 0
    while size < 200000: size += len(os.read(reading, 65536))
    print(size, child.wait())
`;
		const { stdout } = await execa(python, ['-c', script, process.execPath, cli]);
		t.equal(stdout, 'True\n200000 0\nTrue\n200000 0');
	},
);

t.test('the smallest that is enough', async (t) => {
	const { value } = await search('output', sh(zeros(1234)), { repeat: 1 });
	t.equal(value, '1234');
});
