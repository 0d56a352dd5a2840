/** `procready serve --stdio`: what is asked, answered and refused, how much at once, and what a client leaves that dies. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import type { ServeAnswer } from '../../controller/cli/serve-answers.js';
import { cli, python, top } from '../support/paths.js';
import { faults } from '../support/report-schemas.js';

type Answer = ServeAnswer & { id?: string; line?: number; report?: { kind: string; [name: string]: unknown } };

const dir = t.testdir({});
const at = (name: string) => join(dir, name);

/** A client that keeps what it is told. */
function serve(...args: string[]) {
	const process_ = execa(process.execPath, [cli, 'serve', '--stdio', ...args], {
		cwd: dir,
		reject: false,
		buffer: false,
	});
	const answers: Answer[] = [];
	let rest = '';
	const onData = (chunk: Buffer) => {
		const lines = (rest + chunk.toString()).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) answers.push(JSON.parse(line));
	};
	process_.stdout.on('data', onData);
	const until = async (holds: () => unknown) => {
		while (!holds()) {
			if (process_.exitCode !== undefined && process_.exitCode !== null) throw new Error('it has ended');
			await sleep(10);
		}
	};
	return {
		process: process_,
		answers,
		until,
		ask: (...requests: (object | string)[]) => {
			for (const one of requests) process_.stdin.write(`${typeof one === 'string' ? one : JSON.stringify(one)}\n`);
		},
		of: (type: Answer['type'], id?: string) =>
			answers.filter((one) => one.type === type && (id === undefined || one.id === id)),
		end: async () => {
			process_.stdin.write('{"type":"end"}\n');
			const { exitCode } = await process_;
			for (const answer of answers) t.strictSame(faults('serve-answers', answer), []);
			return exitCode;
		},
	};
}

const run = (id: string, command: string[], more = {}) => ({ type: 'run', id, command, ...more });

const isThere = (pid: number) => existsSync(`/proc/${pid}`);
async function gone(pid: number) {
	while (isThere(pid)) await sleep(10);
}

t.test('a result as of --json, what was written, and hits', async (t) => {
	const client = serve();
	client.ask(
		run('a', ['sh', '-c', 'cat; echo err >&2'], { options: { input: 'hello' } }),
		run('b', ['sh', '-c', 'true | true; exit 3'], { options: { limits: { 'pids.max': 1 } }, hits: true }),
		run('c', ['/nope']),
		run('d', ['true'], { options: { limits: { pids: 'many' } } }),
	);
	t.equal(await client.end(), 0);
	t.match(client.answers[0], { type: 'hello', schemaVersion: 1, jobs: 64, waiting: 1024 });
	t.match(client.of('result', 'a'), [
		{
			report: { kind: 'result', exitCode: 0, command: ['sh', '-c', /cat/] },
			output: { stdout: 'hello', stderr: 'err\n' },
		},
	]);
	t.match(client.of('hit', 'b'), [{ event: { limit: 'pids.max' } }]);
	t.match(client.of('result', 'b'), [{ report: { verdict: { causes: [{ limit: 'pids.max' }] } } }]);
	t.match(client.of('result', 'c'), [
		{ report: { kind: 'error', error: { code: 'command-not-found' } }, output: null },
	]);
	t.match(client.of('result', 'd'), [{ report: { kind: 'error', error: { code: 'option-invalid' } } }]);
	t.match(client.of('started', 'a'), [{ pid: Number }]);
	t.match(client.answers.at(-1), { type: 'end', results: 4 });
	for (const { report } of client.of('result')) t.strictSame(faults('result', report), []);
});

t.test('a line that is no request is refused by its number, and the rest goes on', async (t) => {
	const client = serve();
	client.ask(
		'{',
		'',
		'[]',
		{ type: 'odd' },
		{ type: 'run', id: 'x' },
		run('x', ['true'], { options: { stdin: 'inherit' } }),
		run('x', ['true'], { more: 1 }),
		{ type: 'cancel', id: 'y' },
		{ type: 'signal', id: 'y', signal: 'TERM' },
		'x'.repeat(17 * 2 ** 20),
		run('ok', ['true']),
	);
	t.equal(await client.end(), 0);
	t.match(
		client
			.of('refused')
			.map(({ line, id, ...rest }) => [line, id, (rest as { error: { message: string } }).error.message]),
		[
			[1, null, /^the line is not JSON: /],
			[3, null, /^request: it must be an object/],
			[4, null, /^request: \/type/],
			[5, 'x', /^request: \/command is missing/],
			[6, 'x', /^request: \/options\/stdin must not be given/],
			[7, 'x', /^request: \/more is not known/],
			[8, 'y', /^id: nothing waits or runs by the id "y"/],
			[9, 'y', /^id: nothing waits or runs/],
			[10, null, /^line: has more than 16777216 bytes/],
		],
	);
	t.match(client.of('result', 'ok'), [{ report: { exitCode: 0 } }]);
});

t.test('64 at once, the others wait; an id is of one run', async (t) => {
	const client = serve();
	for (let index = 0; index < 80; index++)
		client.ask(run(`${index}`, ['sh', '-c', 'until [ -e go ]; do sleep 0.1; done']));
	client.ask(run('0', ['true']));
	await client.until(() => client.of('started').length === 64 && client.of('refused').length === 1);
	t.match(client.of('refused'), [{ id: '0', line: 81, error: { code: 'option-invalid' } }]);
	t.equal(client.of('started').length, 64);
	writeFileSync(at('go'), '');
	t.equal(await client.end(), 0);
	t.equal(client.of('result').filter(({ report }) => report?.exitCode === 0).length, 80);
});

t.test('more than it takes on is refused; what waits and what runs can be cancelled, and signaled', async (t) => {
	const client = serve('--jobs', '1', '--waiting', '1');
	client.ask(run('a', ['sleep', '600']), run('b', ['true']), run('c', ['true']), { type: 'cancel', id: 'b' });
	await client.until(() => client.of('started', 'a').length > 0 && client.of('result', 'b').length > 0);
	t.match(client.of('refused'), [{ id: 'c', line: 3, error: { code: 'server-busy' } }]);
	t.match(client.of('result', 'b'), [{ report: { kind: 'error', error: { code: 'aborted' } } }]);
	client.ask(
		run('d', ['sleep', '600']),
		{ type: 'signal', id: 'd', signal: 'TERM' },
		{ type: 'signal', id: 'a', signal: 'TRM' },
	);
	client.ask({ type: 'signal', id: 'a', signal: 'TERM' });
	await client.until(() => client.of('started', 'd').length > 0);
	t.match(client.of('refused').slice(1), [
		{ id: 'd', error: { code: 'not-running', message: /has not started yet/ } },
		{ id: 'a', error: { code: 'option-invalid', message: /did you mean "SIGTRAP"|not a signal/ } },
	]);
	t.match(client.of('signaled'), [{ id: 'a', signal: 'SIGTERM', sent: true }]);
	t.match(client.of('result', 'a'), [{ report: { signal: 'SIGTERM' } }]);
	client.ask({ type: 'cancel', id: 'd' });
	await client.until(() => client.of('result', 'd').length > 0);
	t.match(client.of('result', 'd'), [{ report: { error: { code: 'aborted', message: /was cancelled/ } } }]);
	t.equal(await client.end(), 0);
});

t.test('for a client that does not read nothing more is begun, and nothing is lost', async (t) => {
	const client = serve('--jobs', '4');
	client.process.stdout.pause();
	for (let index = 0; index < 100; index++)
		client.ask(run(`${index}`, ['sh', '-c', `echo >>begun; head -c 1M /dev/zero | tr '\\0' a`]));
	const begun = () => (existsSync(at('begun')) ? readFileSync(at('begun')).length : 0);
	let last = -1;
	for (let same = 0; same < 15; same = begun() === last ? same + 1 : 0) {
		last = begun();
		await sleep(100);
	}
	t.ok(begun() > 4 && begun() < 40, `${begun()} of 100 begun`);
	client.process.stdout.resume();
	t.equal(await client.end(), 0);
	t.equal(client.of('result').length, 100);
	t.equal(begun(), 100);
});

t.test('a client that is gone, or a server, leaves nothing', async (t) => {
	for (const [what, end, status] of [
		['stdin ends', ({ process }) => process.stdin.end(), 1],
		[
			'nobody reads',
			({ process, ask }) => {
				process.stdout.destroy();
				ask(run('b', ['true']));
			},
			1,
		],
		['SIGTERM', ({ process }) => process.kill('SIGTERM'), 143],
		['SIGKILL', ({ process }) => process.kill('SIGKILL'), undefined],
	] as [string, (client: ReturnType<typeof serve>) => unknown, number | undefined][]) {
		const client = serve();
		client.ask(run('a', ['sh', '-c', 'trap "" TERM; sleep 600 & sleep 600']));
		await client.until(() => client.of('started').length > 0);
		const [{ pid }] = client.of('started') as unknown as [{ pid: number }];
		end(client);
		t.equal((await client.process).exitCode, status, what);
		await gone(pid);
		t.notOk(isThere(pid), what);
	}
});

t.test('what is wrong with the words', async (t) => {
	for (const [args, message, exitCode = 125] of [
		[[], /^procready: --stdio: is missing/],
		[['--stdio', '--jobs', '0'], /^procready: --jobs: 0 is not a number from 1 to 1000/],
		[['--stdio', '--waiting', 'x'], /^procready: --waiting: "x" is not an integer/],
		[['--stdio'], /^procready: stdin ended without the request end: /, 1],
	] as const)
		t.match(await execa(process.execPath, [cli, 'serve', ...args], { reject: false, input: '' }), {
			exitCode,
			stderr: message,
		});
});

const client = `
import os, sys, time
sys.path.insert(0, ${JSON.stringify(join(top, 'test/cookbook'))})
from procready_client import Procready, ProcreadyError
program = (sys.argv[1], sys.argv[2])
with Procready(program) as server:
    runs = [server.run(["sh", "-c", f"exit {i % 3}"], limits={"pids": 1}) for i in range(300)]
    assert [run.result().exit_code for run in runs] == [i % 3 for i in range(300)]
    result = server.run(["sh", "-c", "true | true"], limits={"pids": 1}).result()
    assert not result.passed and "pids.max" in result.hits, result.report
    assert server.run(["cat"], input="x").result().stdout == "x"
    for run in server.run(["sleep", "600"]), server.run(["sleep", "600"]):
        run.started.wait()
        run.cancel()
        try: run.result(); assert False
        except ProcreadyError as error: assert error.code == "aborted", error
    run = server.run(["sleep", "600"]); run.started.wait(); run.signal("TERM")
    assert run.result().signal == "SIGTERM"
    for options in {"limits": {"pids": "x"}}, {"stdin": "inherit"}:
        try: server.run(["true"], **options).result(); assert False
        except ProcreadyError as error: assert error.code == "option-invalid", error
try:
    with Procready(program) as server:
        run = server.run(["sleep", "600"]); run.started.wait(); pid = run.pid
        raise KeyError
except KeyError: pass
assert not os.path.exists(f"/proc/{pid}"), pid
server = Procready(program); run = server.run(["sleep", "600"]); run.started.wait()
print(run.pid, flush=True)
os.kill(os.getpid(), 9)
`;

t.test('the client in Python, also one that is killed', async (t) => {
	const { stdout, stderr, signal } = await execa(python, ['-c', client, process.execPath, cli], {
		cwd: dir,
		reject: false,
	});
	t.equal(signal, 'SIGKILL', stderr);
	await gone(Number(stdout));
	t.match(stdout, /^\d+$/);
	const lines = readFileSync(join(top, 'test/cookbook/procready_client.py'), 'utf8').split('\n');
	t.ok(lines.length <= 151, `${lines.length - 1} lines`);
});

t.test('its fixture, where there is pytest', async (t) => {
	const there = await execa(python, ['-c', 'import pytest'], { reject: false });
	if (there.exitCode !== 0) return t.pass('python3-pytest is not installed: the fixture is not called');
	writeFileSync(at('conftest.py'), 'from procready_client import procready\n');
	writeFileSync(at('test_x.py'), 'def test_x(procready):\n    assert procready.run(["true"]).result().passed\n');
	writeFileSync(at('procready'), `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`, { mode: 0o755 });
	const env = { PATH: `${dir}:${process.env.PATH}`, PYTHONPATH: join(top, 'test/cookbook') };
	const { exitCode, stdout } = await execa(python, ['-m', 'pytest', '-q', 'test_x.py'], {
		cwd: dir,
		reject: false,
		env,
	});
	t.equal(exitCode, 0, stdout);
});
