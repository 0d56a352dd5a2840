/**
 * A program ends as it would without procready: in every way that there is for a program to end, its exit status and its
 * signal are those of the same program in a session of its own on the host.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container } from '../../controller/index.js';
import { leftoversAfter } from '../support/leftovers.js';
import { cli, die, dynamicDie, python } from '../support/paths.js';

/** What a program is to do; those that wait print `ready` first. */
type Way = 'exit' | 'signal' | 'abort' | 'spin' | 'wait' | 'once' | 'again';
type Program = Record<Way, string[]>;

const ofC = (path: string): Program => ({
	exit: [path, 'nothing that it knows'],
	signal: [path, 'signal', '15'],
	abort: [path, 'abort'],
	spin: [path, 'spin'],
	wait: [path, 'wait'],
	once: [path, 'once'],
	again: [path, 'again'],
});

/** They wait in a builtin, for nothing to be read: what a signal does while a command runs depends on the moment. */
const waiting = 'mkfifo fifo; exec 3<>fifo; echo ready';
const ofShell = (path: string): Program => ({
	exit: [path, '-c', 'exit 125'],
	signal: [path, '-c', 'kill -TERM $$; echo alive'],
	abort: [path, '-c', 'kill -ABRT $$; echo alive'],
	spin: [path, '-c', 'while :; do :; done'],
	wait: [path, '-c', `${waiting}; read line <&3`],
	once: [path, '-c', `trap "echo once; trap - INT" INT; ${waiting}; while :; do read line <&3; done`],
	again: [path, '-c', `trap "trap - TERM; kill -TERM $$" TERM; ${waiting}; while :; do read line <&3; done`],
});

const script = (program: string[], texts: Record<Way, string>) =>
	Object.fromEntries(Object.entries(texts).map(([way, text]) => [way, [...program, text]])) as Program;

const programs: Record<string, Program> = {
	sh: ofShell('/bin/sh'),
	bash: ofShell('/bin/bash'),
	'a C program': ofC(dynamicDie),
	'a static program': ofC(die),
	python3: script([python, '-c'], {
		exit: 'import sys; sys.exit(125)',
		signal: 'import os, time; os.kill(os.getpid(), 15); time.sleep(60)',
		abort: 'import os; os.abort()',
		spin: 'while True: pass',
		wait: 'import time; print("ready", flush=True); time.sleep(60)',
		once: `import signal, time
def once(number, frame):
    signal.signal(number, signal.SIG_DFL)
    print("once", flush=True)
signal.signal(signal.SIGINT, once)
print("ready", flush=True)
while True: time.sleep(60)`,
		again: `import os, signal, time
def again(number, frame):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
signal.signal(signal.SIGTERM, again)
print("ready", flush=True)
while True: time.sleep(60)`,
	}),
	node: script([process.execPath, '-e'], {
		exit: 'process.exit(125)',
		signal: 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 60_000)',
		abort: 'process.abort()',
		spin: 'for (;;);',
		wait: 'console.log("ready"); setTimeout(() => {}, 60_000)',
		once: 'process.once("SIGINT", () => console.log("once")); console.log("ready"); setTimeout(() => {}, 60_000)',
		again:
			'process.once("SIGTERM", () => process.kill(process.pid, "SIGTERM")); console.log("ready"); setTimeout(() => {}, 60_000)',
	}),
};

interface Event {
	way: Way;
	/** Limits that a shell sets before it becomes the program. */
	limits?: string;
	/** What is sent to it: one after each line that it prints. */
	signals?: NodeJS.Signals[];
}

const events: Record<string, Event> = {
	'exits by itself': { way: 'exit' },
	'sends itself a signal': { way: 'signal' },
	'gets SIGTERM': { way: 'wait', signals: ['SIGTERM'] },
	'gets SIGINT': { way: 'wait', signals: ['SIGINT'] },
	'gets SIGHUP': { way: 'wait', signals: ['SIGHUP'] },
	'gets SIGINT twice, and handles the first': { way: 'once', signals: ['SIGINT', 'SIGINT'] },
	'gets SIGTERM, handles it and sends it to itself': { way: 'again', signals: ['SIGTERM'] },
	aborts: { way: 'abort' },
	'aborts and may dump core': { way: 'abort', limits: '-c unlimited' },
	'reaches the soft RLIMIT_CPU': { way: 'spin', limits: '-S -t 1' },
	'reaches the hard RLIMIT_CPU': { way: 'spin', limits: '-t 1' },
};

interface Ending {
	code: number | null;
	signal: string | null;
	printed: string;
	/** A core file in its directory. */
	core: boolean;
}

interface Running {
	stdout: Readable;
	kill(signal: NodeJS.Signals): unknown;
	ended(): Promise<Pick<Ending, 'code' | 'signal'>>;
}

const directory = mkdtempSync(join(tmpdir(), 'procready-ends-'));
t.teardown(() => rmSync(directory, { recursive: true }));
let count = 0;
/** core(5): in the directory of who died. */
const leavesCore = readFileSync('/proc/sys/kernel/core_pattern', 'utf8') === 'core\n';

/** Starts it in a directory of its own, sends it the signals, and says how it ended. */
async function endOf(event: Event, args: string[], start: (args: string[], cwd: string) => Promise<Running>) {
	const cwd = join(directory, String(count++));
	mkdirSync(cwd);
	const limited = ['/bin/sh', '-c', `ulimit ${event.limits ?? '-c 0'}; exec "$@"`, 'sh', ...args];
	const { stdout, kill, ended } = await start(limited, cwd);
	let printed = '';
	let sent = 0;
	for await (const chunk of stdout) {
		printed += chunk;
		if (printed.split('\n').length - 1 <= sent) continue; // the line has not ended
		const signal = event.signals?.[sent++];
		await sleep(30); // until it waits
		if (signal) kill(signal);
	}
	return { ...(await ended()), printed, core: existsSync(join(cwd, 'core')) } satisfies Ending;
}

/** In a session of its own, with the same environment. */
async function onHost(args: string[], cwd: string): Promise<Running> {
	const child = spawn(args[0] as string, args.slice(1), { cwd, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
	return childOf(child);
}

function childOf(child: ChildProcess): Running {
	const exit = once(child, 'exit');
	return {
		stdout: child.stdout as Readable,
		kill: (signal) => child.kill(signal),
		async ended() {
			const [code, signal] = await exit;
			return { code, signal };
		},
	};
}

async function inContainer(args: string[], cwd: string): Promise<Running> {
	const container = await Container.launch(args, { cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
	return {
		stdout: container.stdout as Readable,
		kill: (signal) => container.kill(signal),
		async ended() {
			const { exitCode, signal } = await container.wait();
			return { code: exitCode, signal };
		},
	};
}

/** Signals go to the command line, whose status is 128 and the number. */
async function byCommandLine(args: string[], cwd: string): Promise<Running> {
	const command = [cli, 'run', '--', ...args];
	return childOf(spawn(process.execPath, command, { cwd, stdio: ['ignore', 'pipe', 'ignore'] }));
}

function statusOf({ code, signal }: Ending): number | null {
	return signal === null ? code : 128 + constants.signals[signal as NodeJS.Signals];
}

for (const [name, program] of Object.entries(programs))
	t.test(name, { jobs: availableParallelism() }, async (t) => {
		for (const [what, event] of Object.entries(events))
			t.test(what, async (t) => {
				const args = program[event.way];
				const [expected, ...got] = await Promise.all(
					[onHost, inContainer, byCommandLine].map((start) => endOf(event, args, start)),
				);
				t.strictSame(got[0], expected);
				t.equal(expected?.core, leavesCore && event.limits === '-c unlimited');
				t.strictSame(got[1], { ...expected, code: statusOf(expected as Ending), signal: null }, 'its exit status');
			});
	});

t.test('nothing is left', async (t) => {
	t.strictSame(await leftoversAfter(directory), []);
});
