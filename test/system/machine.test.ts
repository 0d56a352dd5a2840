/** Faults of the machine, put in front of the host interface: what the kernel hardly ever does, at the very call. */
import { existsSync } from 'node:fs';
import t from 'tap';
import type { Machine } from '../../controller/host/interface.js';
import { machine, replace } from '../../controller/host/machine.js';
import { attach, Container, list, run } from '../../controller/index.js';
import { bases, leftovers } from '../support/leftovers.js';
import { probe, smallest } from '../support/paths.js';

const real = { ...machine };

function fault(errno: string): Error {
	return Object.assign(new Error(`${errno}: made by the test`), { code: errno, syscall: 'test' });
}

/** A machine that fails at the first call of `name` whose first argument is like `path`, and what was called until then. */
function failing<Name extends keyof Machine>(name: Name, path: RegExp, errno: string) {
	let isFirst = true;
	const call = real[name] as (...args: unknown[]) => unknown;
	const failed: string[] = [];
	const inFront = (...args: unknown[]) => {
		if (!isFirst || !path.test(String(args[0]))) return call(...args);
		isFirst = false;
		failed.push(String(args[0]));
		throw fault(errno);
	};
	return { failed, functions: { [name]: inFront } as Partial<Machine> };
}

const limits = { pids: 3, memory: '64M' };
const mark = `machine-test-${process.pid}`;

/** Of this process: others may run containers at the same time. */
const left = () => leftovers(mark).filter((one) => one.includes(`/${process.pid}-`) || one.startsWith('process'));

t.test('a write to a cgroup file that fails', async (t) => {
	const { failed, functions } = failing('writeText', /\/pids\.max$/, 'EIO');
	{
		using _ = replace(functions);
		await t.rejects(run([smallest, mark], { limits }), {
			code: 'limit-refused',
			where: 'pids.max',
			errno: 'EIO',
			message: 'pids.max: the kernel refused "3": i/o error (EIO)',
		});
	}
	t.match(failed, [/\/pids\.max$/]);
	t.ok(
		bases.some((base) => failed[0]?.startsWith(base)),
		'it was that of the container',
	);
	t.strictSame(left(), [], 'nothing is left');
	t.equal((await run([smallest, mark], { limits })).exitCode, 0, 'the machine is as it was');
});

t.test('each other call of a launch that fails', async (t) => {
	for (const [name, path, errno, error] of [
		['makeDirectory', /\/procready\//, 'ENOSPC', { code: 'cgroup-missing', errno: 'ENOSPC' }],
		['readText', /\/memory\.(max|limit_in_bytes)$/, 'EIO', { code: 'setup-failed', errno: 'EIO' }],
		['spawn', /procready-shim$/, 'EMFILE', { code: 'setup-failed', errno: 'EMFILE', message: /raise RLIMIT_NOFILE/ }],
	] as const) {
		const { failed, functions } = failing(name, path, errno);
		{
			using _ = replace(functions);
			await t.rejects(run([smallest, mark], { limits, stdin: 0 }), error, `${name}: ${errno}`); // 0: not by a starter
		}
		t.equal(failed.length, 1, `${name} was called`);
		t.strictSame(left(), [], `${name}: nothing is left`);
	}
});

/** A machine that cannot read the files with such a path, from when `isOn` says so. */
function unreadable(path: RegExp, isOn = () => true): Partial<Machine> {
	return {
		readText(file) {
			if (path.test(file) && isOn()) throw fault('EIO');
			return real.readText(file);
		},
	};
}

t.test('what cannot be read is not taken for what this kernel has not', async (t) => {
	const refused = /\/pids\.events(\.local)?$/;
	{
		using _ = replace(unreadable(refused));
		const error = {
			code: 'setup-failed',
			errno: 'EIO',
			message: /^cannot read \/.*\/pids\.events(\.local)?: i\/o error \(EIO\)$/,
		};
		await t.rejects(run([smallest, mark], { limits }), error, 'before the program runs nothing could be subtracted');
	}
	t.strictSame(left(), []);

	await using container = await Container.launch(['sh', '-c', `read x; ${probe} forks`], { limits, stdin: 'pipe' });
	{
		using _ = replace(unreadable(refused));
		await t.rejects(container.stats(), { code: 'setup-failed', errno: 'EIO' }, 'while it runs');
	}
	t.equal((await container.stats()).tasks.refused, 0);
	using _ = replace(unreadable(refused));
	container.stdin?.end();
	const { usage, notes, exitCode } = await container.wait();
	t.match({ exitCode, refused: usage.tasks.refused }, { exitCode: 0, refused: null }, 'at the end it is not known');
	t.match(notes, [/^cannot read \/.*\/pids\.events(\.local)?: i\/o error \(EIO\): what it says is not known$/]);
});

t.test('a peak that may be read and not reset, as before Linux 6.12 without root', async (t) => {
	const [path, written] = [/\/memory\.(peak|swap\.peak|max_usage_in_bytes)$/, new Set<unknown>()];
	using _ = replace({
		open(file, access) {
			if (path.test(file) && access === 'readWrite') throw fault('EACCES');
			return real.open(file, access);
		},
		write(file, text) {
			written.add(text);
			real.write(file, text);
		},
	});
	const { exitCode, usage, notes } = await run([smallest, mark], { limits });
	t.match({ exitCode, notes }, { exitCode: 0, notes: undefined });
	t.notOk(written.has('0'), 'it is not written to');
	if (bases.some((base) => existsSync(`${base}/memory.peak`) || existsSync(`${base}/memory.max_usage_in_bytes`)))
		t.type(usage.memory.peak, 'number');
	t.strictSame(left(), []);
});

t.test('each file that need not be there: an error that says which could not be read, or a note', async (t) => {
	for (const path of [
		'/memory\\.(events|failcnt)$',
		'/cpu\\.stat$',
		`/${process.pid}/stat$`,
		'/cgroup\\.procs$',
		'/proc/\\d+/stat$',
	]) {
		const pattern = new RegExp(path);
		let hasFailed = false;
		using _ = replace(
			unreadable(pattern, () => {
				hasFailed = true;
				return true;
			}),
		);
		const named = `machine-${process.pid}`;
		const launched = run([smallest, mark], { limits, name: named, stdin: 0 });
		const outcome = await launched.then(
			({ notes = [] }) => notes.join(),
			(error: Error) => error.message,
		);
		if (hasFailed) t.match(outcome, /cannot read \/.*: i\/o error \(EIO\)/, path);
	}
	t.strictSame(left(), []);
});

/** From `arm()` on each call of `name` whose first argument is like `path` fails. */
function failingLater(name: 'readText' | 'writeText', path: RegExp, errno: string) {
	let isArmed = false;
	const functions: Partial<Machine> = {
		[name](...args: [string, string]) {
			if (isArmed && path.test(args[0])) throw fault(errno);
			return real[name](...args);
		},
	};
	const arm = () => {
		isArmed = true;
	};
	return { functions, arm };
}

t.test('no memory for a cgroup is not a memory limit that is too small', async (t) => {
	const { failed, functions } = failing('makeDirectory', /\/procready\//, 'ENOMEM');
	using _ = replace(functions);
	await t.rejects(run([smallest, mark], { limits }), { code: 'cgroup-missing', errno: 'ENOMEM' });
	t.equal(failed.length, 1);
});

t.test('a shim that the kernel does not start did not die', async (t) => {
	for (const errno of ['EAGAIN', 'ENOMEM']) {
		const { functions } = failing('spawn', /procready-shim$/, errno);
		using _ = replace(functions);
		await t.rejects(run([smallest, mark], { limits, stdin: 0 }), {
			code: 'setup-failed',
			errno,
			message: /cannot start/,
		});
	}
	t.strictSame(left(), [], 'nothing is left');
});

t.test('processor time that nobody can read any more ends the container', async (t) => {
	const { functions, arm } = failingLater('readText', /\/(cpuacct\.usage|cpu\.stat)$/, 'EIO');
	using _ = replace(functions);
	const container = await Container.launch(['sh', '-c', 'while :; do :; done', mark], { limits: { cpuTime: '30s' } });
	arm();
	await t.rejects(container.wait(), { code: 'setup-failed', where: 'cpu.time', errno: 'EIO' });
	t.strictSame(left(), [], 'nothing is left');
});

t.test('one more process where nobody can read how many there are', async (t) => {
	const { functions, arm } = failingLater('readText', /\/pids\.current$/, 'EIO');
	using _ = replace(functions);
	await using container = await Container.launch(['sh', '-c', 'read x', mark], { limits });
	arm();
	await t.rejects(container.exec([smallest, mark]), { code: 'setup-failed', errno: 'EIO' });
});

t.test('what a schedule has paused, and nobody can resume, is ended', async (t) => {
	const { functions, arm } = failingLater('writeText', /\/(freezer\.state|cgroup\.freeze)$/, 'EIO');
	using _ = replace({
		...functions,
		sleep(milliseconds, signal) {
			if (milliseconds === 7) arm(); // it is paused
			return real.sleep(milliseconds, signal);
		},
	});
	await t.rejects(run([probe, 'hold', mark], { limits, schedule: [{ at: 1, freeze: 7 }] }), {
		code: 'setup-failed',
		errno: 'EIO',
	});
	t.strictSame(left(), [], 'nothing is left');
});

t.test('an entry that cannot be read is not one that is missing', async (t) => {
	const name = `machine-${process.pid}`;
	const { functions, arm } = failingLater('readText', /^\/proc\/\d+\/stat$/, 'EIO');
	using _ = replace(functions);
	await using container = await Container.launch(['sh', '-c', 'read x', mark], { limits, name });
	t.equal(attach(name).id, container.id);
	arm();
	t.throws(() => attach(name), { code: 'setup-failed', errno: 'EIO' });
	t.throws(() => list(), { code: 'setup-failed', errno: 'EIO' });
});
