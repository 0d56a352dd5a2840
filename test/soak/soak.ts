/**
 * Commands of fourteen kinds, a few at a time, while SIGKILL and SIGSTOP hit whichever of their processes: the controller, the
 * outer, process 1, the program, the starter. None may hang or say what is no sentence, and at the end all is as before.
 *
 *   MINUTES=10 SEED=7 make soak
 *
 * It runs in a network namespace and in cgroups of its own and looks at nothing else. A finding says the seed, the commands
 * and what was done to them; what is chosen is the same with the same seed, when it is met is not.
 */
import '../support/own-network.js';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcreadyError, run } from '../../controller/index.js';
import { leftovers } from '../support/leftovers.js';
import { ownCgroups } from '../support/own-cgroups.js';
import { cli, python } from '../support/paths.js';
import { generator } from '../support/random.js';

const { MINUTES = '10', SEED = String(Date.now() % 1_000_000), PROCREADY_SOAK } = process.env;

if (!PROCREADY_SOAK) {
	const cgroups = ownCgroups(`procready-soak-${process.pid}`);
	const directory = mkdtempSync(join(tmpdir(), 'procready-soak-'));
	mkdirSync(join(directory, 'tmp'));
	const [command = '', ...args] = [...cgroups.command, process.execPath, '--expose-gc', ...process.argv.slice(1)];
	const { status } = spawnSync(command, args, {
		stdio: 'inherit',
		env: { ...process.env, SEED, TMPDIR: join(directory, 'tmp'), PROCREADY_SOAK: directory },
	});
	const left = await cgroups.remove();
	rmSync(directory, { recursive: true });
	for (const one of left) console.log(`soak: left ${one}`);
	process.exit(left.length > 0 ? 1 : (status ?? 1));
}

const directory = PROCREADY_SOAK;
const prefix = `soak-${process.pid}`;
const next = generator(Number(SEED));
const pick = <T>(items: readonly T[]): T => items[next(items.length)] as T;

const suite = join(directory, 'suite.yaml');
writeFileSync(
	suite,
	[
		'cases:',
		'  - { name: one, shell: sleep 0.1; exit 3, expect: { exit: 3 } }',
		'  - { name: two, shell: head -c 64M /dev/zero | tail, limits: { memory.max: 16M }, expect: { limits: [memory.max] } }',
	].join('\n'),
);

// not script(1), which stops with its child
const inTerminal = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
const program = ['--', 'sh', '-c', '(sleep 0.1; true) & sleep 0.2; wait; exit 3'];
const limits = ['--memory-max', '64M', '--pids-max', '8', '--cpu-max', '0.5'];

/** Of a container that is there for the others. */
const kept = `${prefix}-kept`;

let count = 0;

/** The words of a command line; what is no subcommand is another program. */
const kinds: Record<string, () => string[]> = {
	run: () => ['run', ...limits, ...program],
	'run with a name': () => [
		'run',
		'--name',
		`${prefix}-${++count}`,
		'--json',
		join(directory, `${count}.json`),
		...program,
	],
	exec: () => ['exec', kept, ...program],
	test: () => ['test', suite],
	watch: () => ['stats', kept, '--interval', '50ms', '--count', '5'],
	update: () => ['update', kept, '--pids-max', String(20 + next(20)), '--memory-max', `${64 + next(64)}M`],
	pause: () => ['pause', kept],
	resume: () => ['resume', kept],
	kill: () => ['kill', kept, '--signal', 'SIGUSR1'],
	network: () => ['run', '--net', `bridge=soak${next(3)}`, '--masquerade', ...limits, ...program],
	'user namespace': () => ['run', '--uidmap', '0:100000:100', '--gidmap', '0:100000:100', '-w', '/', ...program],
	terminal: () => [python, '-c', inTerminal, process.execPath, cli, 'run', '-it', ...program],
	'another user': () => [
		'run',
		'--timeout',
		'1s',
		'--',
		'setpriv',
		'--reuid=65534',
		'--clear-groups',
		'sleep',
		'86433',
	],
	'time-out': () => ['run', '--timeout', '100ms', '--output-max', '1K', '--', 'sh', '-c', 'echo x; sleep 86433'],
};

interface Command {
	words: string[];
	pid: number | undefined;
	ended: Promise<unknown>;
	isOver: boolean;
	output: string;
}

const children = new Set<Command>();

function start(words: string[]): Command {
	const [first = '', ...rest] = words[0] === python ? words : [process.execPath, cli, ...words];
	const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
	const command: Command = { words, pid: child.pid, ended: once(child, 'exit'), isOver: false, output: '' };
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (text) => {
			command.output += text;
		});
	void command.ended.then(() => {
		command.isOver = true;
		children.delete(command);
	});
	children.add(command);
	return command;
}

/** What is said is a sentence, also by who is being killed. */
const noSentence = /^\s+at .*:\d+:\d+|TypeError|RangeError|ReferenceError|node:internal|\[object |UnhandledPromise/m;

let findings = 0;
let done: string[] = [];

function find(what: string): void {
	findings++;
	console.log(`\nFOUND: ${what}\n  ${done.join('\n  ')}\n  repeat: SEED=${SEED} MINUTES=${MINUTES} make soak`);
}

/** The processes in cgroups of our own, but this one. */
function processes(): number[] {
	return leftovers('')
		.flatMap((one) => /^process (\d+)/.exec(one)?.[1] ?? [])
		.map(Number)
		.filter((pid) => pid !== process.pid && pid !== process.ppid);
}

function commandOf(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
			.replaceAll('\0', ' ')
			.replace(/.*dist\/procready /, 'procready ')
			.slice(0, 60);
	} catch {
		return 'gone';
	}
}

function signal(pid: number, name: NodeJS.Signals): void {
	try {
		process.kill(pid, name);
	} catch {
		// it is gone
	}
}

const stopped = new Set<Promise<void>>();

async function disturb(): Promise<void> {
	await sleep(next(120));
	const all = processes();
	if (all.length === 0) return;
	const pid = pick(all);
	if (next(3) > 0) {
		done.push(`SIGKILL of ${pid}: ${commandOf(pid)}`);
		return signal(pid, 'SIGKILL');
	}
	const pause = next(800);
	done.push(`SIGSTOP of ${pid} for ${pause} ms: ${commandOf(pid)}`);
	signal(pid, 'SIGSTOP');
	const over = sleep(pause).then(() => {
		signal(pid, 'SIGCONT');
		stopped.delete(over);
	});
	stopped.add(over);
}

/** By this process, so with a starter; what it leaves shows in this process. */
async function byLibrary(): Promise<void> {
	done.push('run() by this process');
	try {
		await run(['sh', '-c', 'sleep 0.05; exit 3'], { limits: { memory: '64M', pids: 8 }, timeout: '20s' });
	} catch (error) {
		if (!(error instanceof ProcreadyError) || noSentence.test(error.message))
			find(`run() rejected with ${(error as Error).stack}`);
	}
}

const patience = 60_000;

async function within<T>(promise: Promise<T>, what: () => string): Promise<void> {
	const over = new AbortController();
	const late = sleep(patience, 'late', { signal: over.signal }).catch(() => undefined);
	if ((await Promise.race([promise, late])) === 'late') find(`${what()} hangs: nothing for ${patience / 1000} s`);
	over.abort();
}

let container: Command | undefined;

async function round(number: number): Promise<void> {
	done = [`round ${number}`];
	if (!container || container.isOver) {
		container = start([
			'run',
			'--name',
			kept,
			...limits,
			'--',
			'sh',
			'-c',
			'trap : USR1; while :; do sleep 86433 & wait; kill $!; done',
		]);
		await sleep(300);
	}
	const names = Array.from({ length: 1 + next(3) }, () => pick([...Object.keys(kinds), 'library']));
	const commands: Command[] = [];
	const libraries: Promise<void>[] = [];
	for (const name of names) {
		if (name === 'library') libraries.push(byLibrary());
		else {
			const words = (kinds[name] as () => string[])();
			done.push(words.join(' ').slice(0, 200));
			commands.push(start(words));
		}
	}
	for (let i = next(4); i >= 0; i--) await disturb();
	await Promise.all(stopped);
	// one that was paused, and whose resumer was killed, goes on
	await within(start(['resume', kept]).ended, () => `resume ${kept}`);
	for (const command of commands) {
		await within(command.ended, () => command.words.join(' '));
		if (!command.isOver && command.pid !== undefined) signal(command.pid, 'SIGKILL');
		if (noSentence.test(command.output)) find(`${command.words.join(' ')} says: ${command.output.slice(0, 2000)}`);
	}
	await within(Promise.all(libraries), () => 'run()');
}

const namesIn = (path: string) => {
	try {
		return readdirSync(path);
	} catch {
		return [];
	}
};

/** All that is there of ours. */
function state(): string[] {
	const interfaces = [...readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^ *(\S+):/gm)].map(([, name]) => name);
	const files = namesIn('/proc/self/fd').flatMap((fd) => {
		try {
			const target = readlinkSync(`/proc/self/fd/${fd}`);
			return target.startsWith('/proc/') ? [] : [`file ${target.replace(/\d+/g, 'N')}`];
		} catch {
			return [];
		}
	});
	return [
		...leftovers('').filter(
			(one) => !one.startsWith(`process ${process.pid}:`) && !one.startsWith(`process ${process.ppid}:`),
		),
		...namesIn('/run/procready').filter((name) => name.includes(prefix)),
		...namesIn(tmpdir()),
		...interfaces.map((name) => `interface ${name}`),
		...files,
	];
}

function less(all: readonly string[], known: readonly string[]): string[] {
	const rest = [...known];
	return all.filter((one) => {
		const at = rest.indexOf(one);
		if (at >= 0) rest.splice(at, 1);
		return at < 0;
	});
}

async function settled(before: readonly string[], milliseconds: number): Promise<string[]> {
	for (const end = Date.now() + milliseconds; ; await sleep(50)) {
		const more = less(state(), before);
		if (more.length === 0 || Date.now() > end) return more;
	}
}

const memory = () => {
	(globalThis as { gc?: () => void }).gc?.();
	return process.memoryUsage().rss;
};

for (let i = 0; i < 20; i++) await byLibrary(); // what Node keeps from then on
await sleep(1000);
const before = state();
const rss = memory();
const end = Date.now() + Number(MINUTES) * 60_000;
let rounds = 0;
console.log(`soak: ${MINUTES} minutes, seed ${SEED}`);
while (Date.now() < end && findings < 20) {
	await round(++rounds);
	if (rounds % 20 > 0) continue;
	// nothing outlives both its controller and its outer
	done = [`after ${rounds} rounds`];
	const known = less(state(), before).filter((one) => one.startsWith('process'));
	if (known.length > 60) find(`ever more processes: ${known.join('\n')}`);
}
if (container && !container.isOver) {
	await within(start(['kill', kept]).ended, () => `kill ${kept}`);
	await within(container.ended, () => `run --name ${kept}`);
}
done = [`at the end, after ${rounds} rounds`];
await settled(before, 11_000); // what is younger may be in use: see cgroup/stale.ts
await sleep(10_500);
await within(start(['run', '--name', kept, '--', 'true']).ended, () => 'run -- true'); // removes what is left
await byLibrary();
const left = await settled(before, 5000);
if (left.length > 0) find(`left:\n    ${left.join('\n    ')}`);
const grown = memory() - rss;
if (grown > 64 * 2 ** 20) find(`this process has grown by ${(grown / 2 ** 20).toFixed()} MiB`);
console.log(`soak: ${rounds} rounds, ${(grown / 2 ** 20).toFixed(1)} MiB more, seed ${SEED}: ${findings} findings`);
process.exit(findings > 0 ? 1 : 0);
