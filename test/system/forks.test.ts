/** The k-th fork is refused: through the library and the command line, in every kind of container, and nothing is left of it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container, type Options, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { forEverybody } from '../support/everybody.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli, probe, python } from '../support/paths.js';
import { makeRootfs } from '../support/rootfs.js';

/** Who counts the forks must run before all others, sched(7), or the result says that a signal may have spoilt one. */
const interruptible = spawnSync('chrt', ['-f', '1', 'true']).status === 0 ? {} : { interruptible: true };

const root = makeRootfs();
t.teardown(() => root.remove());

t.test('in every kind of container', async (t) => {
	const ids = [{ containerID: 0, hostID: 100_000, size: 1000 }];
	for (const [name, program, options] of [
		['plain', probe, {}],
		['a limit of tasks', probe, { limits: { pids: 2 } }],
		['process 1', probe, { asPid1: true }],
		['a root of its own', '/bin/probe', { rootfs: root.path }],
		['a user namespace', forEverybody(probe), { uidMappings: ids, gidMappings: ids, cwd: '/' }],
		['another user', '/bin/probe', { rootfs: root.path, user: 'nobody' }],
		['a seccomp profile', probe, { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } }],
		[
			'a profile and no more privileges',
			probe,
			{ seccomp: { defaultAction: 'SCMP_ACT_ALLOW' }, noNewPrivileges: true },
		],
		['the pid namespace of the host', probe, { namespaces: { pid: 'host' } }],
	] satisfies [string, string, Options][]) {
		const { stdout, forks, verdict } = await run([program, 'refused', 'fork', '4'], {
			...options,
			refuseForks: [2, 9],
		});
		t.equal(stdout, '2\n', name);
		t.strictSame(forks, { attempted: 4, refused: [2], ...interruptible }, name);
		t.match(verdict, {
			outcome: 'passed',
			causes: [{ limit: 'forks', hits: 1, fatal: false, sentence: 'Fork 2 was refused as asked.' }],
		});
	}
	t.strictSame(leftovers('refused fork'), []);
});

t.test('it is told apart from a limit of tasks', async (t) => {
	const { stdout, forks, verdict } = await run([probe, 'refused', 'fork', '3'], {
		limits: { pids: 1 },
		refuseForks: [1, 3],
	});
	t.equal(stdout, '1\n2\n3\n');
	t.strictSame(forks, { attempted: 3, refused: [1, 3], ...interruptible });
	t.strictSame(
		verdict.causes.map(({ limit, hits }) => [limit, hits]),
		[
			['pids.max', 1],
			['forks', 2],
		],
	);
	t.match(verdict.causes[1], { sentence: 'Forks 1 and 3 were refused as asked.' });
	t.notOk('forks' in (await run([probe, 'refused', 'fork', '3'])), 'nothing is counted unless it is asked for');
});

t.test('none fails that was not to, also while signals come', async (t) => {
	const { stdout, forks } = await run([probe, 'interrupted', '200'], { refuseForks: [100_000] });
	if (forks?.interruptible)
		return void t.skip('the kernel is too old, or the shim may not run before all others', () => {});
	t.equal(stdout, '0\n', 'so many fail');
	// one that is interrupted comes again: where others fork meanwhile, such a one may be counted twice
	t.ok((forks?.attempted ?? 0) >= 200 && (forks?.attempted ?? 0) <= 204, String(forks?.attempted));
});

t.test('processes that join are not counted', async (t) => {
	await using container = await Container.launch([probe, 'handle'], { refuseForks: [1] });
	const execution = await container.exec([probe, 'refused', 'fork', '3']);
	let output = '';
	for await (const chunk of execution.stdout ?? []) output += chunk;
	t.equal(output, '');
	container.kill('SIGTERM');
	t.strictSame((await container.wait()).forks, { attempted: 0, refused: [], ...interruptible });
	await t.rejects(Container.launch(['true'], { refuseForks: [0] }), {
		code: 'option-invalid',
		where: '/refuseForks/0',
	});
});

t.test('who waits for an answer can be killed, paused and watched', async (t) => {
	const script =
		'import os\nfor i in range(10**9):\n\tif os.fork() == 0: os._exit(0)\n\tos.wait()\n\tif i == 0: print(flush=True)';
	await using container = await Container.launch([python, '-c', script], { refuseForks: [] });
	await once(container.stdout as Readable, 'data'); // it forks
	for (let i = 0; i < 10; i++) {
		await container.pause();
		await container.resume();
	}
	container.kill();
	const { signal, forks } = await container.wait();
	t.equal(signal, 'SIGKILL');
	t.ok((forks?.attempted ?? 0) > 0);
});

t.test('the command line', async (t) => {
	const refused = (...flags: string[]) => procready(['run', ...flags, '--', probe, 'refused', 'fork', '10']);
	const { status, stdout, stderr } = await refused('--refuse-fork', '3,4', '--refuse-fork=7');
	t.equal(status, 0);
	t.equal(stdout, '3\n4\n7\n');
	t.match(stderr, /^ {2}forks: Forks 3, 4 and 7 were refused as asked\.\n {4}forks {4}10 attempted, 3 refused$/m);
	t.match((await refused('--refuse-fork', '11')).stderr, /10 attempted, 0 refused/, 'one that never came is said');
	for (const [given, message] of [
		['0', /--refuse-fork: 0 is not the number of a fork: the first is 1/],
		['1,x', /--refuse-fork: "x" is not an integer/],
		[Array.from({ length: 65 }, (_, i) => i + 1).join(), /--refuse-fork.* is one item too many/],
	] as const) {
		const bad = await refused('--refuse-fork', given);
		t.equal(bad.status, 125);
		t.match(bad.stderr, message);
	}
});

/** The pid of the shim that is the parent of such a program. */
function shimOf(pid: number): number {
	return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

t.test('whoever is killed, nothing is left', async (t) => {
	const mark = '86471.1';
	const script = ['sh', '-c', `while :; do sleep 0.01; true ${mark}; done`];
	const controller = spawn(process.execPath, [cli, 'run', '--refuse-fork', '1000000', '--', ...script], {
		stdio: 'ignore',
	});
	while (!leftovers(mark).some((what) => what.includes(`: sh -c while`))) await sleep(5);
	controller.kill('SIGKILL');
	await once(controller, 'exit');
	t.strictSame(await leftoversAfter(mark), [], 'the controller');

	await using container = await Container.launch(script, { refuseForks: [] });
	process.kill(shimOf(container.pid), 'SIGKILL');
	await t.rejects(container.wait(), { code: 'shim-died' });
	t.strictSame(await leftoversAfter(mark), [], 'the shim');
});
