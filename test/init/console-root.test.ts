/** The terminal of a container with a root of its own, and what its file system cannot do to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { InitConfig, InitMount } from '../../controller/model/init-config.js';
import { runInTerminal } from '../support/console.js';
import { makeInside, proc } from '../support/inside.js';
import { probe, python } from '../support/paths.js';
import { converse, goodConfig, rawShim, run, turns } from '../support/raw-shim.js';
import { seen } from '../support/see.js';

const dev: InitMount = { destination: '/dev', type: 'tmpfs', source: 'tmpfs', set: ['nosuid'], data: ['mode=755'] };
const pts: InitMount = {
	destination: '/dev/pts',
	type: 'devpts',
	source: 'devpts',
	set: ['nosuid', 'noexec'],
	data: ['newinstance', 'ptmxmode=0666', 'mode=0620'],
};
const mounts = [proc, dev, pts];

const inside = makeInside();
t.teardown(() => inside.remove());
copyFileSync(probe, join(inside.path, 'bin/probe'));
const root = { path: inside.path };
const env = ['PATH=/bin'];
const inRoot = (args: string[], changes: object = {}) =>
	runInTerminal({ root, env, mounts, args, ...changes }, { sealed: true });

t.test('it is the first of the devpts of the container, and its /dev/console', async (t) => {
	const { printed, last } = await inRoot(['probe', 'see'], { console: { height: 20, width: 60 } });
	t.match(last, { type: 'procExited', code: 0 });
	const program = seen(printed);
	t.strictSame([program.tty0, program.tty1, program.tty2], Array(3).fill('/dev/pts/0'));
	t.strictSame(program.window, [20, 60]);
	t.equal(program.controllingTerminal, false, 'there is no /dev/tty here');
	t.equal(program.foreground, program.pgid);
	t.ok(program.dev?.includes('console'));

	const numbers = await inRoot(['sh', '-c', 'stat -c %t:%T /dev/console /dev/pts/0; echo through >/dev/console']);
	t.equal(numbers.printed, '88:0\r\n88:0\r\nthrough\r\n');
});

t.test('a root without a /dev of its own gets no /dev/console', async (t) => {
	mkdirSync(join(inside.path, 'dev/pts'), { recursive: true });
	const { printed } = await inRoot(['ls', '/dev'], { mounts: [proc, pts] });
	t.equal(printed, 'pts\r\n');
});

t.test('it belongs to the user of the program', async (t) => {
	const { printed } = await inRoot(['sh', '-c', 'stat -c %u /dev/pts/0; echo can write >/dev/pts/0'], {
		user: { uid: 1000, gid: 1000 },
	});
	t.equal(printed, '1000\r\ncan write\r\n');
});

t.test('with a process 1 of ours, whose directories are those of the container', async (t) => {
	const script = 'for name in exe cwd root; do readlink /proc/1/$name; done; ls /proc/1/root; tty';
	const { printed } = await inRoot(['sh', '-c', script], { process1: true });
	t.match(printed, /^\/memfd:procready-shim \(deleted\)\r\n\/\r\n\/\r\n/);
	t.match(printed, /bin +dev +etc/);
	t.match(printed, /\/dev\/pts\/0\r\n$/);
});

t.test('a process that joins has another one of the same devpts', async (t) => {
	const shim = rawShim({ sealed: true });
	const pid = (await converse(shim, turns, { ...goodConfig, root, env, mounts, args: ['sleep', '86446'] })) as number;
	const joining = {
		initType: 'setns',
		target: targetOf(pid),
		namespaces: {},
		root: undefined,
		mounts: undefined,
	} as const;
	for (let i = 0; i < 2; i++) {
		const { printed, last } = await inRoot(['sh', '-c', 'tty; ls /dev/pts'], joining);
		t.match(last, { type: 'procExited', code: 0 });
		t.equal(printed, '/dev/pts/0\r\n0     ptmx\r\n');
	}
	await shim.close();
});

/** The start time is the 22nd field of proc_pid_stat(5). */
function targetOf(pid: number): InitConfig['target'] {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	return { pid, startTime: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) };
}

t.test('without a devpts there is none', async (t) => {
	const { last } = await run({ root, env, mounts: [proc, dev], console: {} }, { sealed: true, fds: ['pipe'] });
	t.match(last, { type: 'procError', step: 'console', errno: 2, message: /needs devpts mounted on \/dev\/pts/ });
});

/** A directory of the host that is /dev in the container, so that others can change it meanwhile. */
function sharedDev(): string {
	const path = mkdtempSync(join(tmpdir(), 'procready-dev-'));
	t.teardown(() => rmSync(path, { recursive: true }));
	mkdirSync(join(path, 'pts'));
	return path;
}

t.test('a multiplexer that is a link or something else is refused: CVE-2025-52565', async (t) => {
	const shared = sharedDev();
	const ptmx = join(shared, 'pts/ptmx');
	const bind: InitMount = { destination: '/dev', type: 'bind', source: shared };
	const refusal = () => run({ root, env, mounts: [proc, bind], console: {} }, { sealed: true, fds: ['pipe'] });
	symlinkSync('/proc/sysrq-trigger', ptmx);
	t.match((await refusal()).last, { type: 'procError', step: 'console', errno: 40 });
	unlinkSync(ptmx);
	writeFileSync(ptmx, '');
	t.match((await refusal()).last, { type: 'procError', step: 'console', message: /is not the multiplexer/ });
	t.equal(readFileSync(ptmx, 'utf8'), '');
});

t.test('a /dev/console that is a link covers no other file: CVE-2025-52565', async (t) => {
	const shared = sharedDev();
	const bind: InitMount = { destination: '/dev', type: 'bind', source: shared };
	symlinkSync('/etc/passwd', join(shared, 'console'));
	const { last } = await run({ root, env, mounts: [proc, bind, pts], console: {} }, { sealed: true, fds: ['pipe'] });
	t.match(last, { type: 'procError', step: 'console', errno: 40, message: /must be an ordinary file/ });
});

t.test('nor does one that becomes a link meanwhile: CVE-2025-52565', async (t) => {
	const shared = sharedDev();
	const bind: InitMount = { destination: '/dev', type: 'bind', source: shared };
	writeFileSync(join(shared, 'file'), '');
	symlinkSync('/etc/passwd', join(shared, 'link'));
	const racer = flip(join(shared, 'console'), join(shared, 'file'), join(shared, 'link'));
	const passwd = readFileSync(join(inside.path, 'etc/passwd'), 'utf8');
	const outcomes = new Set<string>();
	for (let i = 0; i < 60; i++) {
		const { last, printed } = await launchIn([proc, bind, pts]);
		outcomes.add(last?.type ?? '');
		if (last?.type === 'procExited') t.equal(printed, passwd.replaceAll('\n', '\r\n'));
		else t.match(last, { step: 'console', message: /(open|to) \/dev\/console/ });
	}
	racer.kill();
	t.strictSame([...outcomes].sort(), ['procError', 'procExited'], 'both were met');
});

/** Makes `path` the one or the other, as fast as it can. */
function flip(path: string, one: string, other: string): ChildProcess {
	const script = `
import os, sys
path, one, other = sys.argv[1:]
while True:
    for source in one, other:
        temporary = path + ".next"
        try: os.unlink(temporary)
        except OSError: pass
        if os.path.islink(source): os.symlink(os.readlink(source), temporary)
        else: open(temporary, "w").close()
        os.rename(temporary, path)`;
	renameSync(one, path);
	writeFileSync(one, '');
	return spawn(python, ['-c', script, path, one, other], { stdio: 'ignore' });
}

async function launchIn(all: InitMount[]) {
	const shim = rawShim({ sealed: true, fds: ['pipe'] });
	let printed = '';
	shim.fd(4).on('data', (chunk) => {
		printed += chunk;
	});
	const ended = new Promise((resolve) => shim.fd(4).once('close', resolve));
	const config = { ...goodConfig, root, env, mounts: all, console: {}, args: ['cat', '/etc/passwd'] };
	let last: Awaited<ReturnType<typeof shim.next>>;
	try {
		await converse(shim, turns, config);
		last = await shim.next();
	} catch (error) {
		last = JSON.parse(/\{.*/.exec(String(error))?.[0] ?? '{}');
	}
	await shim.close();
	await ended;
	return { last, printed };
}
