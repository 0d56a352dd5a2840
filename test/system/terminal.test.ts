/** A terminal of its own for the program: through the library, and on the caller's terminal. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t from 'tap';
import { Container, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftovers, leftoversAfter } from '../support/leftovers.js';
import { cli, probe, python, top } from '../support/paths.js';
import { openPty, type Pty } from '../support/pty.js';
import { makeRootfs } from '../support/rootfs.js';

const sh = (script: string) => ['sh', '-c', script];
const size = { rows: 24, columns: 80 };
const command = (...args: string[]) => openPty([process.execPath, cli, ...args], size);

async function until(isTrue: () => boolean): Promise<void> {
	while (!isTrue()) await sleep(5);
}

async function untilMode(pty: Pty, mode: string): Promise<void> {
	while ((await pty.mode()) !== mode) await sleep(5);
}

const runs = (command: string) => leftovers(command).some((what) => what.includes(`: ${command}`));

t.test('the library: a duplex stream, and a size', async (t) => {
	const script = 'stty -echo; echo ready; read line; echo "$line"; stty size; read line; stty size; tty <&2';
	await using container = await Container.launch(sh(script), {
		terminal: true,
		consoleSize: { height: 10, width: 20 },
	});
	const { terminal } = container;
	if (!terminal) throw new Error('there is one');
	t.strictSame([container.stdin, container.stdout, container.stderr], [null, null, null]);
	let output = '';
	terminal.on('data', (chunk) => {
		output += chunk;
	});
	await until(() => output.includes('ready'));
	terminal.write('hello\n');
	await until(() => output.includes('10 20'));
	container.resize({ rows: 33, columns: 44 });
	terminal.write('\n');
	await once(terminal, 'end');
	t.match(output, /^ready\r\nhello\r\n10 20\r\n33 44\r\n\/dev\/pts\/\d+\r\n$/);
	t.match(await container.wait(), { exitCode: 0 });
	container.resize({ rows: 1, columns: 1 });
});

t.test('it is the controlling terminal of the program, and of nobody else', async (t) => {
	const { stdout } = await run([probe, 'see'], { terminal: true });
	t.match(JSON.parse(stdout), { controllingTerminal: true, tty0: /^\/dev\/pts\//, tty1: /pts/, tty2: /pts/ });
	const without = await run([probe, 'see']);
	t.match(JSON.parse(without.stdout), { controllingTerminal: false, tty0: null });
});

t.test('all that was printed arrives, before the end and in its order', async (t) => {
	const lines = Array.from({ length: 50_000 }, (_, i) => `${i + 1}\r\n`).join('');
	const { stdout, exitCode } = await run(sh('seq 1 50000; exit 3'), { terminal: true });
	t.equal(exitCode, 3);
	t.ok(stdout === lines, `${stdout.length} of ${lines.length} bytes`);
	const printed = await procready(['run', '-t', '--', ...sh('seq 1 50000; exit 3')]);
	t.equal(printed.status, 3);
	t.ok(printed.stdout === lines, 'also on the command line');
	const slow = await execa(
		'sh',
		['-c', '"$@" | { sleep 1; cat; }', 'sh', process.execPath, cli, 'run', '-t', '--', 'seq', '50000'],
		{
			stripFinalNewline: false,
		},
	);
	t.ok(slow.stdout === lines, 'also where the reader is slow');
});

t.test('20 at once', async (t) => {
	const results = await Promise.all(
		Array.from({ length: 20 }, (_, i) => run(sh(`tty >/dev/null && seq 1 2000; echo ${i}`), { terminal: true })),
	);
	for (const [i, { stdout }] of results.entries()) t.ok(stdout.endsWith(`\r\n2000\r\n${i}\r\n`), String(i));
	t.strictSame(await leftoversAfter('no process'), []);
});

t.test('a process that joins has one of its own', async (t) => {
	await using container = await Container.launch(['sleep', '86435.1']);
	const execution = await container.exec(sh('tty; stty size; echo $TERM; exit 4'), {
		terminal: true,
		consoleSize: { height: 5, width: 6 },
		env: { TERM: 'vt100' },
	});
	t.match(
		await text(execution.terminal as NonNullable<typeof execution.terminal>),
		/^\/dev\/pts\/\d+\r\n5 6\r\nvt100\r\n$/,
	);
	t.match(await execution.wait(), { exitCode: 4 });
});

t.test('what the program leaves running keeps neither the terminal nor the caller', async (t) => {
	await using container = await Container.launch(['sleep', '86435.2']);
	const execution = await container.exec(sh('echo before; sleep 86435.3 & exit 0'), { terminal: true });
	const output = text(execution.terminal as NonNullable<typeof execution.terminal>);
	t.match(await execution.wait(), { exitCode: 0 });
	t.equal(await output, 'before\r\n');
});

t.test('--console-socket: somebody else gets the terminal', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	const socket = join(directory, 'socket');
	const receiver = execa(python, [join(top, 'test/support/receive-terminal.py'), socket, 'typed\n']);
	await once(receiver.stdout, 'data');
	const { status, stdout } = await procready([
		'run',
		'-t',
		'--console-socket',
		socket,
		'--',
		...sh('read x; echo "got $x"'),
	]);
	t.strictSame({ status, stdout }, { status: 0, stdout: '' });
	t.match((await receiver).stdout, /got typed/);
	t.match(await procready(['run', '-t', '--console-socket', '/no/such', 'true']), {
		status: 125,
		stderr: /\/no\/such/,
	});
	t.match(await procready(['run', '--console-socket', socket, 'true']), {
		status: 125,
		stderr: /^procready: --console-socket: .*which has none: ask for one/,
	});
});

t.test('run -it: an interactive shell', async (t) => {
	await using pty = await command('run', '-it', '--', 'env', 'PS1=prompt> ', 'sh');
	await pty.see(/prompt> /);
	t.equal(await pty.mode(), 'raw');
	pty.type('stty size\n');
	await pty.see(/24 80\r\nprompt> /);
	pty.resize(40, 132);
	pty.type('sleep 0.2; stty size\n');
	await pty.see(/40 132\r\nprompt> /);
	pty.type('sleep 86435.4\n');
	await until(() => runs('sleep 86435.4'));
	pty.type('\x03');
	await pty.see(/\^C.*prompt> /s);
	pty.type('exit 7\n');
	t.match(await pty.ended, { status: 7, mode: 'cooked' });
	t.strictSame(await leftoversAfter('86435.4'), []);
});

t.test('run -it with a root file system: a shell of busybox', async (t) => {
	const rootfs = makeRootfs();
	t.teardown(() => rootfs.remove());
	await using pty = await command('run', '-it', '--rootfs', rootfs.path, '--', 'sh');
	await pty.see(/\/ # /);
	pty.type('ls /\n');
	await pty.see(/bin .*dev .*etc .*\r\n/);
	pty.type('tty; stty size; id -un; echo $TERM; ls -l /dev/console\n');
	await pty.see(/\/dev\/pts\/0\r\n24 80\r\nroot\r\n\S+\r\n.* \/dev\/console\r\n/);
	pty.type('sed s/o/86435/\n');
	await until(() => runs('sed s/o/86435/'));
	pty.type('one\ntwo\n\x04');
	await pty.see(/one\r\n.*two\r\n.*86435ne\r\ntw86435\r\n.*\/ # /s);
	pty.type('vi /tmp/x\n');
	await pty.see(/~/);
	pty.type('ihello');
	await pty.see(/hello/);
	pty.type('\x1b');
	await pty.see(/- \/tmp\/x/);
	pty.type(':wq\n');
	await pty.see(/\/ # /);
	pty.type('cat /tmp/x; exit 3\n');
	await pty.see(/hello\r\n/);
	t.match(await pty.ended, { status: 3, mode: 'cooked' });
});

t.test('exec -it', async (t) => {
	await using container = await Container.launch(['sleep', '86435.5'], { name: `terminal-${process.pid}` });
	t.ok(container.pid);
	await using pty = await command('exec', '-it', `terminal-${process.pid}`, '--', 'env', 'PS1=prompt> ', 'sh');
	await pty.see(/prompt> /);
	pty.type('tr "\\0" " " < /proc/2/cmdline; stty size\n');
	await pty.see(/sleep 86435.5 24 80/);
	pty.resize(50, 60);
	pty.type('sleep 0.2; stty size\n');
	await pty.see(/50 60/);
	pty.type('\x04');
	t.match(await pty.ended, { status: 0, mode: 'cooked' });
});

t.test('every key is for the program; signals from outside are too', async (t) => {
	await using keys = await command('run', '-it', '--', ...sh('stty raw -echo; echo ready; head -c 4 | od -An -tx1'));
	await keys.see(/ready/);
	keys.type('\x03\x1a\x1c\r');
	await keys.see(/03 1a 1c 0d/);
	t.match(await keys.ended, { status: 0, mode: 'cooked' });
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) {
		await using pty = await command(
			'run',
			'-it',
			'--',
			...sh(`trap "echo got; exit 42" ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`),
		);
		await pty.see(/ready/);
		process.kill(pty.pid, signal);
		await pty.see(/got/);
		t.match(await pty.ended, { status: 42, mode: 'cooked' }, signal);
	}
});

t.test('the mode of the terminal is restored on every way out', async (t) => {
	const sleeper = ['sleep', '86435.6'];
	for (const [name, args, act, status] of [
		['exit', ['true'], () => {}, 0],
		['no command', ['no-such-command'], () => {}, 127],
		['time-out', ['--timeout', '0.3', '--', ...sleeper], () => {}, 124],
		['SIGTERM', ['--', ...sleeper], (pid: number) => process.kill(pid, 'SIGTERM'), 143],
		['SIGHUP', ['--', ...sleeper], (pid: number) => process.kill(pid, 'SIGHUP'), 129],
		['the shim is killed', ['--', ...sleeper], (pid: number) => execa('pkill', ['-KILL', '-P', String(pid)]), 125],
	] as [string, string[], (pid: number) => unknown, number][]) {
		await using pty = await command('run', '-it', ...args);
		if (args.includes('86435.6')) await until(() => runs(sleeper.join(' ')));
		if (name.startsWith('SIG') || name.startsWith('the')) await untilMode(pty, 'raw');
		await act(pty.pid);
		t.match(await pty.ended, { status, mode: 'cooked' }, name);
		t.strictSame(await leftoversAfter('86435.6'), []);
	}
});

t.test('the window is closed: so is that of the program', async (t) => {
	for (const script of [
		'read line; sleep 86435.7',
		'sleep 86435.7',
		'trap "exit 0" HUP; while sleep 0.05; do :; done 86435.7',
	]) {
		await using pty = await command('run', '-it', '--', ...sh(script));
		await untilMode(pty, 'raw');
		pty.hangUp();
		await pty.ended;
		t.strictSame(await leftoversAfter('86435.7'), [], script);
	}
});

t.test('-t without -i: nothing typed is taken, and the keyboard sends its signals', async (t) => {
	await using pty = await command(
		'run',
		'-t',
		'--',
		...sh('trap "echo; echo interrupted; exit 5" INT; tty; while :; do sleep 0.05; done'),
	);
	await pty.see(/pts\/\d+\r\n/);
	t.equal(await pty.mode(), 'cooked');
	pty.type('typed\n');
	pty.type('\x03');
	await pty.see(/interrupted\r\n/);
	t.match(await pty.ended, { status: 5 });
});

t.test('-i without -t: stdin is passed on as it is', async (t) => {
	t.match(await procready(['run', '-i', '--', ...sh('cat; tty')], { input: 'input\n' }), {
		status: 1,
		stdout: 'input\nnot a tty\n',
	});
});

t.test('-t where stdin is not a terminal', async (t) => {
	t.match(await procready(['run', '-it', 'true']), {
		status: 125,
		stderr: /^procready: --tty: stdin is not a terminal: leave out -i/,
	});
	t.match(await procready(['run', '-t', '--', ...sh('tty; stty size')]), {
		status: 0,
		stdout: /^\/dev\/pts\/\d+\r\n0 0\r\n$/,
	});
});

t.test('a reader that goes away ends the program, as a terminal that is hung up', async (t) => {
	const script = '"$@" | head -n 1';
	const { stdout } = await execa(
		'sh',
		['-c', script, 'sh', process.execPath, cli, 'run', '-t', '--', 'yes', '86435.8'],
		{
			reject: false,
		},
	);
	t.equal(stdout, '86435.8');
	t.strictSame(await leftoversAfter('yes 86435.8'), []);
});

t.test('the controller is killed: its terminals leave nothing', async (t) => {
	await using pty = await command('run', '-it', '--', 'sleep', '86435.9');
	await until(() => runs('sleep 86435.9'));
	process.kill(pty.pid, 'SIGKILL');
	t.match(await pty.ended, { status: -9 });
	t.strictSame(await leftoversAfter('86435'), []);
});
