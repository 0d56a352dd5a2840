/** Signals that the command line gets are for the program, as often as they come; a third one that insists kills. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe, python } from '../support/paths.js';
import { openPty } from '../support/pty.js';

const mark = '86436.1';
const sleeper = ['sh', '-c', `echo ready; exec sleep ${mark}`];

/** A command line whose program prints lines; `line` is the next one. */
function start(args: string[]) {
	const child = spawn(process.execPath, [cli, 'run', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
	const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
	const exit = once(child, 'exit');
	return {
		kill: (signal: NodeJS.Signals) => child.kill(signal),
		line: async () => (await lines.next()).value as string | undefined,
		status: async () => (await exit)[0] as number | null,
	};
}

/** Sends a signal once the program has printed a line; how the command line then ends, and what was printed then. */
async function after(signal: NodeJS.Signals, args: string[]) {
	const { kill, line, status } = start(args);
	await line();
	kill(signal);
	return { printed: await line(), status: await status() };
}

t.test('one that the program handles', async (t) => {
	for (const signal of ['SIGINT', 'SIGTERM'] as const)
		t.match(await after(signal, ['--', probe, 'handle']), { status: 42 }, signal);
	for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
		const script = `trap "echo ${signal}; exit 43" ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;
		t.strictSame(await after(signal, ['--', 'sh', '-c', script]), { status: 43, printed: signal });
	}
});

t.test('one that it does not handle ends it', async (t) => {
	for (const [signal, number] of [
		['SIGHUP', 1],
		['SIGINT', 2],
		['SIGQUIT', 3],
		['SIGUSR1', 10],
		['SIGTERM', 15],
	] as const)
		t.match(await after(signal, ['--rlimit', 'core=0', '--', ...sleeper]), { status: 128 + number }, signal);
	t.match(await after('SIGTERM', ['--init', '--', ...sleeper]), { status: 143 }, 'what is the default');
	t.match(await after('SIGTERM', ['--ns', 'pid=host', '--', ...sleeper]), { status: 143 });
	t.strictSame(await leftoversAfter(mark), []);
});

/** Prints the number of each signal it gets. */
const counting = [
	python,
	'-c',
	`import os, signal
for number in (1, 2, 3, 10, 12, 15): signal.signal(number, lambda number, frame: os.write(1, b'%d\\n' % number))
os.write(1, b'ready\\n')
while True: signal.pause()`,
];

t.test('each time that one comes, and a third SIGINT or SIGTERM kills', async (t) => {
	for (const third of ['SIGINT', 'SIGTERM'] as const) {
		const { kill, line, status } = start(['--', ...counting]);
		t.equal(await line(), 'ready');
		for (const [signal, number] of [
			['SIGUSR1', '10'],
			['SIGUSR1', '10'],
			['SIGUSR1', '10'],
			['SIGHUP', '1'],
			['SIGHUP', '1'],
			['SIGHUP', '1'],
			['SIGTERM', '15'],
			['SIGINT', '2'],
			['SIGQUIT', '3'],
			['SIGUSR2', '12'],
		] as const) {
			kill(signal);
			t.equal(await line(), number, signal);
		}
		kill(third);
		t.equal(await status(), 137);
	}
	t.strictSame(await leftoversAfter('signal.pause'), []);
});

t.test('a program that is process 1 gets only those that it handles or waits for', async (t) => {
	const alive = 'import time; print("ready", flush=True); time.sleep(0.3); print("alive", flush=True); time.sleep(60)';
	const { kill, line, status } = start(['--as-pid-1', '--', python, '-c', alive]);
	await line();
	kill('SIGTERM');
	t.equal(await line(), 'alive');
	kill('SIGTERM');
	await sleep(100);
	kill('SIGTERM');
	t.equal(await status(), 137, 'the third kills it all the same');

	const waiting = `import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print('ready', flush=True)
signal.sigwait([signal.SIGTERM])
sys.exit(44)`;
	t.match(await after('SIGTERM', ['--as-pid-1', '--', python, '-c', waiting]), { status: 44 });
	t.strictSame(await leftoversAfter(mark), []);
});

t.test('the keys of a terminal are for all processes of the job', async (t) => {
	const size = { rows: 24, columns: 80 };
	for (const [key, signal] of [
		['\x03', 2],
		['\x1c', 3],
	] as const) {
		const script = `ulimit -c 0; echo ready; sleep ${mark}; echo after`;
		await using pty = await openPty([process.execPath, cli, 'run', '--', 'sh', '-c', script], size);
		await pty.see(/ready/);
		await sleep(100); // until it sleeps
		pty.type(key);
		const { status, screen } = await pty.ended;
		t.equal(status, 128 + signal);
		t.notMatch(screen, 'after');
	}
	t.strictSame(await leftoversAfter(mark), []);
});
