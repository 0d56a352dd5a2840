/** The master of the terminal handed to a socket, as OCI's --console-socket wants it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { python } from '../support/paths.js';
import { converse, goodConfig, rawShim, run, turns } from '../support/raw-shim.js';

const directory = mkdtempSync(join(tmpdir(), 'procready-console-'));
t.teardown(() => rmSync(directory, { recursive: true }));

/** Accepts one master, types a line into it, and prints what it gets from it until its end. */
const listener = `
import os, socket, sys
directory, name = os.path.split(sys.argv[1])
os.chdir(directory)
server = socket.socket(socket.AF_UNIX)
server.bind(name)
server.listen()
print("listening", flush=True)
connection, _ = server.accept()
data, fds, _, _ = socket.recv_fds(connection, 16, 16)
print(len(data), len(fds), flush=True)
if sys.argv[2:] == ["drop"]:
    os.read(fds[0], 4096)
    sys.exit()
os.write(fds[0], b"typed\\n")
while True:
    try: piece = os.read(fds[0], 4096)
    except OSError: break
    sys.stdout.buffer.write(piece)
    sys.stdout.flush()`;

async function listen(path: string, ...more: string[]) {
	const child = spawn(python, ['-c', listener, path, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
	let printed = '';
	child.stdout.on('data', (chunk) => {
		printed += chunk;
	});
	const exit = once(child, 'close');
	while (!printed.startsWith('listening\n')) await once(child.stdout, 'data');
	return { printed: () => exit.then(() => printed.slice('listening\n'.length)), kill: () => child.kill() };
}

const script = 'tty >/dev/null && read word && stty size && echo "got $word"';

t.test('whoever listens gets one byte with one file descriptor, which is the terminal', async (t) => {
	const long = join(directory, 'n'.repeat(120));
	mkdirSync(long);
	for (const path of [join(directory, 'short'), join(long, 'longer than an address')]) {
		const { printed } = await listen(path);
		const { last } = await run({ args: ['sh', '-c', script], console: { height: 7, width: 70, socket: path } });
		t.match(last, { type: 'procExited', code: 0 });
		t.equal(await printed(), '1 1\ntyped\r\n7 70\r\ngot typed\r\n');
	}
});

t.test('the shim keeps nothing of it: when its holder drops it, it is hung up', async (t) => {
	const path = join(directory, 'dropped');
	const { printed } = await listen(path, 'drop');
	const shim = rawShim();
	const args = ['sh', '-c', 'trap "exit 43" HUP; echo ready; while :; do sleep 0.01; done'];
	await converse(shim, turns, { ...goodConfig, args, console: { socket: path } });
	t.equal(await printed(), '1 1\n');
	t.match(await shim.next(), { type: 'procExited', code: 43 });
	await shim.close();
});

t.test('preserved file descriptors begin at 4 then', async (t) => {
	const path = join(directory, 'preserving');
	const { printed } = await listen(path);
	const shim = rawShim({ fds: ['pipe'] });
	const args = ['sh', '-c', 'read word && cat <&3'];
	await converse(shim, turns, { ...goodConfig, args, console: { socket: path }, preservedFds: 1 });
	shim.fd(4).end('through 3\n');
	t.match(await shim.next(), { type: 'procExited', code: 0 });
	t.equal(await printed(), '1 1\ntyped\r\nthrough 3\r\n');
	await shim.close();
});

t.test('a socket that is not there, or where nobody listens, is named before anything is started', async (t) => {
	const missing = await run({ console: { socket: join(directory, 'missing') } });
	t.match(missing.last, { type: 'procError', step: 'console-open', errno: 2, message: /missing: No such file/ });
	writeFileSync(join(directory, 'file'), '');
	const file = await run({ console: { socket: join(directory, 'file') } });
	t.match(file.last, { type: 'procError', step: 'console-open', errno: 111, message: /^connect to .*file: / });
});

t.test('its size is the business of who holds it', async (t) => {
	const path = join(directory, 'resized');
	const { printed, kill } = await listen(path);
	const shim = rawShim();
	await converse(shim, turns, { ...goodConfig, args: ['sleep', '86445'], console: { socket: path } });
	shim.write('{"type":"procResize","height":1,"width":1}\n');
	t.match(await shim.next(), { type: 'procError', step: 'watch', pointer: '/type' });
	await shim.close();
	kill();
	await printed();
});
