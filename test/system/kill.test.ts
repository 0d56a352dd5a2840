/** Whatever runs in a container dies with it, however fast it forks, and whatever the host has to kill it with. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { Container, type Options } from '../../controller/index.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { probe, top } from '../support/paths.js';

const bomb = [probe, 'bomb'];
const limits = { pids: 200 };
/** Without a pid namespace of its own the death of the program ends nobody else. */
const shared: Options = { limits, namespaces: { pid: 'host' } };

const tasks = () => leftovers(bomb.join(' ')).filter((what) => what.startsWith('process'));

async function untilFull(): Promise<void> {
	while (tasks().length < 150) await sleep(5);
}

t.test('a fork bomb of 200 tasks is gone when wait() resolves', async (t) => {
	for (const options of [{ limits }, shared]) {
		const container = await Container.launch(bomb, options);
		await untilFull();
		container.kill();
		t.match(await container.wait(), { signal: 'SIGKILL' });
		t.strictSame(leftovers(bomb.join(' ')), [], JSON.stringify(options));
	}
});

t.test('the same by a time-out', async (t) => {
	const container = await Container.launch(bomb, { ...shared, timeout: 500 });
	t.match(await container.wait(), { timedOut: true });
	t.strictSame(leftovers(bomb.join(' ')), []);
});

t.test('what is left behind without a pid namespace ends with the program', async (t) => {
	const container = await Container.launch(['sh', '-c', 'setsid sleep 86431.1 & exit 5'], shared);
	t.match(await container.wait(), { exitCode: 5 });
	t.strictSame(leftovers('sleep 86431.1'), []);
});

/** A controller of its own, which lets the bomb go on for a while. */
const controllerFor = (milliseconds: number) => [
	process.execPath,
	'--input-type=module',
	'-e',
	`const { Container } = await import(${JSON.stringify(join(top, 'dist/controller/index.js'))});
	const container = await Container.launch(${JSON.stringify(bomb)}, ${JSON.stringify(shared)});
	setTimeout(() => container.kill(), ${milliseconds});
	console.log((await container.wait()).signal);`,
];

const freezer = readHost().hierarchies.find(({ controllers }) => controllers.includes('freezer'));

t.test('where the host has no freezer', { skip: !freezer && 'kernel: cgroup v2 needs none' }, async (t) => {
	const hidden = ['--mount', 'sh', '-c', `umount ${freezer?.mountPoint} && exec "$@"`, 'sh', ...controllerFor(500)];
	const { stdout, stderr } = await execa('unshare', hidden);
	t.strictSame({ stdout, stderr }, { stdout: 'SIGKILL', stderr: '' });
	t.strictSame(leftovers(bomb.join(' ')), []);
});

t.test('the controller is killed with SIGKILL', async (t) => {
	const [node = '', ...script] = controllerFor(60_000);
	const controller = execa(node, script, { reject: false, stdin: 'ignore' });
	await untilFull();
	controller.kill('SIGKILL');
	await controller;
	t.strictSame(await leftoversAfter(bomb.join(' ')), []);
});
