/** Faults of the machine, put in front of the host interface: what the kernel hardly ever does, at the very call. */
import t from 'tap';
import type { Machine } from '../../controller/host/interface.js';
import { machine, replace } from '../../controller/host/machine.js';
import { Container, run } from '../../controller/index.js';
import { bases, leftovers } from '../support/leftovers.js';
import { probe, smallest } from '../support/paths.js';

const real = { ...machine };

function fault(errno: string): Error {
	return Object.assign(new Error(`${errno}: made by the test`), { code: errno });
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
			message: 'pids.max: the kernel refused "3": EIO',
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
		const error = { code: 'setup-failed', errno: 'EIO', message: /^cannot read \/.*\/pids\.events(\.local)?: EIO$/ };
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
	t.match(notes, [/^cannot read \/.*\/pids\.events(\.local)?: EIO: what it says is not known$/]);
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
		if (hasFailed) t.match(outcome, /cannot read \/.*: EIO/, path);
	}
	t.strictSame(left(), []);
});
