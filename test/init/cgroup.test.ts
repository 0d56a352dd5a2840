/** The outer alone ends what is in the container's cgroups, whatever it does, and removes them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { readHost } from '../../controller/host/hierarchy.js';
import { python } from '../support/paths.js';
import { type Changes, converse, goodConfig, type RawShim, rawShim, turns } from '../support/raw-shim.js';

/** A container's directories: one in the hierarchy of each of these controllers; `unified` is that of v2. */
interface Cgroups {
	v1: string[];
	v2: string | undefined;
	all: string[];
	bases: string[];
}

const { hierarchies } = readHost();
const v2 = hierarchies.find(({ version, base }) => version === 2 && base);
const has = (controller: string) =>
	controller === 'unified'
		? v2 !== undefined
		: hierarchies.some(({ version, controllers }) => version === 1 && controllers.includes(controller));

let count = 0;

function makeCgroups(controllers: string[]): Cgroups {
	const name = `raw-${process.pid}-${++count}`;
	const baseOf = (controller: string) =>
		(controller === 'unified' ? v2 : hierarchies.find((one) => one.controllers.includes(controller)))?.base as string;
	const bases = [...new Set(controllers.map(baseOf))];
	const all = bases.map((base) => join(base, name));
	for (const base of bases) mkdirSync(base, { recursive: true });
	if (v2?.controllers.includes('pids') && bases.includes(v2.base as string))
		for (const above of [dirname(v2.base as string), v2.base as string])
			writeFileSync(join(above, 'cgroup.subtree_control'), '+pids');
	for (const directory of all) mkdirSync(directory);
	const unified = v2 && all.find((directory) => directory.startsWith(`${v2.base}/`));
	return { v1: all.filter((directory) => directory !== unified), v2: unified, all, bases };
}

const configOf = ({ v2, all, bases }: Cgroups, changes: Changes) => ({
	...goodConfig,
	...changes,
	// who joins is moved there, and not born there
	cgroup: { ...(v2 && changes.initType !== 'setns' && { path: v2 }), directories: all, bases },
});

/** As the controller does: v1 gets the process at procReady. */
async function start(cgroups: Cgroups, changes: Changes): Promise<{ shim: RawShim; pid: number }> {
	const shim = rawShim({ sealed: changes.initType === 'setns' });
	const pid = (await converse(shim, turns - 1, configOf(cgroups, changes))) as number;
	for (const directory of cgroups.v1) writeFileSync(join(directory, 'cgroup.procs'), String(pid));
	shim.write('{"type":"procRun"}\n');
	const started = await shim.next();
	if (started?.type !== 'procStarted') throw new Error(JSON.stringify(started));
	return { shim, pid };
}

const pidsIn = (directory: string) => readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);

function processesWith(mark: string): string[] {
	return readdirSync('/proc').filter((pid) => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(mark);
		} catch {
			return false;
		}
	});
}

async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Every process of it forks as long as it can. */
const bomb = (mark: string) => [
	python,
	'-c',
	`
# ${mark}
import os
while True:
    try: os.fork()
    except OSError: pass`,
];
const pidsMax = 40;

/** Nothing but its cgroups holds it together. */
const loose: Changes = { namespaces: { mount: 'new' } };

for (const [name, controllers] of [
	['v1, with the freezer', ['pids', 'freezer']],
	['v1, without', ['pids', 'cpu']],
	['v2', ['unified']],
	['hybrid', ['unified', 'pids']],
] as const) {
	const wanted = [...controllers];
	const limiting = wanted.includes('pids') || (v2?.controllers.includes('pids') ?? false);
	const skip = !wanted.every(has) && `kernel: no ${wanted.filter((controller) => !has(controller)).join()}`;

	t.test(
		`a fork bomb without a pid namespace: ${name}`,
		{ skip: skip || (!limiting && 'kernel: no controller there limits it') },
		async (t) => {
			const mark = `bomb-${name}-${process.pid}`;
			const cgroups = makeCgroups(wanted);
			const limited = cgroups.all.find((directory) => existsSync(join(directory, 'pids.max'))) as string;
			writeFileSync(join(limited, 'pids.max'), String(pidsMax));
			const { shim } = await start(cgroups, { ...loose, args: bomb(mark) });
			await until(() => pidsIn(limited).length >= pidsMax - 2);
			t.match(await shim.close(), { code: 0 });
			t.strictSame(processesWith(mark), []);
			t.strictSame(cgroups.all.filter(existsSync), []);
		},
	);

	t.test(`a daemon that left the session, after the program has ended: ${name}`, { skip }, async (t) => {
		const mark = `8645${wanted.length}${count}.7`;
		const cgroups = makeCgroups(wanted);
		const { shim } = await start(cgroups, { ...loose, args: ['sh', '-c', `setsid sleep ${mark} & exit 0`] });
		t.match(await shim.next(), { type: 'procExited', code: 0 });
		await until(() => processesWith(mark).length > 0);
		t.match(await shim.close(), { code: 0 });
		t.strictSame(processesWith(mark), []);
		t.strictSame(cgroups.all.filter(existsSync), []);
	});
}

t.test(
	'one that is frozen, and one whose part is, on v1',
	{ skip: !has('freezer') && 'kernel: no freezer' },
	async (t) => {
		for (const below of [false, true]) {
			const cgroups = makeCgroups(['freezer']);
			const [directory] = cgroups.all as [string];
			const { shim, pid } = await start(cgroups, { args: ['sleep', '86461'] });
			const frozen = below ? join(directory, 'below') : directory;
			if (below) mkdirSync(frozen);
			writeFileSync(join(frozen, 'cgroup.procs'), String(pid));
			writeFileSync(join(frozen, 'freezer.state'), 'FROZEN');
			await until(() => readFileSync(join(frozen, 'freezer.state'), 'utf8') === 'FROZEN\n');
			t.match(await shim.close(), { code: 0 });
			t.notOk(existsSync(`/proc/${pid}`));
			t.notOk(existsSync(directory));
		}
	},
);

t.test('one that is frozen on v2', { skip: !has('unified') && 'kernel: no v2' }, async (t) => {
	const cgroups = makeCgroups(['unified']);
	const { shim, pid } = await start(cgroups, { args: ['sleep', '86462'] });
	writeFileSync(join(cgroups.v2 as string, 'cgroup.freeze'), '1');
	t.match(await shim.close(), { code: 0 });
	t.notOk(existsSync(`/proc/${pid}`));
	t.strictSame(cgroups.all.filter(existsSync), []);
});

t.test('the file that says where the container is goes with it, in every state', async (t) => {
	const stateFile = join(tmpdir(), `procready-state-${process.pid}`);
	for (let turn = 1; turn <= turns; turn++) {
		const shim = rawShim();
		writeFileSync(stateFile, '{}');
		await converse(shim, turn, { ...goodConfig, args: ['sleep', '86463'], stateFile });
		t.ok(existsSync(stateFile));
		await shim.close();
		t.notOk(existsSync(stateFile), `after ${turn} turns`);
	}
});

/** The 22nd field of proc_pid_stat(5). */
function startTimeOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

t.test('a process that joined ends alone, in every state', async (t) => {
	const wanted = [has('unified') ? 'unified' : '', has('freezer') ? 'freezer' : ''].filter(Boolean);
	const cgroups = makeCgroups(wanted);
	const container = await start(cgroups, { args: ['sleep', '86464'] });
	for (const directory of cgroups.all) mkdirSync(join(directory, 'made'));
	const stateFile = join(tmpdir(), `procready-joined-${process.pid}`);
	writeFileSync(stateFile, '{}');
	t.teardown(() => rmSync(stateFile));
	const joining: Changes = {
		initType: 'setns',
		target: { pid: container.pid, startTime: startTimeOf(container.pid) },
		namespaces: {},
		mounts: undefined,
		args: ['sleep', '86465'],
		stateFile,
	};
	for (let turn = 1; turn <= turns; turn++) {
		const shim = rawShim({ sealed: true });
		const pid = await converse(shim, turn, configOf(cgroups, joining));
		t.match(await shim.close(), { signal: null });
		t.notOk(pid && existsSync(`/proc/${pid}`), `after ${turn} turns`);
		t.ok(existsSync(`/proc/${container.pid}/exe`));
		t.ok(existsSync(stateFile));
		for (const directory of cgroups.all) t.ok(existsSync(join(directory, 'made')));
	}
	for (const directory of cgroups.all) rmdirSync(join(directory, 'made'));
	await container.shim.close();
	t.strictSame(cgroups.all.filter(existsSync), []);
});
