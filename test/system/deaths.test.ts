/** Whoever is killed, and whenever: within 2 s nothing is left, and a controller that lives knows what happened. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli } from '../support/paths.js';
import { type State, states, stoppingShim } from '../support/stopping-shim.js';

/** A program that stays, or for the last state one that ends, with a daemon that would stay. */
const programOf = (state: State, mark: string) =>
	state === 'procExited' ? ['sh', '-c', `setsid sleep ${mark} & exit 0`] : ['sleep', mark];

t.test('the controller is killed with SIGKILL', async (t) => {
	for (const [index, state] of states.entries()) {
		const mark = `86422.${index}`;
		const { path, reached } = stoppingShim(state, 'wait');
		const controller = spawn(process.execPath, [cli, 'run', '--pids-max', '5', '--', ...programOf(state, mark)], {
			stdio: 'ignore',
			env: { ...process.env, PROCREADY_SHIM: path },
		});
		while (!existsSync(reached)) await sleep(5);
		controller.kill('SIGKILL');
		await once(controller, 'exit');
		t.strictSame(await leftoversAfter(mark), [], `after ${state}`);
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
	for (const [index, state] of states.entries()) {
		const mark = `86424.${index}`;
		const { path } = stoppingShim(state, 'kill the shim');
		const { status, stderr } = await procready(['run', '--pids-max', '5', '--', ...programOf(state, mark)], {
			env: { PROCREADY_SHIM: path },
		});
		if (state === 'procExited') t.equal(status, 0, 'the program had ended by itself');
		else {
			t.equal(status, 125, `after ${state}`);
			t.match(stderr, /^procready: the shim was killed by SIGKILL before proc/);
		}
		t.strictSame(await leftoversAfter(mark), [], `after ${state}`);
		rmSync(dirname(path), { recursive: true });
	}
});

t.test('the outer shim alone is killed: the program dies with it', async (t) => {
	const mark = '86425.1';
	const container = await Container.launch(['sh', '-c', `sleep ${mark} & sleep ${mark}`]);
	const outer = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1]);
	process.kill(outer, 'SIGKILL');
	await t.rejects(container.wait(), { code: 'shim-died' });
	t.strictSame(await leftoversAfter(mark), []);
	t.equal(container.kill(), false);
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
