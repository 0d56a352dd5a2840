/** Which stopped shims are taken for those of a controller that is gone: in a /proc and a cgroup of the test's own. */
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { removeStaleBeside } from '../../controller/cgroup/stale.js';
import { replace } from '../../controller/host/machine.js';

const [program, shim, starter, controller] = [6, 7, 8, 50];

interface Process {
	parent: number;
	/** In its own namespace; null: it is hidden. */
	number: number | null;
	state?: string;
}

/** `during` comes to pass when the status of a process has just been asked for. */
async function killed(processes: Record<number, Process>, during: (pid: number) => void = () => {}) {
	const base = `/sys/fs/cgroup/test-${Math.random()}`;
	const path = `${base}/${controller}-00000000-1`;
	const gone = () => Object.assign(new Error(), { code: 'ENOENT' });
	const signalled: number[] = [];
	using _ = replace({
		now: () => 100_000,
		list: (directory) => (directory === base ? [`${controller}-00000000-1`] : []),
		listDirectories: () => [],
		status: (file) => (file === path ? { inode: 77, modified: 0 } : undefined) as never,
		readFile: () => `1: FLOCK  ADVISORY  WRITE ${shim} 00:1b:77 0 EOF\n`,
		readText(file) {
			if (file === `${path}/cgroup.procs`) return String(program);
			const [, pid, name] = /^\/proc\/(\d+)\/(stat|status)$/.exec(file) ?? [];
			if (name === 'status') during(Number(pid));
			const one = processes[Number(pid)];
			if (!one || (name === 'status' && one.number === null)) throw gone();
			return name === 'status'
				? `Name:\ta\nNSpid:\t${pid}\t${one.number}\nEnd:\t0\n`
				: `${pid} (a) ${one.state ?? 'S'} ${one.parent} 0 0 0 0 0 ${'0 '.repeat(12)}100 ${'0 '.repeat(30)}0`;
		},
		signal: (pid) => void signalled.push(pid),
	});
	removeStaleBeside([{ version: 2, base, path, controllers: [] }] as never);
	await setImmediate();
	return signalled;
}

/** The shim is stopped, its starter and its controller live. */
const alive = (): Record<number, Process> => ({
	1: { parent: 0, number: 1 },
	[controller]: { parent: 1, number: controller },
	[starter]: { parent: controller, number: starter },
	[shim]: { parent: starter, number: shim, state: 'T' },
	[program]: { parent: shim, number: 1 },
});

t.test('that of a controller which lives is left alone', async (t) => t.strictSame(await killed(alive()), []));

t.test('of one which is gone, the shim and what it runs are ended', async (t) => {
	const processes = alive();
	delete processes[controller];
	Object.assign(processes[starter] as Process, { parent: 1 });
	t.strictSame(await killed(processes), [program, shim]);
});

t.test('the starter ends while it is looked at: who is the parent now is asked', async (t) => {
	const processes = alive();
	delete processes[controller];
	const signalled = await killed(processes, (pid) => {
		if (pid !== starter) return;
		delete processes[starter];
		Object.assign(processes[shim] as Process, { parent: 1 });
	});
	t.strictSame(signalled, [program, shim]);
});

t.test('a parent that is hidden may be the controller', async (t) => {
	const processes = alive();
	Object.assign(processes[starter] as Process, { number: null });
	t.strictSame(await killed(processes), []);
});
