/** The shim's own file cannot be changed by what it starts: it runs from a sealed copy where that is needed. */

import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { python, shim } from '../support/paths.js';
import { converse, goodConfig, rawShim, run, turns } from '../support/raw-shim.js';

t.test('--sealed: the shim runs from a copy in memory, under its own name', async (t) => {
	const sealed = rawShim({ sealed: true });
	sealed.write(`${JSON.stringify(goodConfig)}\n{"type":"procCreate"}\n`);
	t.match(await sealed.next(), { type: 'procCreated' });
	t.match(readlinkSync(`/proc/${sealed.process.pid}/exe`), /^\/memfd:procready-shim/);
	t.match(await sealed.close(), { code: 0 });

	const plain = rawShim();
	plain.write(`${JSON.stringify(goodConfig)}\n{"type":"procCreate"}\n`);
	t.match(await plain.next(), { type: 'procCreated' });
	t.equal(readlinkSync(`/proc/${plain.process.pid}/exe`), shim, 'and without it from its file');
	await plain.close();
});

t.test('a container with a root of its own is refused to a shim that is not sealed', async (t) => {
	const { last } = await run({ root: { path: '/' } });
	t.match(last, { type: 'procError', step: 'sealed', errno: 0, message: /start it with --sealed/ });
});

t.test('so is a process that joins one', async (t) => {
	const { last } = await run({
		initType: 'setns',
		target: { pid: process.pid, startTime: 0 },
		namespaces: {},
		mounts: undefined,
	});
	t.match(last, { type: 'procError', step: 'sealed', errno: 0, message: /start it with --sealed/ });
});

t.test('no other option goes with --sealed', async (t) => {
	const { exitCode, stdout } = await execa(shim, ['--sealed', '--version'], { reject: false });
	t.equal(exitCode, 125);
	t.match(stdout, /^usage: /);
});

const digest = () => createHash('sha256').update(readFileSync(shim)).digest('hex');

/** Until SIGTERM opens what every other process runs from for writing, in every way there is; prints what that gave. */
const racer = `
import errno, os, signal
stop = []
signal.signal(signal.SIGTERM, lambda number, frame: stop.append(number))
seen = set()
kept = []
def attack(path):
    for flags in os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND:
        try:
            fd = os.open(path, flags)
            os.write(fd, b"changed")
            seen.add("WRITTEN")
        except OSError as error: seen.add(errno.errorcode[error.errno])
os.write(1, b"ready\\n")
while not stop:
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or int(pid) == os.getpid(): continue
        try: name = os.readlink(f"/proc/{pid}/exe")
        except OSError: continue
        if "procready-shim" not in name: continue
        attack(f"/proc/{pid}/exe")
        if len(kept) < 100: kept.append(os.open(f"/proc/{pid}/exe", os.O_RDONLY))
for fd in kept: attack(f"/proc/self/fd/{fd}")
print(len(kept), *sorted(seen))`;

t.test('no container changes the shim: CVE-2019-5736', async (t) => {
	const before = digest();
	const shim = rawShim({ sealed: true, stdio: ['ignore', 'pipe', 'inherit'] });
	const printed: string[] = [];
	shim.process.stdout?.on('data', (chunk) => printed.push(String(chunk)));
	const closed = new Promise((resolve) => shim.process.stdout?.once('close', resolve));
	const pid = (await converse(shim, turns, { ...goodConfig, process1: true, args: [python, '-c', racer] })) as number;
	while (!printed.join('').startsWith('ready\n')) await sleep(2);
	for (let i = 0; i < 15; i++) {
		const { stdout, last } = await run(
			{
				initType: 'setns',
				target: { pid, startTime: startTimeOf(pid) },
				namespaces: {},
				mounts: undefined,
				args: ['/proc/self/exe', '--version'],
			},
			{ sealed: true },
		);
		t.match(last, { type: 'procExited', code: 0 });
		t.match(stdout, /^procready-shim /, 'what the container reaches is the shim');
	}
	const kept = openSync(`/proc/${shim.process.pid}/exe`, 'r');
	process.kill(pid, 'SIGTERM');
	t.match(await shim.next(), { type: 'procExited', code: 0 });
	await closed;
	const [opened, ...outcomes] = printed.join('').replace('ready\n', '').trim().split(' ');
	t.ok(Number(opened) > 1, 'it was reached for reading');
	t.ok(
		outcomes.every((outcome) => ['ETXTBSY', 'EPERM', 'EACCES', 'EROFS', 'ENOENT', 'ESRCH'].includes(outcome)),
		outcomes.join(),
	);
	await shim.close();

	const writable = openSync(`/proc/self/fd/${kept}`, 'r+');
	t.throws(() => writeSync(writable, 'changed'), { code: 'EPERM' }, 'not even the copy, when nobody runs it any more');
	t.throws(() => ftruncateSync(writable, 0), { code: 'EPERM' });
	closeSync(writable);
	closeSync(kept);
	t.equal(digest(), before);
});

/** The 22nd field of proc_pid_stat(5). */
function startTimeOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}
