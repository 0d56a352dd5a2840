/** A container that is paused stands still, whatever is in it, and can be killed all the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { Container, type Options } from '../../controller/index.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { probe, python, top } from '../support/paths.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** Counts in a file as fast as it can. */
function counting(name: string) {
	const file = join(directory, name);
	const script = `import itertools, os, sys
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for i in itertools.count(1): os.pwrite(file, b"%20d" % i, 0)`;
	const count = () => {
		try {
			return Number(readFileSync(file, 'latin1'));
		} catch {
			return 0;
		}
	};
	return {
		args: [python, '-c', script, file],
		count,
		/** Whether it counts on: waits until it does, at most ten seconds. */
		async goesOn() {
			const before = count();
			for (const end = Date.now() + 10_000; Date.now() < end && count() === before; ) await sleep(10);
			return count() !== before;
		},
		/** Whether it does not, for a while. */
		async isStill() {
			const before = count();
			await sleep(200);
			return count() === before;
		},
	};
}

/** Without a pid namespace of its own the container is in the freezer of cgroup v1 from its start on. */
const kinds: Options[] = [{}, { namespaces: { pid: 'host' } }, { init: true }];

t.test('a counting program stands still, and goes on where it was', async (t) => {
	for (const [index, options] of kinds.entries()) {
		const { args, count, goesOn, isStill } = counting(`kind${index}`);
		await using container = await Container.launch(args, options);
		t.ok(await goesOn());
		for (let round = 0; round < 3; round++) {
			await container.pause();
			const stopped = count();
			t.equal((await container.stats()).paused, true);
			t.ok(await isStill());
			t.equal(count(), stopped);
			await container.pause();
			await container.resume();
			t.equal((await container.stats()).paused, false);
			t.ok(await goesOn());
			await container.resume();
			t.ok(count() > stopped);
		}
	}
	t.strictSame(await leftoversAfter(directory), []);
});

t.test('what was started in it stands still too', async (t) => {
	const [own, before, after] = [counting('own'), counting('before'), counting('after')];
	await using container = await Container.launch(own.args);
	const first = await container.exec(before.args);
	t.ok((await own.goesOn()) && (await before.goesOn()));
	await container.pause();
	t.ok((await own.isStill()) && (await before.isStill()));
	await t.rejects(container.exec(['true']), { code: 'paused', message: /is paused: resume it first$/ });
	await container.resume();
	await container.exec(after.args);
	t.ok((await own.goesOn()) && (await before.goesOn()) && (await after.goesOn()));
	await container.pause();
	t.ok((await own.isStill()) && (await before.isStill()) && (await after.isStill()), 'also what came after a pause');
	await container.resume();
	t.equal(first.kill(), true);
	t.match(await first.wait(), { signal: 'SIGKILL' });
});

t.test('a process that joins while it is being paused stands still, or was refused', async (t) => {
	await using container = await Container.launch(['sleep', '86450.1'], { limits: { pids: 100 } });
	for (let round = 0; round < 10; round++) {
		const program = counting(`joins${round}`);
		const started = container.exec(program.args).catch((error) => error);
		await sleep(round);
		await container.pause();
		t.ok(await program.isStill(), `round ${round}`);
		await container.resume();
		const outcome = await started;
		if (outcome instanceof Error) t.match(outcome, { code: 'paused' });
		else t.ok(await program.goesOn());
	}
});

/** What cpu time it uses says whether anything runs. */
async function isStill(container: Container): Promise<boolean> {
	const before = (await container.stats()).cpu.total;
	await sleep(100);
	return (await container.stats()).cpu.total === before;
}

t.test('forks in flight', async (t) => {
	for (const [args, options] of [
		[[probe, 'bomb'], { limits: { pids: 200 } }],
		[[probe, 'bomb'], { limits: { pids: 200 }, namespaces: { pid: 'host' } }],
		[['/bin/sh', '-c', 'while :; do /bin/true; done'], {}],
		[[python, '-c', 'import subprocess\nwhile True: subprocess.call(["/bin/true"])'], {}], // vfork
	] as [string[], Options][]) {
		await using container = await Container.launch(args, options);
		for (let round = 0; round < 5; round++) {
			await sleep(20 * round);
			await container.pause();
			t.ok(await isStill(container), `${args.join(' ')}, round ${round}`);
			await container.resume();
			while (await isStill(container));
		}
		await container.pause();
		container.kill();
		t.match(await container.wait(), { signal: 'SIGKILL' });
		t.strictSame(leftovers(args.join(' ')), []);
	}
});

t.test('killed while it is paused', async (t) => {
	for (const options of kinds) {
		const container = await Container.launch(['/bin/sh', '-c', 'sleep 86450.2 & sleep 86450.2; exit 3'], options);
		await container.pause();
		t.equal(container.kill(), true);
		t.match(await container.wait(), { exitCode: null, signal: 'SIGKILL' });
		t.strictSame(leftovers('86450.2'), []);
		await t.rejects(container.pause(), { code: 'not-running' });
		await t.rejects(container.resume(), { code: 'not-running' });
	}
});

t.test('another signal has its effect when it is resumed', async (t) => {
	const container = await Container.launch([probe, 'handle']);
	await once(container.stdout as NodeJS.EventEmitter, 'data');
	await container.pause();
	t.equal(container.kill('SIGTERM'), true);
	t.ok(await isStill(container));
	await container.resume();
	t.match(await container.wait(), { exitCode: 42 });
});

t.test('a time-out, an AbortSignal and the end of the block end it', async (t) => {
	const late = await Container.launch(['sleep', '86450.3'], { timeout: 300 });
	await late.pause();
	t.match(await late.wait(), { timedOut: true });

	const controller = new AbortController();
	const aborted = await Container.launch(['sleep', '86450.3'], { signal: controller.signal });
	await aborted.pause();
	controller.abort();
	await t.rejects(aborted.wait(), { code: 'aborted' });
	{
		await using disposed = await Container.launch(['sleep', '86450.3']);
		await disposed.pause();
	}
	t.strictSame(await leftoversAfter('86450.3', 0), []);
});

t.test('killed at the moment it is paused or resumed', async (t) => {
	for (let round = 0; round < 30; round++) {
		const container = await Container.launch(['sleep', '86450.4']);
		if (round % 2) await container.pause();
		const change = round % 2 ? container.resume() : container.pause();
		if (round % 3) await sleep(round / 10);
		container.kill();
		await change.catch((error) => t.match(error, { code: 'not-running' }));
		t.match(await container.wait(), { signal: 'SIGKILL' });
	}
	t.strictSame(await leftoversAfter('86450.4', 0), []);
});

t.test('pauses and resumes at once are done one after the other', async (t) => {
	const { args, goesOn } = counting('both');
	await using container = await Container.launch(args);
	await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? container.resume() : container.pause())));
	t.equal((await container.stats()).paused, false);
	t.ok(await goesOn());
});

t.test('limits can be changed while it is paused', async (t) => {
	const { args, goesOn } = counting('limited');
	await using container = await Container.launch(args, { limits: { memory: '64M' } });
	await container.pause();
	await container.update({ pids: 1, memory: '32M', cpus: '0' });
	await container.resume();
	t.ok(await goesOn());
	await t.rejects(container.exec(['true']), { code: 'tasks-exhausted' });
});

/** A controller of its own, which pauses its container and says so. */
const script = (options: Options) => `
	const { Container } = await import(${JSON.stringify(join(top, 'dist/controller/index.js'))});
	const container = await Container.launch(['/bin/sh', '-c', 'sleep 86450.5 & sleep 86450.5; exit 3'], ${JSON.stringify(options)});
	await container.pause();
	console.log('paused');
	await container.wait();`;

t.test('the controller or the shim is killed with SIGKILL: nothing is left', async (t) => {
	for (const options of [...kinds, { name: `paused-${process.pid}` }, { parentDeathSignal: 'SIGTERM' } as Options]) {
		const controller = spawn(process.execPath, ['--input-type=module', '-e', script(options)], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		await once(controller.stdout, 'data');
		controller.kill('SIGKILL');
		t.strictSame(await leftoversAfter('86450.5', 4000), [], JSON.stringify(options));

		const container = await Container.launch(['sleep', '86450.6'], options);
		await container.pause();
		process.kill(shimOf(container), 'SIGKILL');
		await t.rejects(container.wait(), { code: 'shim-died' });
		t.strictSame(await leftoversAfter('86450.6'), [], JSON.stringify(options));
	}
});

/** The outer: what is above the program and below this process, or below its starter. */
function shimOf({ pid }: Container): number {
	const parent = (of: number) => Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${of}/status`, 'utf8'))?.[1]);
	const isStarter = (of: number) =>
		parent(of) === process.pid && readFileSync(`/proc/${of}/cmdline`, 'latin1').includes('--starter');
	let shim = parent(pid);
	while (parent(shim) !== process.pid && !isStarter(parent(shim))) shim = parent(shim);
	return shim;
}

const { hierarchies } = readHost();
const skip = hierarchies.every(({ version }) => version === 2) && 'kernel: cgroup v2 has one always';

t.test('where the host has no freezer it is an error', { skip }, async (t) => {
	const hide = hierarchies.filter(({ version, controllers }) => version === 2 || controllers.includes('freezer'));
	const command = `umount ${hide.map(({ mountPoint }) => mountPoint).join(' ')} && exec "$@"`;
	const node = [process.execPath, '--input-type=module', '-e', script({})];
	const { stderr } = await execa('unshare', ['--mount', 'sh', '-c', command, 'sh', ...node], { reject: false });
	t.match(stderr, /controller-missing/);
	t.strictSame(await leftoversAfter('86450.5'), []);
});
