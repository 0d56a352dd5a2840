/** `procready-oci`: what callers of an OCI runtime do with it, on real cgroups. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { findProcess } from '../../controller/host/processes.js';
import { Bundle, call, runtime } from '../support/oci.js';
import { probe } from '../support/paths.js';
import { generator } from '../support/random.js';

const id = `procready-test-${process.pid}`;

async function until(what: () => boolean | Promise<boolean>): Promise<boolean> {
	for (let tries = 0; tries < 400; tries++) {
		if (await what()) return true;
		await sleep(10);
	}
	return false;
}

t.test('create, start, kill, delete', async (t) => {
	using bundle = new Bundle();
	bundle.write(['sleep', '86481'], { annotations: { a: 'b' } });
	const pidFile = join(bundle.path, 'pid');
	await bundle.create(id, '--pid-file', pidFile);
	const created = await bundle.state(id);
	t.match(created, { ociVersion: '1.0.2', id, status: 'created', bundle: bundle.path, annotations: { a: 'b' } });
	t.equal(readFileSync(pidFile, 'utf8'), String(created.pid));
	t.equal(created.procready.verdict, null);
	t.notOk(findProcess(created.pid)?.hasExeced, 'the init waits');
	const parent = findProcess(findProcess(created.pid)?.parent ?? 0);
	t.notMatch(parent && readFileSync(`/proc/${parent.pid}/comm`, 'utf8'), 'procready', 'nothing of ours is beside it');
	t.match(await bundle.call('create', '--bundle', bundle.path, id), { status: 1, stderr: /exists already/ });
	await bundle.must('start', id);
	t.match(await bundle.state(id), { status: 'running', pid: created.pid });
	t.match(await bundle.call('start', id), { status: 1, stderr: /is running: only one that is created/ });
	t.match(await bundle.call('delete', id), { status: 1, stderr: /is running: kill it first/ });
	t.match(await bundle.must('list', '--quiet'), `${id}\n`);
	t.match(JSON.parse(await bundle.must('list', '--format', 'json')), [{ id, status: 'running', owner: 0 }]);
	t.match(JSON.parse(await bundle.must('ps', '--format', 'json', id)), [created.pid]);
	await bundle.must('kill', id, 'KILL');
	t.ok(await until(async () => (await bundle.state(id)).status === 'stopped'));
	t.match(await bundle.call('kill', id), { status: 1, stderr: /not running|has ended/ });
	await bundle.must('delete', id);
	t.strictSame(bundle.left(id), []);
	t.match(await bundle.call('state', id), { status: 1, stderr: /does not exist/ });
	t.match(await bundle.call('delete', '--force', id), { status: 0 });
});

t.test('the cgroups are where the config says, and hold the limits before the program runs', async (t) => {
	using bundle = new Bundle();
	const resources = { pids: { limit: 1 }, memory: { limit: 8_388_608 } };
	bundle.write(['sleep', '86481'], { linux: { resources, cgroupsPath: `/${id}/inner/${id}` } });
	await bundle.create(id);
	const { pid } = await bundle.state(id);
	const paths = readFileSync(`/proc/${pid}/cgroup`, 'utf8').match(new RegExp(`:/${id}/inner/${id}$`, 'gm')) ?? [];
	const { hierarchies } = readHost();
	t.equal(paths.length, hierarchies.filter(({ controllers }) => controllers.length > 0).length);
	const pids = hierarchies.find(({ controllers }) => controllers.includes('pids'));
	t.equal(readFileSync(join(pids?.mountPoint as string, id, 'inner', id, 'pids.max'), 'utf8'), '1\n');
	await bundle.must('start', id);
	t.match(await bundle.call('exec', id, 'true'), { status: 1, stderr: /pids.max|tasks/ }, 'it is full');
	await bundle.must('delete', '--force', id);
	t.strictSame(bundle.left(id), [], 'also those above it that were made for it');
});

t.test('the verdict is in its state', async (t) => {
	using bundle = new Bundle();
	bundle.write(['sh', '-c', '(:) || exit 3'], { linux: { resources: { pids: { limit: 1 } } } });
	await bundle.create(id);
	await bundle.must('start', id);
	t.ok(await until(async () => (await bundle.state(id)).status === 'stopped'));
	const { procready } = await bundle.state(id);
	t.match(procready.verdict.causes, [{ limit: 'pids.max', value: '1', hits: 1 }]);
	t.match(procready.usage, { tasks: { peak: 1, refused: 1 } });
	await bundle.must('delete', id);
	bundle.write(['sh', '-c', 'x=a; while :; do x=$x$x; done'], {
		linux: { resources: { memory: { limit: 4_194_304 } } },
	});
	await bundle.create(id);
	await bundle.must('start', id);
	t.ok(await until(async () => (await bundle.state(id)).status === 'stopped'));
	t.match((await bundle.state(id)).procready.verdict.causes, [{ limit: 'memory.max', fatal: true }]);
	await bundle.must('delete', id);
});

t.test('exec, pause, update, events', async (t) => {
	using bundle = new Bundle();
	bundle.write(['sleep', '86481'], { linux: { resources: { pids: { limit: 8 } } } });
	await bundle.create(id);
	t.match(await bundle.call('exec', id, 'true'), { status: 1, stderr: /not running|created/ });
	await bundle.must('start', id);
	t.match(
		await bundle.call(
			'exec',
			'-e',
			'A=1',
			'--cwd',
			'/tmp',
			'-u',
			'1000:1000',
			id,
			'sh',
			'-c',
			'echo $A $PWD; id -u; exit 4',
		),
		{
			status: 4,
			stdout: '1 /tmp\n1000\n',
		},
	);
	t.match(await bundle.call('exec', id, 'nonesuch'), { status: 1, stderr: /nonesuch: not found in PATH/ });
	const file = join(bundle.path, 'process.json');
	writeFileSync(file, JSON.stringify({ args: ['sleep', '86482'], cwd: '/', env: ['PATH=/bin'], later: 1 }));
	const pidFile = join(bundle.path, 'pid');
	await bundle.must('exec', '--detach', '--process', file, '--pid-file', pidFile, id);
	const joined = Number(readFileSync(pidFile, 'utf8'));
	t.ok(findProcess(joined)?.hasExeced);
	t.ok(JSON.parse(await bundle.must('ps', '--format', 'json', id)).includes(joined));
	t.strictSame(readdirSync(join(bundle.root, id)).sort(), ['answer', 'start', 'state.json'], 'its FIFOs are gone');
	await bundle.must('pause', id);
	t.equal((await bundle.state(id)).status, 'paused');
	t.match(await bundle.call('exec', id, 'true'), { status: 1, stderr: /is paused/ });
	await bundle.must('resume', id);
	t.equal((await bundle.state(id)).status, 'running');
	await bundle.must('update', '--pids-limit', '3', id);
	t.match((await bundle.state(id)).procready.limits, [{ limit: 'pids.max', value: '3' }]);
	t.match(JSON.parse(await bundle.must('events', '--stats', id)), {
		type: 'stats',
		id,
		data: { pids: { current: 2, limit: 3 } },
	});
	for (const bad of ['0', '65', 'NONE'])
		t.match(await bundle.call('kill', id, bad), { status: 1, stderr: /unknown signal/ });
	await bundle.must('kill', id, 'RTMIN+3'); // process 1 has no handler for it
	await bundle.must('kill', id, '37');
	await bundle.must('kill', '--all', id, 'KILL');
	t.ok(await until(() => !existsSync(`/proc/${joined}`) || findProcess(joined)?.hasEnded === true));
	await bundle.must('delete', '--force', id);
	t.strictSame(bundle.left(id), []);
});

t.test('run has the status of the program, and leaves nothing', async (t) => {
	using bundle = new Bundle();
	bundle.write(['sh', '-c', 'echo said; exit 5']);
	t.match(await bundle.call('run', '--bundle', bundle.path, id), { status: 5, stdout: 'said\n' });
	bundle.write(['sh', '-c', 'kill -9 $$; kill -9 1; exit 1']);
	t.strictSame(bundle.left(id), []);
	bundle.write(['sleep', '86481']);
	await bundle.must('run', '--detach', '--bundle', bundle.path, id);
	t.equal((await bundle.state(id)).status, 'running');
	await bundle.must('delete', '--force', id);
});

t.test('signals to run and exec in the foreground go to the program', async (t) => {
	using bundle = new Bundle();
	const trapping = 'trap "exit 6" USR1; while :; do sleep 0.05; done';
	const foreground = (...words: string[]) =>
		spawn(runtime, ['--root', bundle.root, ...words], { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
	// sent again and again: the first may come before there is a trap, and process 1 ignores what it has none for
	const ended = async (child: ChildProcess, signal: NodeJS.Signals) => {
		const end = once(child, 'exit');
		while (child.exitCode === null && child.signalCode === null) {
			child.kill(signal);
			await sleep(50);
		}
		return end;
	};
	bundle.write(['sh', '-c', trapping]);
	const run = foreground('run', '--bundle', bundle.path, id);
	t.ok(await until(async () => (await bundle.call('state', id)).stdout.includes('"running"')));
	const exec = foreground('exec', '--pid-file', join(bundle.path, 'pid'), id, 'sleep', '86481');
	t.ok(await until(() => existsSync(join(bundle.path, 'pid'))));
	t.strictSame(await ended(exec, 'SIGUSR2'), [128 + 12, null]);
	t.strictSame(await ended(run, 'SIGUSR1'), [6, null]);
	t.strictSame(bundle.left(id), []);
});

t.test('what is wrong is said, in the log too, and nothing is left', async (t) => {
	using bundle = new Bundle();
	const log = join(bundle.path, 'log');
	const create = () => bundle.call('--log', log, '--log-format', 'json', 'create', '--bundle', bundle.path, id);
	for (const [args, members, what] of [
		[['nonesuch'], {}, /exec nonesuch: not found in PATH: No such file/],
		[['true'], { process: { args: ['true'], cwd: '/', terminal: true } }, /terminal: needs --console-socket/],
		[['true'], { linux: { cgroupsPath: 'a.slice:b:c' } }, /cgroupsPath: .*systemd/],
		[['true'], { mounts: [{ destination: '/x', type: 'nonesuch' }] }, /nonesuch/],
	] as [string[], Record<string, unknown>, RegExp][]) {
		bundle.write(args, members);
		t.match(await create(), { status: 1, stderr: what });
		t.match(JSON.parse(readFileSync(log, 'utf8').trim().split('\n').at(-1) as string), { level: 'error', msg: what });
		t.strictSame(bundle.left(id), []);
	}
	t.match(await bundle.call('create', '--bundle', '/nonexistent', id), {
		status: 1,
		stderr: /cannot read .*config.json/,
	});
	for (const bad of ['../x', '.x', 'a/b'])
		t.match(await bundle.call('state', bad), { status: 1, stderr: /must be letters/ });
	t.match(await bundle.call('nonesuch'), { status: 1, stderr: /no command "nonesuch"/ });
});

t.test('--no-new-keyring: the session keyring is that of the caller, else a new one', async (t) => {
	using bundle = new Bundle();
	bundle.write(['probe', 'see']);
	const keyring = (stdout: string) => JSON.parse(stdout).sessionKeyring;
	const callers = keyring((await call(probe, ['see'])).stdout);
	const run = async (...flags: string[]) => keyring(await bundle.must('run', ...flags, '--bundle', bundle.path, id));
	t.equal(await run('--no-new-keyring'), callers);
	t.not(await run(), callers);
});

t.test('a flag of runc that is not to be had is refused, in the log too, and nothing is made', async (t) => {
	using bundle = new Bundle();
	bundle.write(['true']);
	const log = join(bundle.path, 'log');
	for (const [flags, words, what] of [
		[[], ['create', '--no-pivot', '--bundle', bundle.path, id], /--no-pivot: .*initramfs/],
		[[], ['exec', '--cgroup', '/a', id, 'true'], /--cgroup: .*linux\.cgroupsPath/],
		[['--systemd-cgroup'], ['list'], /--systemd-cgroup: .*cgroupfs/],
	] as [string[], string[], RegExp][]) {
		t.match(await bundle.call(...flags, '--log', log, ...words), { status: 1, stderr: what });
		t.match(readFileSync(log, 'utf8'), what);
		t.strictSame(bundle.left(id), []);
	}
});

t.test('a config without a process can be created, and not started', async (t) => {
	using bundle = new Bundle();
	bundle.write([], { process: undefined });
	await bundle.create(id);
	t.match(await bundle.call('start', id), { status: 1, stderr: /has no process/ });
	await bundle.must('delete', '--force', id);
});

t.test('a runtime that is killed at any moment leaves nothing which the next command does not remove', async (t) => {
	using bundle = new Bundle();
	const next = generator(86);
	const run = (...words: string[]) => call(runtime, ['--root', bundle.root, ...words], 20 + next(400));
	bundle.write(['sleep', '86483']);
	for (let round = 0; round < 12; round++) {
		await run('create', '--bundle', bundle.path, id);
		await run('start', id);
		await run('delete', '--force', id);
		await bundle.must('list');
		const { status } = await bundle.call('state', id);
		if (status === 0) await bundle.must('delete', '--force', id); // it had become its caller's
		t.ok(await until(() => bundle.left(id).length === 0), `round ${round}: ${bundle.left(id)}`);
	}
});

t.test('spec, features, --version', async (t) => {
	using bundle = new Bundle();
	await bundle.must('spec', '--bundle', bundle.path);
	t.match(JSON.parse(readFileSync(join(bundle.path, 'config.json'), 'utf8')), {
		ociVersion: '1.3.0',
		process: { args: ['sh'] },
	});
	t.match(await bundle.call('spec', '--bundle', bundle.path), { status: 1, stderr: /cannot write .*config.json/ });
	t.match(JSON.parse(await bundle.must('features')), {
		ociVersionMin: '1.0.0',
		linux: { cgroup: { v1: true, systemd: false } },
	});
	t.match(await bundle.must('--version'), /^procready-oci version .*\nspec: 1\.3\.0\n$/);
	const through = await call(runtime.replace(/-oci$/, ''), ['oci', '--root', bundle.root, 'list', '-q']);
	t.match(through, { status: 0, stdout: '' }, 'also as a subcommand');
});
