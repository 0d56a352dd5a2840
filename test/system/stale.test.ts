/** What is left of containers whose controller and shim were killed at once: the next run removes it, and only it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readlinkSync, rmdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { Container, plan, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { childrenOf, parentOf } from '../support/family.js';
import { bases, leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli } from '../support/paths.js';

const [base = ''] = bases;
const directories = () => leftovers('no process');

/** Both are stopped first, so that neither sees the other die. */
async function killControllerAndShim(mark: string, args: string[]) {
	const controller = spawn(process.execPath, [cli, 'run', ...args, 'sleep', mark], { stdio: 'ignore' });
	let program: number | undefined;
	while (program === undefined) {
		await sleep(5);
		const found = leftovers(`sleep ${mark}`).find((what) => what.includes(`: sleep ${mark}`));
		if (found) program = Number(/^process (\d+)/.exec(found)?.[1]);
	}
	const outer = parentOf(program);
	for (const pid of [outer, controller.pid as number]) process.kill(pid, 'SIGSTOP');
	for (const pid of [outer, controller.pid as number]) process.kill(pid, 'SIGKILL');
	await once(controller, 'exit');
	for (let tries = 0; tries < 1000 && existsSync(`/proc/${program}`); tries++) await sleep(5);
}

/** What has just been made is not touched, so the tests do not wait but make it older. */
const age = (path: string) => utimesSync(path, 0, 0);

async function goneAfter(paths: string[]) {
	for (const end = Date.now() + 5000; paths.some((path) => existsSync(path)) && Date.now() < end; ) await sleep(20);
	return paths.filter((path) => existsSync(path));
}

t.test('the controller is killed while the shim is stopped: the next run ends the shim, and no other', async (t) => {
	const start = async (mark: string, command = ['run']) => {
		const controller = spawn(process.execPath, [cli, ...command, '--', 'sleep', mark], { stdio: 'ignore' });
		let found: string | undefined;
		while (found === undefined) {
			await sleep(5);
			found = leftovers(`sleep ${mark}`).find((what) => what.includes(`: sleep ${mark}`));
		}
		const outer = parentOf(Number(/^process (\d+)/.exec(found)?.[1]));
		process.kill(outer, 'SIGSTOP');
		return { controller, outer };
	};
	const name = `test-stale-stays-${process.pid}`;
	const [gone, stays] = [await start('86440.8'), await start('86440.9', ['run', '--name', name])];
	const joined = await start('86440.6', ['exec', name]);
	gone.controller.kill('SIGKILL');
	await once(gone.controller, 'exit');
	for (const path of directories()) age(path);
	await procready(['run', '--', 'true']);
	const isThere = (mark: string) => leftovers(mark).some((what) => what.includes(`: sleep ${mark}`));
	for (const end = Date.now() + 10_000; isThere('86440.8') && Date.now() < end; ) await sleep(20);
	t.notOk(isThere('86440.8'), 'whose controller was killed');
	t.ok(isThere('86440.9'), 'whose controller lives');
	t.ok(isThere('86440.6'), 'which has joined a container');
	for (const { outer } of [joined, stays]) process.kill(outer, 'SIGCONT');
	stays.controller.kill('SIGTERM');
	await once(stays.controller, 'exit');
	for (const path of directories()) age(path);
	await procready(['run', '--', 'true']);
	t.strictSame(await leftoversAfter('86440', 5000), []);
});

t.test('controller and shim are killed at the same instant: the next run removes what they left', async (t) => {
	const name = `test-stale-${process.pid}`;
	await killControllerAndShim('86440.1', ['--name', name, '--']);
	const left = [...directories(), `/run/procready/${name}.json`];
	t.ok(left.length > 1 && left.every((path) => existsSync(path)), 'they leave something');
	await procready(['run', '--', 'true']);
	t.strictSame(
		left.filter((path) => !existsSync(path)),
		[],
		'what has just been made may be just about to be used',
	);
	for (const path of directories()) mkdirSync(join(path, 'made-by-the-program'));
	left.forEach(age);
	const { status } = await procready(['run', '--', 'true']);
	t.equal(status, 0);
	t.strictSame(await goneAfter(left), []);
	t.strictSame(leftovers('86440.1'), []);
});

t.test('a program that has changed its user, and so lost PR_SET_PDEATHSIG, ends then too', async (t) => {
	const mark = '86440.3';
	await killControllerAndShim(mark, ['--', 'setpriv', '--reuid=65534', '--clear-groups']);
	t.strictSame(
		leftovers(mark).filter((what) => what.startsWith('process')),
		[],
	);
	directories().forEach(age);
	await procready(['run', '--', 'true']);
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('a process looks once, after its first launch', async (t) => {
	await run(['true']);
	mkdirSync(base, { recursive: true });
	const path = join(base, '1-00000000-1');
	mkdirSync(path);
	age(path);
	await run(['true']);
	await sleep(100);
	t.ok(existsSync(path));
	t.equal((await procready(['run', '--', 'true'])).status, 0);
	t.strictSame(await goneAfter([path]), []);
});

t.test('what somebody locks, or what holds a process, or what is not ours stays', async (t) => {
	mkdirSync(base, { recursive: true });
	const [locked = '', busy = '', foreign = '', stale = ''] = [
		'1-00000000-2',
		'1-00000000-3',
		'somebody',
		'1-00000000-4',
	].map((one) => join(base, one));
	const all = [locked, busy, foreign, stale];
	for (const path of all) mkdirSync(path);
	const below = join(busy, 'below');
	mkdirSync(below);
	const holder = spawn('flock', ['-x', locked, 'sh', '-c', 'echo locked; cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
	await once(holder.stdout, 'data');
	const inside = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
	writeFileSync(`${below}/cgroup.procs`, String(inside.pid));
	await procready(['run', '--', 'true']); // on v2 the controllers that it enables put files into all of them, which are young then
	all.forEach(age);
	await procready(['run', '--', 'true']);
	t.strictSame(await goneAfter([stale]), []);
	t.strictSame(
		[locked, busy, foreign, below].filter((path) => !existsSync(path)),
		[],
	);
	for (const child of [holder, inside]) {
		child.stdin.end();
		await once(child, 'exit');
	}
	for (const path of [locked, below, busy, foreign]) rmdirSync(path);
	t.strictSame(directories(), []);
});

t.test('a container that runs is locked in all its directories, by its shim alone', async (t) => {
	const isLocked = (path: string) => execa('flock', ['-n', '-x', path, 'true'], { reject: false });
	await using container = await Container.launch(['sleep', '86440.2']);
	const [process1, program] = childrenOf(parentOf(container.pid));
	t.equal(program, container.pid);
	for (const path of directories()) t.equal((await isLocked(path)).exitCode, 1, path);
	for (const pid of [program, process1])
		for (const fd of readdirSync(`/proc/${pid}/fd`))
			t.notMatch(readlinkSync(`/proc/${pid}/fd/${fd}`), '/procready/', `process ${pid} does not hold it open`);
});

t.test('also where a container would only go later, to be paused or for another limit', async (t) => {
	const left = plan(['true']).spare.map(({ base }) => join(base, '1-00000000-1'));
	t.ok(left.length > 0, 'there is such a place');
	for (const path of left) mkdirSync(path, { recursive: true });
	left.forEach(age);
	await procready(['run', '--', 'true']);
	t.strictSame(await goneAfter(left), []);
});
