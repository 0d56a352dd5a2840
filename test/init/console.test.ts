/** A terminal made inside: what the program has of it, and what goes through it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openTerminal, runInTerminal } from '../support/console.js';
import { forEverybody } from '../support/everybody.js';
import { probe, python } from '../support/paths.js';
import { converse, goodConfig, rawShim, turns } from '../support/raw-shim.js';
import { seen } from '../support/see.js';

const script = (text: string) => [python, '-c', text];
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

t.test('it is the controlling terminal of the program, and stdin, stdout and stderr', async (t) => {
	const { printed, last } = await runInTerminal({ args: [probe, 'see'], console: { height: 33, width: 77 } });
	t.match(last, { type: 'procExited', code: 0 });
	const program = seen(printed);
	t.match(program.tty0, /^\/dev\/pts\/\d+$/);
	t.strictSame([program.tty1, program.tty2], [program.tty0, program.tty0]);
	t.equal(program.controllingTerminal, true);
	t.equal(program.foreground, program.pgid);
	t.equal(program.sid, program.pid);
	t.strictSame(program.window, [33, 77]);
	t.strictSame(Object.keys(program.fds), ['0', '1', '2'], 'and nothing else is open');
});

t.test('the end of a line is that of a terminal', async (t) => {
	const { printed } = await runInTerminal({ args: ['sh', '-c', 'echo out; echo err >&2'] });
	t.equal(printed, 'out\r\nerr\r\n');
});

t.test('without a size it has none', async (t) => {
	t.strictSame(seen((await runInTerminal({ args: [probe, 'see'] })).printed).window, [0, 0]);
});

t.test('preserved file descriptors begin behind that of the terminal', async (t) => {
	const terminal = await openTerminal({ args: ['sh', '-c', 'cat <&3'], preservedFds: 1 }, { fds: ['pipe'] });
	terminal.shim.fd(5).end('through the other\n');
	t.match(await terminal.shim.next(), { type: 'procExited', code: 0 });
	await terminal.ended;
	t.equal(terminal.printed(), 'through the other\r\n');
	await terminal.shim.close();
});

const sizes = `
import os, signal, sys
def size(number, frame):
    got = os.get_terminal_size(0)
    os.write(1, b"%dx%d\\n" % (got.lines, got.columns))
signal.signal(signal.SIGWINCH, size)
size(0, None)
while True: signal.pause()`;

t.test('a new size reaches the program with SIGWINCH', async (t) => {
	const terminal = await openTerminal({ args: script(sizes), console: { height: 24, width: 80 } });
	await terminal.until(/24x80/);
	terminal.resize(50, 132);
	await terminal.until(/50x132/);
	terminal.resize(65535, 1);
	await terminal.until(/65535x1\r/);
	t.pass();
	await terminal.shim.close();
});

t.test('a size that is out of range, or for no terminal, is refused', async (t) => {
	const terminal = await openTerminal({ args: [probe, 'hold'] });
	terminal.resize(65536, 1);
	t.match(await terminal.shim.next(), { type: 'procError', step: 'watch', pointer: '/height' });
	await terminal.shim.close();
	const without = rawShim();
	await converse(without, turns, { ...goodConfig, args: [probe, 'hold'] });
	without.write('{"type":"procResize","height":1,"width":1}\n');
	t.match(await without.next(), { type: 'procError', step: 'watch', pointer: '/type', message: /no terminal/ });
	await without.close();
});

/** Raw: every byte goes through as it is. */
const raw = 'import hashlib, os, sys, tty\ntty.setraw(0)\n';
const megabytes = 8;
const writer = `${raw}
block = bytes(range(256)) * 256
for i in range(${megabytes} * 16):
    os.write(1, bytes([i]) + block[1:])`;
const block = Buffer.from(Array.from({ length: 65536 }, (_, i) => i % 256));
const written = Buffer.concat(
	Array.from({ length: megabytes * 16 }, (_, i) => Buffer.concat([Buffer.of(i), block.subarray(1)])),
);

t.test('megabytes that are printed arrive unchanged, although the channel is closed at once', async (t) => {
	for (let i = 0; i < 5; i++) {
		const { printed, last } = await runInTerminal({ args: script(writer) });
		t.match(last, { type: 'procExited', code: 0 });
		t.equal(printed.length, written.length);
		t.equal(sha256(Buffer.from(printed, 'latin1')), sha256(written));
	}
});

t.test('also to somebody who reads now and then', async (t) => {
	const terminal = await openTerminal({ args: script(writer) });
	const end = terminal.shim.next();
	let over = false;
	terminal.ended.then(() => {
		over = true;
	});
	while (!over) {
		terminal.line.pause();
		await sleep(5);
		terminal.line.resume();
		await sleep(1);
	}
	t.match(await end, { type: 'procExited', code: 0 });
	await terminal.shim.close();
	t.equal(sha256(Buffer.from(terminal.printed(), 'latin1')), sha256(written));
});

t.test('megabytes that are typed arrive unchanged', async (t) => {
	const reader = `${raw}
os.write(1, b"ready")
got = hashlib.sha256()
left = ${written.length}
while left:
    piece = os.read(0, 65536)
    got.update(piece)
    left -= len(piece)
os.write(1, got.hexdigest().encode())`;
	const terminal = await openTerminal({ args: script(reader) });
	await terminal.until(/ready/);
	terminal.line.write(written);
	t.match(await terminal.shim.next(), { type: 'procExited', code: 0 });
	await terminal.ended;
	t.equal(terminal.printed(), `ready${sha256(written)}`);
	await terminal.shim.close();
});

t.test('both directions at once do not stop each other', async (t) => {
	const echo = `${raw}
os.write(1, b"ready")
left = ${written.length}
while left:
    piece = os.read(0, 65536)
    left -= len(piece)
    while piece: piece = piece[os.write(1, piece):]`;
	const terminal = await openTerminal({ args: script(echo) });
	await terminal.until(/ready/);
	terminal.line.write(written);
	t.match(await terminal.shim.next(), { type: 'procExited', code: 0 });
	await terminal.ended;
	t.equal(sha256(Buffer.from(terminal.printed().slice(5), 'latin1')), sha256(written));
	await terminal.shim.close();
});

t.test('the keys of a terminal: a line, the end of input, interrupt', async (t) => {
	const cat = await openTerminal({ args: ['cat'] });
	cat.line.write('one line\n');
	await cat.until(/one line\r\none line\r\n/);
	cat.line.write('\x04');
	t.match(await cat.shim.next(), { type: 'procExited', code: 0 });
	await cat.shim.close();

	const interrupted = await openTerminal({
		args: ['sh', '-c', 'trap "exit 42" INT; echo ready; while :; do sleep 0.01; done'],
	});
	await interrupted.until(/ready/);
	interrupted.line.write('\x03');
	t.match(await interrupted.shim.next(), { type: 'procExited', code: 42 });
	await interrupted.shim.close();
});

t.test('with a process 1 of ours the keys are for the program as well', async (t) => {
	const args = ['sh', '-c', 'trap "exit 42" INT; echo ready; while :; do sleep 0.01; done'];
	const terminal = await openTerminal({ args, process1: true }, { sealed: true });
	await terminal.until(/ready/);
	terminal.line.write('\x03');
	t.match(await terminal.shim.next(), { type: 'procExited', code: 42 });
	await terminal.shim.close();
});

t.test('an input that has ended leaves the terminal as it is', async (t) => {
	const terminal = await openTerminal({ args: ['sh', '-c', 'read first; echo "got $first"; sleep 0.1; echo later'] });
	terminal.line.end('word\n');
	t.match(await terminal.shim.next(), { type: 'procExited', code: 0 });
	await terminal.ended;
	t.match(terminal.printed(), /got word\r\nlater\r\n$/);
	await terminal.shim.close();
});

t.test('a terminal that the controller closes is hung up', async (t) => {
	for (const input of ['', 'typed before\n']) {
		const terminal = await openTerminal({
			args: ['sh', '-c', 'trap "exit 43" HUP; echo ready; while :; do sleep 0.01; done'],
		});
		await terminal.until(/ready/);
		if (input) await new Promise((resolve) => terminal.line.write(input, resolve));
		terminal.line.destroy();
		t.match(await terminal.shim.next(), { type: 'procExited', code: 43 });
		await terminal.shim.close();
	}
});

t.test('its end is seen when the program lets go of it, while that goes on', async (t) => {
	const terminal = await openTerminal({
		args: ['sh', '-c', 'echo last; exec </dev/null >/dev/null 2>&1; sleep 86441'],
	});
	await terminal.ended;
	t.equal(terminal.printed(), 'last\r\n');
	t.equal(terminal.shim.process.exitCode, null);
	terminal.resize(1, 1);
	process.kill(terminal.pid, 'SIGKILL');
	t.match(await terminal.shim.next(), { type: 'procExited', signal: 9 });
	await terminal.shim.close();
});

t.test('output that nobody reads does not keep the container from its end', async (t) => {
	const terminal = await openTerminal({ args: script(`${writer}\n`) });
	await terminal.until(/./s);
	terminal.line.pause();
	await sleep(50); // until everything between is full
	process.kill(terminal.pid, 'SIGKILL');
	t.match(await terminal.shim.next(), { type: 'procExited', signal: 9 });
	t.match(await terminal.shim.close(), { code: 0 });
});

/** In clock ticks, of which there are a hundred in a second. */
function cpuTime(pid: number | undefined): number {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
	return Number(fields[13]) + Number(fields[14]);
}

t.test('while nothing happens the relay does nothing', async (t) => {
	const idle = async (name: string, args: string[], prepare: (line: import('node:stream').Duplex) => unknown) => {
		const terminal = await openTerminal({ args });
		await terminal.until(/ready/);
		await prepare(terminal.line);
		// until everything between is full
		for (let used = Number.POSITIVE_INFINITY; used > 5; ) {
			const before = cpuTime(terminal.shim.process.pid);
			await sleep(500);
			used = cpuTime(terminal.shim.process.pid) - before;
		}
		t.pass(`${name}: it comes to rest`);
		process.kill(terminal.pid, 'SIGKILL');
		t.match(await terminal.shim.next(), { type: 'procExited', signal: 9 });
		terminal.line.destroy();
		await terminal.shim.close();
	};
	const full = Buffer.alloc(1 << 20, 'x');
	await idle('open', ['sh', '-c', 'echo ready; sleep 86442'], () => {});
	await idle('the input has ended', ['sh', '-c', 'echo ready; sleep 86443'], (line) => line.end());
	await idle('the program has let go', ['sh', '-c', 'echo ready; exec <&- >&- 2>&-; sleep 86444'], () => {});
	await idle(
		'the program does not read',
		script(`${raw}print("ready", flush=True)\nimport signal\nsignal.pause()`),
		(line) => line.write(full),
	);
	await idle(
		'and the input has ended',
		script(`${raw}print("ready", flush=True)\nimport signal\nsignal.pause()`),
		(line) => line.end(full),
	);
	await idle('nobody reads', script(`${raw}os.write(1, b"ready")\nwhile True: os.write(1, bytes(65536))`), (line) =>
		line.pause(),
	);
});

t.test('a caller without root has one too, where devpts is not for everybody', async (t) => {
	const changes = { namespaces: {}, mounts: undefined, args: [forEverybody(probe), 'see'] };
	const { printed, last } = await runInTerminal(changes, { uid: 65534 });
	t.match(last, { type: 'procExited', code: 0 });
	t.match(seen(printed), { controllingTerminal: true, uids: [65534, 65534, 65534] });
});
