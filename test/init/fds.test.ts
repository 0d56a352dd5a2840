/** Which file descriptors a program has: stdin, stdout, stderr, those that were meant for it, and nothing else. */
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { probe, python } from '../support/paths.js';
import { converse, goodConfig, rawShim, run, turns } from '../support/raw-shim.js';
import { seen } from '../support/see.js';

const see = { args: [probe, 'see'] };

/** What fds lead to, those of the shim's stdio replaced by their names. */
const targets = (stdout: string) => Object.entries(seen(stdout).fds);

const directory = mkdtempSync(join(tmpdir(), 'procready-fds-'));
t.teardown(() => rmSync(directory, { recursive: true }));

const opened: number[] = [];
t.teardown(() => opened.forEach(closeSync));

function open(name: string, flags = 'w+'): number {
	const fd = openSync(join(directory, name), flags);
	opened.push(fd);
	return fd;
}

function openRoot(): number {
	const fd = openSync('/', 'r');
	opened.push(fd);
	return fd;
}

t.test('without preserved ones: 0, 1 and 2', async (t) => {
	const { stdout, last } = await run(see);
	t.match(last, { type: 'procExited', code: 0 });
	t.strictSame(
		targets(stdout).map(([fd]) => fd),
		['0', '1', '2'],
	);
});

t.test('preserved ones are there from 3 on, in their order, and the same open files', async (t) => {
	for (const count of [1, 2, 3, 30]) {
		const fds = Array.from({ length: count }, (_, i) => open(`${count}-${i}`));
		for (const [i, fd] of fds.entries()) writeSync(fd, `${i}`);
		const { stdout, last } = await run({ ...see, preservedFds: count }, { fds });
		t.match(last, { type: 'procExited', code: 0 }, `${count}`);
		const [, , , ...preserved] = targets(stdout);
		t.strictSame(
			preserved,
			fds.map((_, i) => [`${i + 3}`, join(directory, `${count}-${i}`)]),
		);
	}
});

t.test('a preserved one keeps its position and can be written to', async (t) => {
	const fd = open('position', 'w+');
	const { last } = await run({ args: ['sh', '-c', 'echo one >&3; echo two >&3'], preservedFds: 1 }, { fds: [fd] });
	t.match(last, { type: 'procExited', code: 0 });
	const { stdout } = await run({ args: ['cat', join(directory, 'position')] });
	t.equal(stdout, 'one\ntwo\n');
});

t.test('one that is not open is refused by its number', async (t) => {
	const { last } = await run({ ...see, preservedFds: 2 }, { fds: [open('only')] });
	t.match(last, { type: 'procError', step: 'inherited-fds', errno: 9, message: /^file descriptor 5: / });
});

t.test(
	'a program that cannot be started is still reported, although its fds took the place of the channel',
	async (t) => {
		const { last } = await run({ args: ['/no/such'], preservedFds: 3 }, { fds: [open('a'), open('b'), open('c')] });
		t.match(last, { type: 'procError', step: 'exec', errno: 2, message: /^exec \/no\/such/ });
	},
);

/** O_PATH of open(2), as proc_pid_fdinfo(5) shows it. */
function isPathOnly(pid: number, fd: string): boolean {
	const flags = /^flags:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
	return (Number.parseInt(flags, 8) & 0o10000000) !== 0;
}

t.test('what else the caller had open is in nobody: CVE-2024-21626', async (t) => {
	const fds = Array.from({ length: 27 }, openRoot); // 4 to 30
	const { stdout } = await run(see, { fds });
	t.strictSame(
		targets(stdout).map(([fd]) => fd),
		['0', '1', '2'],
		'not in the program',
	);

	const shim = rawShim({ fds });
	const pid = await converse(shim, 2, { ...goodConfig, args: ['sleep', '86431'] }); // later it has a root of its own open
	for (const process of [shim.process.pid, pid]) {
		const directory = `/proc/${process}/fd`;
		const leaked = readdirSync(directory)
			.filter((fd) => readlinkSync(join(directory, fd)) === '/')
			.filter((fd) => !isPathOnly(Number(process), fd)); // the init's own, until it closes all
		t.strictSame(leaked, [], 'nor in the shim before');
	}
	await shim.close();
});

t.test('no directory or program is reached through a file descriptor of the caller: CVE-2024-21626', async (t) => {
	const fds = Array.from({ length: 27 }, openRoot);
	for (let fd = 3; fd <= 30; fd++) {
		const directory = await run({ ...see, cwd: `/proc/self/fd/${fd}` }, { fds });
		t.match(directory.last, { type: 'procError', step: 'cwd' }, `cwd ${fd}`);
		const program = await run({ args: [`/proc/self/fd/${fd}/bin/sh`, '-c', 'exit'] }, { fds });
		t.match(program.last, { type: 'procError', step: 'exec' }, `program ${fd}`);
	}
});

t.test('the shim holds none of the files of the program while it runs', async (t) => {
	const shim = rawShim({ stdio: ['pipe', 'pipe', 'pipe'], fds: [open('held')] });
	await converse(shim, turns, { ...goodConfig, args: ['sleep', '86432'], preservedFds: 1 });
	const held = readdirSync(`/proc/${shim.process.pid}/fd`).map((fd) =>
		readlinkSync(`/proc/${shim.process.pid}/fd/${fd}`),
	);
	t.strictSame(
		held.filter((target) => target === join(directory, 'held')),
		[],
	);
	t.strictSame(
		held.map((target) => target.replace(/\[.*|\d+/g, '')).sort(),
		['anon_inode:', 'pipe:', 'socket:'],
		'a pidfd, the pipe that sees the exec, the channel',
	);
	await shim.close();
});

t.test('a pipe that was preserved ends when the program ends', async (t) => {
	const shim = rawShim({ fds: ['pipe'] });
	const chunks: string[] = [];
	shim.fd(4).on('data', (chunk) => chunks.push(String(chunk)));
	const ended = new Promise((resolve) => shim.fd(4).once('end', resolve));
	await converse(shim, turns, {
		...goodConfig,
		args: [python, '-c', 'import os; os.write(3, b"all")'],
		preservedFds: 1,
	});
	t.match(await shim.next(), { type: 'procExited', code: 0 });
	await ended;
	t.equal(chunks.join(''), 'all');
	await shim.close();
});
