/** stdin, stdout and stderr are handed to the user, where that gives no more than they are. */
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, fstatSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mapped } from '../support/id-maps.js';
import { python } from '../support/paths.js';
import { type Changes, run, type ShimOptions } from '../support/raw-shim.js';
import { whileRunning } from '../support/run-init.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-stdio-'));
chmodSync(directory, 0o755);
t.teardown(() => rmSync(directory, { recursive: true }));
const user = { uid: 1000, gid: 1001 };

let made = 0;
/** A new file, and what it is opened with. */
function file(flags: string): number {
	const path = join(directory, `file${made++}`);
	writeFileSync(path, 'text\n', { mode: 0o600 });
	return openSync(path, flags);
}

/** A new FIFO. */
function fifo(flags: string, at = directory): number {
	const path = join(at, `fifo${made++}`);
	execFileSync('mkfifo', ['--mode=600', path]);
	return openSync(path, flags);
}

/** uid and gid of fd 0, 1 and 2 of a program, as they are outside. */
async function owners(changes: Changes, options: ShimOptions): Promise<[number, number][]> {
	const found: [number, number][] = [];
	const look = (pid: number) => {
		for (const fd of [0, 1, 2]) {
			const { uid, gid } = statSync(`/proc/${pid}/fd/${fd}`);
			found.push([uid, gid]);
		}
	};
	await whileRunning(changes, look, options);
	return found;
}

/** The same where all three are that fd, which it closes. */
async function owner(fd: number, changes: Changes = { user }, options: ShimOptions = {}): Promise<[number, number]> {
	const [first, second, third] = await owners(changes, { ...options, stdio: [fd, fd, fd] });
	closeSync(fd);
	t.strictSame([second, third], [first, first]);
	return first as [number, number];
}

t.test('sockets and FIFOs are the user’s, and their group stays', async (t) => {
	t.strictSame(await owners({ user }, { stdio: ['pipe', 'pipe', 'pipe'] }), Array(3).fill([1000, 0]));
	t.strictSame(await owner(fifo('r+')), [1000, 0]);
	t.strictSame(await owner(fifo('r+'), { user: { gid: 5 } }), [0, 0], 'a user who stays root owns them already');
	t.strictSame(await owner(fifo('r+'), {}), [0, 0], 'without a user nothing is handed over');
});

t.test('pipes too: the program can open /dev/stdout again', async (t) => {
	const again = ['sh', '-c', 'read line </dev/stdin && echo "$line" >/dev/stdout && echo error >/dev/stderr'];
	const under = ['sh', '-c', 'echo hello | "$@" 2>&1 | cat', 'sh'];
	t.equal((await run({ user, args: again }, { under })).stdout, 'hello\nerror\n');
});

t.test('a file that can be written is the user’s, one that can only be read is not', async (t) => {
	for (const flags of ['w', 'a', 'r+', 'w+', 'a+']) t.strictSame(await owner(file(flags)), [1000, 0], flags);
	t.strictSame(await owner(file('r')), [0, 0], 'the owner could change its mode, and write to it');
	t.strictSame(await owner(openSync('/etc', 'r')), [0, 0], 'a directory');
});

t.test('devices of the host stay the host’s', async (t) => {
	for (const path of ['/dev/null', '/dev/zero', '/dev/full']) {
		const { uid, gid } = statSync(path);
		t.strictSame(await owner(openSync(path, 'r+')), [uid, gid], path);
	}
});

const inTerminal = `
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
try:
    while os.write(1, os.read(master, 4096)):
        pass
except OSError:
    pass
os.waitpid(pid, 0)`;

t.test('the caller’s terminal stays the caller’s, and the program can use it', async (t) => {
	const under = [python, '-c', inTerminal];
	for (const [uid] of await owners({ user }, { under })) t.equal(uid, 0);
	const { stdout } = await run({ user, args: ['sh', '-c', 'test -t 0 && echo hello'] }, { under });
	t.equal(stdout, 'hello\r\n');
});

t.test('what cannot be handed over is no error', async (t) => {
	const mount = join(directory, 'read-only');
	execFileSync('mkdir', [mount]);
	const path = join(mount, 'fifo');
	const script = `
		mount -t tmpfs none "$1"; mkfifo "$2"; mount -o remount,ro "$1"
		exec "$3" <>"$2" >&0 2>&0`;
	const under = ['unshare', '--mount', 'sh', '-ec', script, 'sh', mount, path];
	for (const [uid] of await owners({ user }, { under })) t.equal(uid, 0, 'on a read-only mount');

	const namespaces = { user: 'new', pid: 'new', mount: 'new', uts: 'new' };
	t.strictSame(await owner(fifo('r+'), { namespaces, user }, mapped), [0, 0], 'of an owner who is not mapped');
	t.strictSame(await owner(fifo('r+'), { namespaces: {}, mounts: undefined }, { uid: 65534 }), [0, 0]);
});

t.test('what is not stdio is not touched', async (t) => {
	const other = fifo('r+');
	await whileRunning({ user, preservedFds: 1 }, () => t.equal(fstatSync(other).uid, 0), { fds: [other] });
	closeSync(other);
});
