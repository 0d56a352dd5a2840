/** A container with a name: others find it while it lives, and its entry goes with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	existsSync,
	mkdirSync,
	readFileSync,
	rmdirSync,
	statSync,
	symlinkSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container, exec, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli } from '../support/paths.js';

const name = `test-${process.pid}`;
const file = `/run/procready/${name}.json`;

async function gone(): Promise<boolean> {
	for (const end = Date.now() + 2000; existsSync(file) && Date.now() < end; ) await sleep(5);
	return !existsSync(file);
}

/** Starts the command line, and resolves when its program runs. */
async function started(mark: string) {
	const controller = spawn(process.execPath, [cli, 'run', '--name', name, '--', 'sleep', mark], { stdio: 'ignore' });
	while (!existsSync(file) || !readFileSync(file, 'utf8').includes('"facts"')) await sleep(5);
	return controller;
}

t.test('a process is started by name, in the container of another process', async (t) => {
	const controller = await started('86432.1');
	const execution = await exec(name, ['sh', '-c', 'tr "\\0" " " < /proc/2/cmdline']);
	let output = '';
	for await (const chunk of execution.stdout ?? []) output += chunk;
	t.equal(output, 'sleep 86432.1 ');
	t.match(await execution.wait(), { exitCode: 0 });
	controller.kill('SIGTERM');
	await once(controller, 'exit');
	t.notOk(existsSync(file), 'the entry is gone when the command line has ended');
	await t.rejects(exec(name, ['true']), {
		code: 'not-running',
		message: new RegExp(`no container ${name} is running`),
	});
});

t.test('the entry is only for its owner', async (t) => {
	await using container = await Container.launch(['sleep', '86432.2'], { name });
	t.ok(container.pid);
	t.equal(statSync(file).mode & 0o777, 0o600);
	t.equal(statSync('/run/procready').mode & 0o777, 0o700);
});

t.test('a name is for one container at a time', async (t) => {
	await using container = await Container.launch(['sleep', '86432.3'], { name });
	await t.rejects(run(['true'], { name }), { code: 'name-in-use', where: '/name' });
	const { status, stderr } = await procready(['run', '--name', name, 'true']);
	t.equal(status, 125);
	t.match(stderr, new RegExp(`^procready: --name: a container ${name} is there already`));
	container.kill();
	await container.wait();
	t.equal((await run(['true'], { name })).exitCode, 0, 'and free afterwards');
	const results = await Promise.allSettled(
		Array.from({ length: 10 }, () => Container.launch(['sleep', '9'], { name })),
	);
	const running = results.filter((result) => result.status === 'fulfilled');
	t.equal(running.length, 1, 'of ten at once one gets it');
	for (const { value } of running) await value[Symbol.asyncDispose]();
	t.notOk(existsSync(file));
});

t.test('a launch that fails frees the name', async (t) => {
	for (const [args, options] of [
		[['no-such-command'], {}],
		[['true'], { limits: { memory: 4096 } }],
		[['true'], { signal: AbortSignal.timeout(3) }],
	] as [string[], object][]) {
		await t.rejects(Container.launch(args, { name, ...options }));
		t.notOk(existsSync(file), JSON.stringify({ args, options }));
	}
});

t.test('the controller is killed: the entry goes, and the name is free at once', async (t) => {
	for (const mark of ['86432.4', '86432.5']) {
		const controller = await started(mark);
		controller.kill('SIGKILL');
		await once(controller, 'exit');
		t.equal((await run(['echo', 'next'], { name })).stdout, 'next\n');
		t.strictSame(await leftoversAfter(mark), []);
		t.ok(await gone());
	}
});

t.test('the shim is killed: the entry goes', async (t) => {
	const container = await Container.launch(['sleep', '86432.6'], { name });
	process.kill(Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1]), 'SIGKILL');
	await t.rejects(container.wait(), { code: 'shim-died' });
	t.notOk(existsSync(file));
});

t.test('an entry that outlived its container and its controller is replaced', async (t) => {
	const { pid: _, ...dead } = { pid: 0, controller: { pid: 4_000_000, startTime: 1 }, id: 'x' };
	const reused = { pid: process.pid, startTime: 1 };
	for (const left of [
		'',
		'{',
		'{}',
		JSON.stringify({ ...dead, version: '0.0.0' }),
		JSON.stringify({ ...dead, controller: reused, version: '0.1.0', facts: { ...reused } }),
	]) {
		writeFileSync(file, left);
		await t.rejects(exec(name, ['true']), { code: 'not-running' }, left);
		const results = await Promise.allSettled([run(['true'], { name }), run(['true'], { name })]);
		t.ok(
			results.some(({ status }) => status === 'fulfilled'),
			left,
		);
		t.notOk(existsSync(file));
	}
	t.strictSame(leftovers('86432'), []);
});

t.test('one of two gets a stale name, also when this process is held up for longer than it would wait', async (t) => {
	writeFileSync(file, ''); // may just be being written, for a second
	const both = Promise.allSettled([run(['true'], { name }), run(['true'], { name })]);
	await sleep(50);
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100);
	t.ok((await both).some(({ status }) => status === 'fulfilled'));
	t.notOk(existsSync(file));
});

t.test('while the cgroups of one that has ended are there its shim may be about to remove the entry', async (t) => {
	const dead = { pid: 4_000_000, startTime: 1 };
	const directory = t.testdir();
	const left = JSON.stringify({ id: 'x', controller: dead, facts: { ...dead, directories: [{ path: directory }] } });
	writeFileSync(file, left);
	const next = run(['echo', 'next'], { name });
	await sleep(200);
	t.equal(readFileSync(file, 'utf8'), left);
	unlinkSync(file);
	t.equal((await next).stdout, 'next\n');
	writeFileSync(file, left);
	t.equal((await run(['echo', 'next'], { name })).stdout, 'next\n', 'they were killed at once');
	t.notOk(existsSync(file));
});

t.test('what stands in its place and is no entry is said, and left alone', async (t) => {
	for (const [what, make, remove] of [
		['a directory', () => mkdirSync(file), () => rmdirSync(file)],
		['a link that leads nowhere', () => symlinkSync('/nonexistent/x', file), () => unlinkSync(file)],
		['a link to a file', () => symlinkSync('/etc/hostname', file), () => unlinkSync(file)],
	] as const) {
		make();
		await t.rejects(run(['true'], { name }), { code: 'name-in-use', where: '/name', message: /remove it$/ }, what);
		remove();
	}
});

t.test('names', async (t) => {
	for (const bad of ['', '.', '../x', 'a/b', '-x', 'a b', 'ü', 'x'.repeat(65)]) {
		await t.rejects(run(['true'], { name: bad }), { code: 'option-invalid' }, bad);
		await t.rejects(exec(bad, ['true']), { code: 'option-invalid', where: '/name' }, bad);
	}
});
