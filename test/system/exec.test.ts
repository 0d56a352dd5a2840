/** One more process in a running container: where it is, what it has, and how it ends. */
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container, type ExecOptions, type Execution, type Options, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { probe, python } from '../support/paths.js';

const sh = (script: string) => ['/bin/sh', '-c', script];

/** Runs a process in the container to its end. */
async function output(container: Container, args: string[], options: ExecOptions = {}) {
	const execution = await container.exec(args, { stdin: 'ignore', ...options });
	const [stdout, stderr] = await Promise.all([text(execution.stdout), text(execution.stderr)]);
	return { stdout, stderr, ...(await execution.wait()) };
}

async function text(stream: Execution['stdout']): Promise<string> {
	let all = '';
	for await (const chunk of stream ?? []) all += chunk;
	return all;
}

t.test('it is in the namespaces and the cgroups of the program', async (t) => {
	await using container = await Container.launch(['sleep', '86430.1'], { limits: { pids: 10 } });
	const kinds = ['pid', 'mnt', 'uts', 'ipc', 'cgroup', 'net', 'user', 'time'];
	const { stdout } = await output(container, sh(`for n in ${kinds.join(' ')}; do readlink /proc/self/ns/$n; done`));
	t.strictSame(
		stdout.trim().split('\n'),
		kinds.map((kind) => readlinkSync(`/proc/${container.pid}/ns/${kind}`)),
	);
	t.match((await output(container, ['cat', '/proc/2/cmdline'])).stdout, 'sleep\u000086430.1');
	const execution = await container.exec(['sleep', '86430.2']);
	t.equal(cgroups(execution.pid), cgroups(container.pid));
	const inside = (await output(container, ['cat', '/proc/self/cgroup'])).stdout;
	for (const controller of ['pids', 'memory', 'cpu'])
		for (const line of inside.split('\n').filter((line) => line.split(/[:,]/).includes(controller)))
			t.match(line, /:\/$/, line);
});

const cgroups = (pid: number) => readFileSync(`/proc/${pid}/cgroup`, 'utf8');

t.test('environment and directory are those of the program, or what is asked for', async (t) => {
	const options = { env: { A: '1', B: '2' }, extendEnv: false, cwd: '/usr/lib' };
	await using container = await Container.launch(['/bin/sleep', '86430.3'], options);
	const seen = async (options: ExecOptions) => (await output(container, ['/usr/bin/env'], options)).stdout;
	t.equal(await seen({}), 'A=1\nB=2\n');
	t.equal(await seen({ env: { B: '3', C: '' } }), 'A=1\nB=3\nC=\n');
	t.equal(await seen({ env: { B: '3' }, extendEnv: false }), 'B=3\n');
	t.equal((await output(container, ['/bin/pwd'])).stdout, '/usr/lib\n');
	t.equal((await output(container, ['/bin/pwd'], { cwd: '/etc' })).stdout, '/etc\n');
	t.equal((await output(container, sh('echo $PATH'), { env: { PATH: '/x' } })).stdout, '/x\n');
	const whose = sh('echo $HOME $USER $LOGNAME');
	await using homely = await Container.launch(['/bin/sleep', '86430.9'], {
		env: { HOME: '/h', USER: 'u', LOGNAME: 'l' },
	});
	t.equal((await output(homely, whose, {})).stdout, '/h u l\n');
	t.equal((await output(homely, whose, { user: 'daemon', cwd: '/' })).stdout, '/usr/sbin daemon daemon\n');
	t.equal(
		(await output(homely, whose, { user: 'daemon', cwd: '/', env: { USER: 'x' } })).stdout,
		'/usr/sbin x daemon\n',
	);
});

t.test('stdin, stdout and stderr, and no other file descriptor', async (t) => {
	await using container = await Container.launch(['sleep', '86430.4']);
	const execution = await container.exec(sh('cat; echo error >&2'));
	execution.stdin?.end('input');
	t.equal(await text(execution.stdout), 'input');
	t.equal(await text(execution.stderr), 'error\n');
	t.equal((await output(container, [probe, 'fds'])).stdout, '0\n1\n2\n');
	t.equal(execution.terminal, null);
});

t.test('its timer slack is that of the container, or one of its own', async (t) => {
	const show = ['cat', '/proc/self/timerslack_ns'];
	const shown = async (options: Options) => (await run(show, options)).stdout;
	t.equal(await shown({}), readFileSync('/proc/self/timerslack_ns', 'utf8'), "the caller's");
	for (const timerSlack of [1, 2, 70_000, Number.MAX_SAFE_INTEGER])
		t.equal(await shown({ timerSlack }), `${timerSlack}\n`);
	for (const timerSlack of [0, -1, 1.5, Number.MAX_SAFE_INTEGER + 1])
		await t.rejects(shown({ timerSlack }), { code: 'option-invalid', where: '/timerSlack' }, String(timerSlack));
	await using container = await Container.launch(['sleep', '86430.45'], {
		timerSlack: 70_000,
		user: '65534',
		cwd: '/',
	});
	t.equal((await output(container, show)).stdout, '70000\n');
	t.equal((await output(container, show, { timerSlack: 80_000 })).stdout, '80000\n');
	const specified = { ociVersion: '1.3.0', linux: {}, procready: { timerSlack: 90_000 } };
	t.equal((await run({ ...specified, process: { args: show, cwd: '/' } })).stdout, '90000\n', 'in a specification');
	t.match(await procready(['run', '--timer-slack', '60000', '--', ...show]), { status: 0, stdout: '60000\n' });
	const wrong = { status: 125, stderr: 'procready: --timer-slack: must be at least 1\n' };
	t.match(await procready(['run', '--timer-slack', '0', '--', ...show]), wrong);
});

t.test('its orphans are reaped, and its own abort is one', async (t) => {
	await using container = await Container.launch(['sleep', '86430.8']);
	const script = `
import os, time
for _ in range(5):
    if os.fork() == 0:
        if os.fork() == 0: time.sleep(0.05)
        os._exit(0)
    os.wait()
def state(pid):
    try: return open(f"/proc/{pid}/stat").read().rsplit(")")[1].split()[0]
    except OSError: return "" # it has just been reaped
def states():
    return sorted(filter(None, (state(pid) for pid in os.listdir("/proc") if pid.isdigit())))
end = time.time() + 10
while len(states()) > 3 and time.time() < end: time.sleep(0.01)
print(*states(), flush=True)
os.abort()`;
	const { stdout, signal } = await output(container, [python, '-c', script]);
	t.equal(stdout, 'R S S\n', 'itself, the program and process 1');
	t.equal(signal, 'SIGABRT');
});

t.test('it ends with an exit status or by a signal, and has an account of its own', async (t) => {
	await using container = await Container.launch(['sleep', '86430.5']);
	t.match(await output(container, sh('exit 7')), { exitCode: 7, signal: null, coreDumped: false });
	t.match(await output(container, sh('kill -KILL $$')), { exitCode: null, signal: 'SIGKILL' });
	const spun = await output(container, [probe, 'spin', '50']);
	t.ok(spun.rusage.utime + spun.rusage.stime >= 49, JSON.stringify(spun.rusage));
	t.ok(spun.wallTime >= 49, `${spun.wallTime} ms`);
	t.ok(spun.rusage.maxrss < 8 * 2 ** 20, 'not the memory of who started it');
	const held = await container.exec(['sleep', '86430.6']);
	t.equal(held.kill('SIGTERM'), true, 'it is not process 1: a signal without a handler ends it');
	t.match(await held.wait(), { exitCode: null, signal: 'SIGTERM' });
	t.equal(held.kill(), false);
	t.strictSame(
		leftovers('86430.6').filter((what) => what.includes('86430.6')),
		[],
	);
});

t.test('a container at its limit of tasks takes no other, and says how many there are', async (t) => {
	await using container = await Container.launch(sh('sleep 86430.7 & sleep 86430.7 & sleep 86430.7 & wait'), {
		limits: { pids: 4 },
	});
	while (leftovers('sleep 86430.7').filter((what) => what.includes(': sleep')).length < 3) await sleep(5);
	for (let i = 0; i < 10; i++)
		await t.rejects(container.exec(['true']), {
			code: 'tasks-exhausted',
			message:
				'pids.max: 4 of 4 tasks are in use: no room for another process in the container; raise the limit or wait',
		});
	container.kill();
	t.match((await container.wait()).usage.tasks, { refused: 0 }, 'it is not the program that was refused');
});

t.test('the last free task is for one process, which then cannot fork', async (t) => {
	await using container = await Container.launch(['sleep', '86430.8'], { limits: { pids: 2 } });
	for (let i = 0; i < 20; i++) t.equal((await output(container, [probe, 'forks'])).stdout, '0\n');
});

t.test('its memory is that of the container', async (t) => {
	await using container = await Container.launch(['sleep', '86430.9'], { limits: { memory: '16M' } });
	t.match(await output(container, [probe, 'touch', String(64 * 2 ** 20)]), { signal: 'SIGKILL' });
});

t.test('what cannot be started is an error of that process alone', async (t) => {
	await using container = await Container.launch(['sleep', '86430.10']);
	for (const [args, options, error] of [
		[['no-such-command'], {}, { code: 'command-not-found', step: 'exec', errno: 'ENOENT' }],
		[['/etc/passwd'], {}, { code: 'command-not-executable', errno: 'EACCES' }],
		[['true'], { cwd: '/no/such' }, { code: 'cwd-invalid', step: 'cwd' }],
		[[], {}, { code: 'option-invalid', where: '/args' }],
		[['true'], { limits: {} }, { code: 'option-invalid', where: '/limits' }],
		[['true'], { env: { 'A=B': '' } }, { code: 'option-invalid', where: '/env/A=B' }],
	] as [string[], object, { code: string; where?: string; step?: string; errno?: string }][])
		await t.rejects(container.exec(args, options), error, JSON.stringify({ args, options }));
	t.match(await output(container, ['echo', 'alive']), { stdout: 'alive\n' });
});

t.test('the end of the container is the end of all that was started in it', async (t) => {
	const container = await Container.launch(['sleep', '86430.11']);
	const executions = [
		await container.exec(['sleep', '86430.12']),
		await container.exec(sh('trap "" TERM; setsid sleep 86430.13 & sleep 86430.14')),
	];
	t.match(await output(container, sh('setsid sleep 86430.15 >/dev/null 2>&1 &')), { exitCode: 0 });
	while (!leftovers('86430.15').some((what) => what.includes(': sleep'))) await sleep(5); // it stays
	container.kill();
	await container.wait();
	for (const execution of executions) t.match(await execution.wait(), { signal: 'SIGKILL' });
	t.strictSame(leftovers('86430.1'), []);
	await t.rejects(container.exec(['true']), { code: 'not-running', message: /its program has ended$/ });
});

t.test('a container that ends while something is started in it', async (t) => {
	for (let i = 0; i < 30; i++) {
		const container = await Container.launch(['sleep', '86430.16']);
		setTimeout(() => container.kill(), i / 3);
		const outcome = await output(container, ['sleep', '86430.17']).catch((error) => error);
		t.match(outcome, 'code' in outcome ? { code: 'not-running' } : { signal: 'SIGKILL' });
		await container.wait();
	}
	t.strictSame(await leftoversAfter('86430.1', 0), []);
});

t.test('abort, and await using', async (t) => {
	await using container = await Container.launch(['sleep', '86430.18']);
	await t.rejects(container.exec(['true'], { signal: AbortSignal.abort() }), { code: 'aborted' });
	const controller = new AbortController();
	const execution = await container.exec(['sleep', '86430.19'], { signal: controller.signal });
	controller.abort();
	await t.rejects(execution.wait(), { code: 'aborted' });
	{
		await using held = await container.exec(['sleep', '86430.20']);
		t.ok(held.pid > 1);
	}
	t.notOk(leftovers('86430.20').some((what) => what.includes('86430.20')));
	t.match(await output(container, ['echo', 'alive']), { stdout: 'alive\n' });
});

t.test('20 at once', async (t) => {
	await using container = await Container.launch(['sleep', '86430.21'], { limits: { pids: 50 } });
	const all = await Promise.all(Array.from({ length: 20 }, (_, i) => output(container, sh(`echo ${i}; exit ${i}`))));
	t.strictSame(
		all.map(({ stdout, exitCode }) => `${stdout.trim()} ${exitCode}`),
		Array.from({ length: 20 }, (_, i) => `${i} ${i}`),
	);
});
