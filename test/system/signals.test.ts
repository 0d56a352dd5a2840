/** Signals that the command line gets are for the program, whatever process it is of its pid namespace. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, probe, python } from '../support/paths.js';

const mark = '86436.1';
const sleeper = ['sh', '-c', `echo ready; exec sleep ${mark}`];

/** Sends a signal once the program has printed something; how the command line then ends. */
async function after(signal: NodeJS.Signals, args: string[]) {
	const child = spawn(process.execPath, [cli, 'run', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
	let output = '';
	child.stdout.on('data', (chunk) => {
		output += chunk;
	});
	const exit = once(child, 'exit');
	await once(child.stdout, 'data');
	child.kill(signal);
	const [status] = await exit;
	return { status, output };
}

t.test('one that the program handles', async (t) => {
	for (const signal of ['SIGINT', 'SIGTERM'] as const)
		t.match(await after(signal, ['--', probe, 'handle']), { status: 42 }, signal);
	for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const) {
		const script = `trap "echo ${signal}; exit 43" ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;
		t.strictSame(await after(signal, ['--', 'sh', '-c', script]), { status: 43, output: `ready\n${signal}\n` });
	}
});

t.test('process 1 without a handler is killed instead: the kernel would drop the signal', async (t) => {
	t.match(await after('SIGTERM', ['--', ...sleeper]), { status: 137 });
});

t.test('where the program is not process 1, the signal itself ends it', async (t) => {
	t.match(await after('SIGTERM', ['--init', '--', ...sleeper]), { status: 143 });
	t.match(await after('SIGTERM', ['--ns', 'pid=host', '--', ...sleeper]), { status: 143 });
	t.match(await after('SIGQUIT', ['--init', '--rlimit', 'core=0', '--', ...sleeper]), { status: 131 });
	t.strictSame(await leftoversAfter(mark), []);
});

const blocked = (rest: string) => [
	python,
	'-c',
	`import signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print('ready', flush=True)
${rest}`,
];

t.test('one that process 1 blocks and waits for', async (t) => {
	const waiting = blocked('signal.sigwait([signal.SIGTERM]); time.sleep(0.5); sys.exit(44)');
	t.match(await after('SIGTERM', ['--', ...waiting]), { status: 44 });
});

t.test('one that process 1 blocks for a moment only, and that the kernel then drops', async (t) => {
	const forking = blocked(`time.sleep(0.05)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
time.sleep(60)`);
	t.match(await after('SIGTERM', ['--', ...forking]), { status: 137 });
	t.strictSame(await leftoversAfter('signal.SIG_BLOCK'), []);
});
