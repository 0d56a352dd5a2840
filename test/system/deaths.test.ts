/** Whoever is killed, and whenever: within 2 s nothing is left, and a controller that lives knows what happened. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { Container } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { childrenOf, parentOf } from '../support/family.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli, python } from '../support/paths.js';
import { type State, states, stoppingShim } from '../support/stopping-shim.js';

/** A program that stays, or for the last state one that ends, with a daemon that would stay. */
const programOf = (state: State, mark: string) =>
	state === 'procExited' ? ['sh', '-c', `setsid sleep ${mark} & exit 0`] : ['sleep', mark];

/** Plain, and with what makes a difference from the clone on: no process 1 of ours, and a terminal. */
const everyState = [
	...states.map((state) => ({ state, name: 'plain', flags: [] as string[] })),
	...[['--tty'], ['--as-pid-1'], ['--as-pid-1', '--tty']].flatMap((flags) =>
		states.slice(states.indexOf('procCreated')).map((state) => ({ state, name: flags.join(' '), flags })),
	),
];

t.test('the controller is killed with SIGKILL', async (t) => {
	for (const [index, { name, flags, state }] of everyState.entries()) {
		const mark = `86422.${index}`;
		const { path, reached } = stoppingShim(state, 'wait');
		const args = [cli, 'run', '--pids-max', '5', ...flags, '--', ...programOf(state, mark)];
		const controller = spawn(process.execPath, args, {
			stdio: 'ignore',
			env: { ...process.env, PROCREADY_SHIM: path },
		});
		while (!existsSync(reached)) await sleep(5);
		controller.kill('SIGKILL');
		await once(controller, 'exit');
		t.strictSame(await leftoversAfter(mark), [], `after ${state}, ${name}`);
		rmSync(dirname(path), { recursive: true });
	}
});

t.test('the controller is killed with SIGKILL while the program runs, without a relay', async (t) => {
	const mark = '86423.1';
	const controller = spawn(process.execPath, [cli, 'run', '--memory-max', '64M', '--', 'sleep', mark], {
		stdio: 'ignore',
	});
	while (!leftovers(`sleep ${mark}`).some((what) => what.includes(`: sleep ${mark}`))) await sleep(5);
	controller.kill('SIGKILL');
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('the shim is killed with SIGKILL', async (t) => {
	for (const [index, { name, flags, state }] of everyState.entries()) {
		const mark = `86424.${index}`;
		const { path } = stoppingShim(state, 'kill the shim');
		const args = ['run', '--pids-max', '5', ...flags, '--', ...programOf(state, mark)];
		const { status, stderr } = await procready(args, { env: { PROCREADY_SHIM: path } });
		if (state === 'procExited') t.equal(status, 0, 'the program had ended by itself');
		else {
			t.equal(status, 125, `after ${state}, ${name}`);
			t.match(stderr, /^procready: the shim was killed by SIGKILL before proc/);
		}
		t.strictSame(await leftoversAfter(mark), [], `after ${state}, ${name}`);
		rmSync(dirname(path), { recursive: true });
	}
});

t.test('the outer shim alone is killed: the program dies with it', async (t) => {
	for (const asPid1 of [false, true]) {
		const mark = `86425.${asPid1 ? 1 : 2}`;
		const container = await Container.launch(['sh', '-c', `sleep ${mark} & sleep ${mark}`], { asPid1 });
		process.kill(parentOf(container.pid), 'SIGKILL');
		await t.rejects(container.wait(), { code: 'shim-died' });
		t.strictSame(await leftoversAfter(mark), []);
		t.equal(container.kill(), false);
	}
});

t.test('the death of process 1 ends everything, as if the program had been killed', async (t) => {
	const mark = '86425.3';
	const container = await Container.launch(['sh', '-c', `sleep ${mark} & sleep ${mark}`]);
	const [process1, program] = childrenOf(parentOf(container.pid));
	t.equal(program, container.pid);
	process.kill(process1 as number, 'SIGKILL');
	t.match(await container.wait(), { exitCode: null, signal: 'SIGKILL' });
	t.strictSame(leftovers(mark), []);
});

t.test('cgroups that the program made below its own go with it', async (t) => {
	const mark = '86429.1';
	const below = (directory: string) => mkdirSync(join(directory, 'made', 'by', 'the-program'), { recursive: true });
	const container = await Container.launch(['sleep', mark]);
	for (const directory of leftovers('no process')) below(directory);
	container.kill();
	await container.wait();
	t.strictSame(leftovers(mark), [], 'when the controller lives');

	const controller = spawn(process.execPath, [cli, 'run', '--', 'sleep', mark], { stdio: 'ignore' });
	while (!leftovers(`sleep ${mark}`).some((what) => what.includes(`: sleep ${mark}`))) await sleep(5);
	for (const directory of leftovers('no process')) below(directory);
	controller.kill('SIGKILL');
	t.strictSame(await leftoversAfter(mark), [], 'and when it is killed');
});

t.test('and those that are nested too deep to have a path', async (t) => {
	const mark = '86429.2';
	const container = await Container.launch(['sleep', mark]);
	const [directory] = leftovers('no process');
	await execa(python, [
		'-c',
		'import os, sys\nfor name in sys.argv[1:]:\n  if name == "d": os.mkdir(name)\n  os.chdir(name)',
		directory ?? '',
		...Array(2500).fill('d'),
	]);
	container.kill();
	t.match(await container.wait(), { signal: 'SIGKILL' });
	t.strictSame(leftovers(mark), []);
});
