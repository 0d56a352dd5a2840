/** The doctor on this very host: what it says is so, and it leaves nothing behind. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import type { Diagnosis } from '../../controller/doctor/diagnose.js';
import { readHost } from '../../controller/host/hierarchy.js';
import { doctor, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { projectForEverybody } from '../support/everybody.js';
import { bases, leftoversAfter } from '../support/leftovers.js';
import { cli, shim, smallest } from '../support/paths.js';

const onV1 = readHost().hierarchies.some(({ version }) => version === 1);
const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const project = projectForEverybody();
const asNobody = { wrapper: ['unshare', '-m'], script: project.enter, as: nobody };

/** Without what tap has every Node do, for some of which one must be root. */
const node = ['env', '-u', 'NODE_OPTIONS', process.execPath];

/** Runs it with `--json` at the end of a shell script. `wrapper` starts the shell, `as` the doctor. */
async function doctorIn({
	wrapper = [],
	script = '',
	as = [],
}: {
	wrapper?: string[];
	script?: string;
	as?: string[];
}) {
	const shell = [...wrapper, 'sh', '-ec', `${script}\nexec "$@"`, 'sh'];
	const [file = '', ...args] = [...shell, ...as, ...node, as.length > 0 ? project.at(cli) : cli, 'doctor', '--json'];
	const { stdout, stderr, exitCode } = await execa(file, args, { reject: false });
	if (stderr) throw new Error(stderr);
	return { status: exitCode, diagnosis: JSON.parse(stdout) as Diagnosis };
}

function resultOf({ results }: Diagnosis, name: string) {
	return results.find((one) => one.name === name);
}

/** At its end neither a directory nor a shim may be left. */
function test(name: string, body: (t: Test) => Promise<unknown>) {
	t.test(name, async (t) => {
		await body(t);
		t.strictSame(await leftoversAfter(shim), [], 'nothing is left');
	});
}

/** The directories for those of containers stay for a moment; a test that makes them itself has to wait. */
async function basesRemoved() {
	while (bases.some((base) => existsSync(base))) await sleep(20);
}

const asRoot = await doctorIn({});

test('as root: pids, memory and cpu can be enforced, and are', async (t) => {
	const { status, diagnosis } = asRoot;
	t.equal(status, 0);
	t.equal(diagnosis.verdict.enforceable, true);
	t.match(diagnosis.verdict.sentence, /^Limits can be enforced: pids, memory, cpu/);
	for (const name of [
		'kernel',
		'node',
		'shim',
		'directories',
		'start',
		'pids',
		'memory',
		'cpu',
		'devices',
		'mounts',
		'pid',
	])
		t.match(resultOf(diagnosis, name), { state: 'ok' }, name);
	const { limits } = await run([smallest], { limits: { pids: 8, memory: '64M', cpu: 0.5 } });
	for (const name of ['pids.max', 'memory.max', 'cpu.max'])
		t.ok(
			limits.some(({ limit }) => limit === name),
			name,
		);
});

test('the library gives the same results', async (t) => {
	const states = ({ results }: Diagnosis) => results.map(({ name, state }) => `${name}: ${state}`);
	t.strictSame(states(await doctor()), states(asRoot.diagnosis));
});

test('what it says of this kernel is what a container shows', async (t) => {
	const { diagnosis } = asRoot;
	const state = (name: string) => resultOf(diagnosis, name)?.state;
	const { usage } = await run([smallest]);
	t.equal(state('pids.peak') === 'ok', usage.tasks.peak !== null);
	t.equal(state('memory.peak') !== 'missing', usage.memory.peak !== null);
	t.equal(state('hierarchy') === 'ok', !onV1);
	t.equal(state('clone-into') === 'ok', !onV1);
});

test('without root: it says so, and writes nowhere', async (t) => {
	await basesRemoved();
	const around = () => bases.map((base) => readdirSync(dirname(base)));
	const before = around();
	const { status, diagnosis } = await doctorIn(asNobody);
	t.equal(status, 1);
	t.equal(diagnosis.verdict.enforceable, false);
	t.match(diagnosis.verdict.sentence, /^Limits cannot be enforced: the caller may not make a cgroup in /);
	t.match(resultOf(diagnosis, 'caller'), { state: 'limited', finding: /uid 65534/ });
	t.match(resultOf(diagnosis, 'capabilities'), { state: 'missing' });
	t.strictSame(around(), before);
});

test('without root: the first command that it gives makes limits possible, and a run', async (t) => {
	await basesRemoved();
	const { diagnosis } = await doctorIn(asNobody);
	const [command = ''] = resultOf(diagnosis, 'directories')?.remedies ?? [];
	const run = [...nobody, ...node, project.at(cli), 'run', '--pids-max', '1', '--', project.at(smallest)].join(' ');
	const script = `${asNobody.script}\n${command.replace(/^sudo /, '')}\n${run}`;
	const after = await doctorIn({ ...asNobody, script });
	const delegated = join(dirname(bases[0] ?? ''), 'delegated-65534');
	for (const path of onV1 ? bases : [`${delegated}/shell`, delegated]) if (existsSync(path)) rmdirSync(path);
	t.equal(after.status, 0, command);
	t.match(after.diagnosis.verdict.sentence, /^Limits can be enforced: pids, memory, cpu/);
	t.match(resultOf(after.diagnosis, 'start'), { state: 'ok', finding: /in a user namespace/ });
});

test('no cgroup hierarchy is mounted: limits cannot be enforced', async (t) => {
	const { status, diagnosis } = await doctorIn({ wrapper: ['unshare', '-m'], script: 'umount -R -l /sys/fs/cgroup' });
	t.equal(status, 1);
	t.equal(diagnosis.verdict.sentence, 'Limits cannot be enforced: no cgroup hierarchy with controllers is mounted.');
});

test('cgroups are mounted read-only, as in a container: limits cannot be enforced', async (t) => {
	const mounts = readHost().hierarchies.map(({ mountPoint }) => mountPoint);
	const { status, diagnosis } = await doctorIn({
		wrapper: ['unshare', '-m'],
		script: mounts.map((path) => `mount -o remount,bind,ro ${path}`).join('\n'),
	});
	t.equal(status, 1);
	t.match(diagnosis.verdict.sentence, /^Limits cannot be enforced: .* is mounted read-only\.$/);
	t.ok(resultOf(diagnosis, 'directories')?.remedies?.includes(`mount -o remount,rw ${mounts[0]}`));
});

t.test(
	'v2: all processes of a container are in the root of its cgroups: the command that it gives helps',
	{ skip: onV1 && 'kernel: on v1 they may be there' },
	async (t) => {
		const path = join(dirname(bases[0] ?? ''), 'procready-test-doctor');
		mkdirSync(path);
		const inside = (more: string) =>
			doctorIn({
				// without exec: this shell is the other process there
				wrapper: ['sh', '-ec', `echo $$ > ${path}/cgroup.procs; "$@"`, 'sh', 'unshare', '-C', '-m'],
				script: `umount /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; ${more}`,
			});
		const { status, diagnosis } = await inside('');
		const [command = ''] = resultOf(diagnosis, 'directories')?.remedies ?? [];
		const after = await inside(command);
		for (const name of ['rest', '.']) rmdirSync(join(path, name));
		t.equal(status, 1);
		t.match(diagnosis.verdict.sentence, /holds processes/);
		t.equal(after.status, 0, command);
	},
);

const skip = onV1 && 'kernel: on v1 nothing is cloned into a cgroup';

t.test(
	'v2: in a cgroup that was killed once no program lives: the command that it gives helps',
	{ skip },
	async (t) => {
		const path = join(dirname(bases[0] ?? ''), 'procready-test-doctor');
		mkdirSync(path);
		writeFileSync(`${path}/cgroup.kill`, '1');
		const inside = (more: string) => doctorIn({ script: `echo $$ > ${path}/cgroup.procs\n${more}` });
		const { status, diagnosis } = await inside('');
		const [command = ''] = resultOf(diagnosis, 'start')?.remedies ?? [];
		const after = await inside(command);
		for (const directory of [path, `${path}-again`]) rmdirSync(directory);
		t.equal(status, 1);
		t.match(diagnosis.verdict.sentence, /was killed once/);
		t.equal(after.status, 0, command);
	},
);

test('a directory that a killed procready left behind is named, with the command that removes it', async (t) => {
	const [base = ''] = bases;
	const path = join(base, '4194304-00000000-1'); // no process can have this pid
	mkdirSync(path, { recursive: true });
	const young = await doctorIn({});
	utimesSync(path, 0, 0);
	const { diagnosis } = await doctorIn({});
	rmdirSync(path);
	t.match(resultOf(young.diagnosis, 'stale'), { state: 'ok' }, 'what has just been made may be just about to be used');
	t.match(resultOf(diagnosis, 'stale'), { state: 'limited', remedies: [`rmdir ${path}`] });
});

test('killed in the middle of its probes it leaves nothing', async (t) => {
	const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
	const probing = () =>
		bases.some((base) => existsSync(base) && readdirSync(base).some((name) => isDirectory(join(base, name))));
	let hits = 0;
	for (let i = 0; i < 3; i++) {
		const [file = '', ...args] = [...node, cli, 'doctor'];
		const child = execa(file, args, { reject: false, stdout: 'ignore' });
		while (!probing() && child.exitCode === null) await sleep(1);
		hits += probing() ? 1 : 0;
		child.kill('SIGKILL');
		await child;
	}
	t.ok(hits > 0, `killed while there was a directory: ${hits} times of 3`);
});

test('the shim cannot be started: that is the diagnosis', async (t) => {
	const { status, diagnosis } = await doctorIn({ script: 'export PROCREADY_SHIM=/nonexistent' });
	t.equal(status, 1);
	t.match(resultOf(diagnosis, 'shim'), {
		state: 'missing',
		finding: '/nonexistent cannot be started: no such file or directory (ENOENT)',
		remedies: ['install procready again, or build it with make'],
	});
	t.match(diagnosis.verdict.sentence, /^Limits cannot be enforced: no program can be started: /);
});

test('the text ends with the verdict, and has no colours in a pipe', async (t) => {
	const { status, stdout } = await procready(['doctor']);
	t.equal(status, 0);
	t.match(stdout, /\n\nLimits can be enforced: .*\.\n$/);
	t.notOk(stdout.includes('\u001b'));
});

test('a flag that it does not know is an error of its own', async (t) => {
	const { status, stdout, stderr } = await procready(['doctor', '--all']);
	t.equal(status, 125);
	t.equal(stdout, '');
	t.match(stderr, /^procready: --all: is not an option of procready doctor; see procready doctor --help\n$/);
	t.match(await procready(['doctor', '--help']), { status: 0, stdout: /^usage: procready doctor/ });
});
