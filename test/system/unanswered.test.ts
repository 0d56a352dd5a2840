/** Nothing hangs: whoever of the shim is stopped, and whatever is frozen, a launch, a run and their ends have an end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { findProcess } from '../../controller/host/processes.js';
import { Container, type Options, run } from '../../controller/index.js';
import { waitingStarters } from '../../controller/protocol/starter.js';
import { procready } from '../support/cli.js';
import { childrenOf, parentOf } from '../support/family.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli, shim } from '../support/paths.js';
import { states, stoppingShim } from '../support/stopping-shim.js';

const mark = '86437';

/** A launch by itself, and one by a starter. */
const twice = async (act: (how: string) => Promise<void>) => {
	await act('the first launch, or one by a starter');
	await act('one by a starter');
};

/** A shim that stops itself before it reads anything: as if somebody had stopped it there. */
function deafShim() {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	const path = join(directory, 'shim');
	writeFileSync(path, `#!/bin/sh\nkill -STOP $$\nexec ${shim} "$@"\n`);
	chmodSync(path, 0o755);
	return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

t.test(
	'a stopped shim: the time-out, kill() and disposal end the container, and what is not known is null',
	async (t) => {
		await twice(async (how) => {
			const ends: [string, Options, (container: Container) => unknown][] = [
				['a time-out', { timeout: '500ms' }, () => {}],
				['kill()', {}, (container) => container.kill()],
			];
			for (const [name, options, end] of ends) {
				const container = await Container.launch(['sleep', mark], { ...options, limits: { memory: '64M' } });
				process.kill(parentOf(container.pid), 'SIGSTOP');
				end(container);
				const { usage, verdict, notes, timedOut, signal } = await container.wait();
				t.equal(signal, 'SIGKILL', `${how}: ${name}`);
				t.equal(timedOut, options.timeout !== undefined);
				t.equal(verdict.outcome, timedOut ? 'timed-out' : 'signaled');
				t.ok(Object.values(usage.rusage).every((value) => value === null));
				t.type(usage.tasks.peak, 'number', 'the account of the cgroup is there');
				t.match(notes, ['the shim was ended because it did not answer: it is stopped, by SIGSTOP or a tracer']);
				t.strictSame(await leftoversAfter(mark), []);
			}
			const controller = new AbortController();
			const aborted = await Container.launch(['sleep', mark], { signal: controller.signal });
			process.kill(parentOf(aborted.pid), 'SIGSTOP');
			controller.abort();
			await t.rejects(aborted.wait(), { code: 'aborted' });
			t.strictSame(await leftoversAfter(mark), []);
		});
	},
);

t.test('a shim that is stopped when the program has ended already', async (t) => {
	const container = await Container.launch(['sh', '-c', 'read line; exit 7']);
	process.kill(parentOf(container.pid), 'SIGSTOP');
	container.stdin?.end();
	while (findProcess(container.pid)?.state !== 'Z') await sleep(5);
	container.kill();
	t.match(await container.wait(), { exitCode: 7, signal: null, notes: [/did not answer/] });
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('a stopped process 1, and a stopped program, end as others do', async (t) => {
	for (const [name, of] of [
		['process 1', (pid: number) => childrenOf(parentOf(pid))[0]],
		['the program', (pid: number) => pid],
	] as const) {
		const container = await Container.launch(['sleep', mark], { timeout: '300ms' });
		process.kill(of(container.pid) as number, 'SIGSTOP');
		const result = await container.wait();
		t.match(result, { timedOut: true, signal: 'SIGKILL' }, name);
		t.equal(result.notes, undefined);
		t.type(result.usage.rusage.utime, 'number', 'the shim has answered');
	}
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('a stopped starter: the launch is given up in time, and the next one has another', async (t) => {
	await run(['true']);
	await run(['true']);
	const starter = waitingStarters().at(-1);
	await using running = await Container.launch(['sleep', mark], { stdin: 'ignore' });
	process.kill(starter as number, 'SIGSTOP');
	await t.rejects(run(['sleep', mark], { setupTimeout: 300 }), {
		code: 'setup-timed-out',
		where: '/setupTimeout',
		message: /did not run within 300 ms.*procCreated/,
	});
	t.notOk(waitingStarters().includes(starter as number));
	t.match(await run(['true']), { exitCode: 0 });
	t.ok(running.kill(), 'those that it has started already go on');
	t.match(await running.wait(), { signal: 'SIGKILL' });
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('the set-up has a deadline, wherever it stands still', async (t) => {
	const ways = [...states.slice(0, -2).map((state) => [state, 'stop'] as const), ['procSetup', 'wait'] as const];
	for (const [state, way] of ways) {
		const { path } = stoppingShim(state, way);
		const { status, stderr } = await procready(['run', '--setup-timeout', '2', '--', 'sleep', mark], {
			env: { PROCREADY_SHIM: path },
		});
		t.equal(status, 125, `${state}: ${way}`);
		t.match(
			stderr,
			/^procready: --setup-timeout: the program did not run within 2 s, .*\(proc(Created|Ready|Started)\)\n$/,
		);
		t.strictSame(await leftoversAfter(mark), [], `after ${state}`);
		rmSync(dirname(path), { recursive: true });
	}
});

t.test('so it has where the shim itself is stopped, and in exec', async (t) => {
	using deaf = deafShim();
	const env = { PROCREADY_SHIM: deaf.path };
	t.match(await procready(['run', '--setup-timeout', '500ms', '--', 'sleep', mark], { env }), {
		status: 125,
		stderr: /within 500 ms.*\(procCreated\)/,
	});
	const name = `unanswered-${process.pid}`;
	await using container = await Container.launch(['sleep', mark], { name });
	t.match(await procready(['exec', name, '--setup-timeout', '500ms', '--', 'sleep', `${mark}.1`], { env }), {
		status: 125,
		stderr: /within 500 ms.*\(procCreated\)/,
	});
	t.match(await procready(['exec', name, '--setup-timeout', '0', '--', 'true']), { status: 0 }, '0 is none');
	t.strictSame(
		leftovers(`${mark}.1`).filter((what) => what.startsWith('process')),
		[],
	);
	container.kill();
	await container.wait();
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('the time-out counts from the first instruction', async (t) => {
	const { status } = await procready(['run', '--timeout', '1ms', '--', 'sleep', mark]);
	t.equal(status, 124);
});

t.test('the first signal before the program runs gives the launch up', async (t) => {
	using deaf = deafShim();
	const name = `unanswered-${process.pid}`;
	await using container = await Container.launch(['sleep', mark], { name });
	for (const [signal, number] of [
		['SIGHUP', 1],
		['SIGINT', 2],
		['SIGTERM', 15],
	] as const)
		for (const command of [['run'], ['exec', name]]) {
			const controller = spawn(process.execPath, [cli, ...command, '--', 'sleep', `${mark}.2`], {
				stdio: ['ignore', 'ignore', 'pipe'],
				env: { ...process.env, PROCREADY_SHIM: deaf.path },
			});
			let stderr = '';
			controller.stderr.on('data', (text) => {
				stderr += text;
			});
			while (childrenOf(controller.pid as number)[0] === 0) await sleep(5);
			controller.kill(signal);
			t.strictSame(await once(controller, 'close'), [128 + number, null], `${command[0]}: ${signal}`);
			t.equal(stderr, `procready: ${signal} came before the command ran: what was started for it was killed\n`);
			t.strictSame(
				leftovers(`${mark}.2`).filter((what) => what.startsWith('process')),
				[],
			);
		}
	container.kill();
	await container.wait();
	t.strictSame(await leftoversAfter(mark), []);
});

const freezer = readHost().hierarchies.find(
	({ version, controllers }) => version === 1 && controllers.includes('freezer'),
);

t.test('the freezer of v1', { skip: !freezer && 'there is none' }, async (t) => {
	const directory = `${freezer?.own}/procready-frozen-${process.pid}`;
	const inside = `${directory}/inside`;
	mkdirSync(inside, { recursive: true });
	t.teardown(() => {
		rmdirSync(inside);
		rmdirSync(directory);
	});
	/** Neither is the container's: the program gets at them by a mount. */
	const freeze = (who: string, what: string) =>
		`echo ${who} >/mnt/inside/cgroup.procs; echo FROZEN >${what}/freezer.state`;
	const isFrozen = () => readFileSync(`${inside}/freezer.state`, 'utf8') !== 'THAWED\n';
	/** Once it is frozen. */
	const killed = async (script: string) => {
		const mounts = [{ destination: '/mnt', source: directory, options: ['bind'] }];
		const container = await Container.launch(['sh', '-c', script], { mounts, stdout: 'ignore', stderr: 'ignore' });
		while (!isFrozen()) await sleep(2);
		container.kill();
		return container.wait();
	};
	for (const [name, script] of [
		['a child', `sleep ${mark} & ${freeze('$!', '/mnt/inside')}; exec sleep ${mark}`],
		['itself', `${freeze('$$', '/mnt/inside')}; exec sleep ${mark}`],
		['by the cgroup above', `sleep ${mark} & ${freeze('$!', '/mnt')}; exec sleep ${mark}`],
		['a child that it leaves behind', `setsid sleep ${mark} & ${freeze('$!', '/mnt/inside')}; exit 3`],
	] as const) {
		const result = await killed(script);
		t.ok(result.signal === 'SIGKILL' || result.exitCode === 3, name);
		t.equal(result.notes, undefined);
		t.strictSame(await leftoversAfter(mark), []);
		t.notOk(isFrozen(), 'it is thawed');
	}

	const other = spawn('sleep', [`${mark}.3`], { stdio: 'ignore' });
	writeFileSync(`${inside}/cgroup.procs`, String(other.pid));
	const notes = [
		`the shim was ended because it did not answer: what it waits for is frozen in ${inside}, together with others`,
		/^the cgroup .* is still in use and was left behind$/,
	];
	t.match((await killed(`sleep ${mark} & ${freeze('$!', '/mnt/inside')}; exec sleep ${mark}`)).notes, notes);
	t.ok(isFrozen(), 'what others have in it stays as it is');
	writeFileSync(`${inside}/freezer.state`, 'THAWED');
	// nothing is known of how it ended, for it has not ended yet
	await t.rejects(killed(`${freeze('$$', '/mnt/inside')}; exec sleep ${mark}`), { message: notes[0] as string });
	writeFileSync(`${inside}/freezer.state`, 'THAWED');
	other.kill('SIGKILL');
	await once(other, 'exit');
	while (readFileSync(`${inside}/cgroup.procs`, 'utf8') !== '') await sleep(5);
	for (const cgroup of leftovers('no process')) rmdirSync(cgroup);
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('what is killed does not wait for its share of a processor, before it runs either', async (t) => {
	for (const state of ['procReady', 'procRun'] as const) {
		const { path } = stoppingShim(state, 'stop');
		const { status } = await procready(['run', '--cpu-max', '0.001', '--setup-timeout', '2', '--', 'sleep', mark], {
			env: { PROCREADY_SHIM: path },
		});
		t.equal(status, 125);
		t.strictSame(await leftoversAfter(mark), []);
		rmSync(dirname(path), { recursive: true });
	}
});
