/** Whoever is killed while a process joins a container or is in it: that process is gone, and nothing else is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container } from '../../controller/index.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli } from '../support/paths.js';
import { states, stoppingShim } from '../support/stopping-shim.js';

const name = `deaths-${process.pid}`;
const program = ['sleep', '86434.1'];

function start(args: string[], env: Record<string, string> = {}): ChildProcess {
	return spawn(process.execPath, [cli, ...args], { stdio: 'ignore', env: { ...process.env, ...env } });
}

/** As leftoversAfter(), of processes alone: the container lives. */
async function gone(mark: string): Promise<string[]> {
	const left = () => leftovers(mark).filter((what) => what.includes(mark));
	for (const end = Date.now() + 2000; left().length > 0 && Date.now() < end; ) await sleep(20);
	return left();
}

async function until(isThere: () => boolean): Promise<void> {
	while (!isThere()) await sleep(5);
}

const runs = (command: string) => leftovers(command).some((what) => what.includes(`: ${command}`));

t.test('procready exec is killed with SIGKILL, in any state', async (t) => {
	await using container = await Container.launch(program, { name });
	for (const [index, state] of states.entries()) {
		const mark = `86434.2${index}`;
		const { path, reached } = stoppingShim(state, 'wait');
		const joining = start(['exec', name, ...(state === 'procExited' ? ['echo'] : ['sleep']), mark], {
			PROCREADY_SHIM: path,
		});
		await until(() => existsSync(reached));
		joining.kill('SIGKILL');
		await once(joining, 'exit');
		t.strictSame(await gone(mark), [], `after ${state}`);
		t.ok(existsSync(`/proc/${container.pid}`), 'the container lives');
		rmSync(dirname(path), { recursive: true });
	}
});

t.test('the shim of procready exec is killed, in any state', async (t) => {
	await using container = await Container.launch(program, { name });
	for (const [index, state] of states.entries()) {
		if (state === 'procExited') continue;
		const mark = `86434.3${index}`;
		const { path } = stoppingShim(state, 'kill the shim');
		const joining = start(['exec', name, 'sleep', mark], { PROCREADY_SHIM: path });
		t.strictSame(await once(joining, 'exit'), [125, null], `after ${state}`);
		t.strictSame(await gone(mark), []);
		t.ok(existsSync(`/proc/${container.pid}`), 'the container lives');
		rmSync(dirname(path), { recursive: true });
	}
});

t.test('the controller of the container is killed', async (t) => {
	const controller = start(['run', '--name', name, ...program]);
	await until(() => existsSync(`/run/procready/${name}.json`) && runs(program.join(' ')));
	const joined = [start(['exec', name, 'sleep', '86434.41']), start(['exec', name, 'sleep', '86434.42'])];
	await until(() => runs('sleep 86434.41') && runs('sleep 86434.42'));
	const exits = joined.map((one) => once(one, 'exit'));
	controller.kill('SIGKILL');
	for (const exit of exits) t.strictSame(await exit, [137, null]);
	t.strictSame(await leftoversAfter('86434.4'), []);
	await until(() => !existsSync(`/run/procready/${name}.json`));
});

t.test('the shim of the container is killed', async (t) => {
	const container = await Container.launch(program);
	const execution = await container.exec(['sleep', '86434.51']);
	process.kill(Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1]), 'SIGKILL');
	t.match(await execution.wait(), { signal: 'SIGKILL' });
	await t.rejects(container.wait(), { code: 'shim-died' });
	t.strictSame(await leftoversAfter('86434'), []);
});
