/** Every state of the protocol: what the end of the channel means in it, and what a wrong message does. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { converse, goodConfig, type RawShim, rawShim, type ShimOptions, turns } from '../support/raw-shim.js';

const holding = { ...goodConfig, args: ['sleep', '86428'] };

/** A process with a network namespace of its own, and a container, for others to join. */
const other = spawn('unshare', ['--net', 'sleep', '86429'], { stdio: 'ignore' });
while (readlinkSync(`/proc/${other.pid}/ns/net`) === readlinkSync('/proc/self/ns/net')) await sleep(5);
const container = rawShim();
const target = (await converse(container, turns, holding)) as number;

t.teardown(async () => {
	other.kill();
	await container.close();
});

/** Field 22 of proc_pid_stat(5); the second may hold spaces. */
const startTimeOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]);

/** What differs in the processes that there are. */
const forms: Record<string, { config: object } & ShimOptions> = {
	'a container': { config: holding },
	'with a process 1 of ours': { sealed: true, config: { ...holding, process1: true } },
	'with a process 1 of ours, a terminal and a file descriptor of its own, to be asked to end': {
		sealed: true,
		fds: ['pipe', 'pipe'],
		config: { ...holding, process1: true, console: {}, preservedFds: 1, parentDeathSignal: 15 },
	},
	'that joins a namespace': {
		config: { ...holding, namespaces: { ...holding.namespaces, network: `/proc/${other.pid}/ns/net` } },
	},
	'that joins a namespace, with a process 1 of ours': {
		sealed: true,
		config: {
			...holding,
			process1: true,
			namespaces: { mount: 'new', pid: 'new', network: `/proc/${other.pid}/ns/net` },
		},
	},
	'a process that joins a container': {
		sealed: true,
		config: {
			...holding,
			initType: 'setns',
			namespaces: {},
			mounts: undefined,
			target: { pid: target, startTime: startTimeOf(target) },
		},
	},
};

/** Holds the first turns with a shim of each form. */
async function* each(count: number): AsyncGenerator<{ shim: RawShim; pid: number | undefined; name: string }> {
	for (const [form, { config, ...options }] of Object.entries(forms)) {
		const shim = rawShim(options);
		yield { shim, pid: await converse(shim, count, config), name: `${form}, after ${count} turns` };
	}
}

/** Not there any more, or dead and left to process 1 of the host, which reaps when it likes. */
function isDead(pid: number): boolean {
	try {
		return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return true;
	}
}

async function isGone(pid: number | undefined): Promise<boolean> {
	for (let tries = 0; pid !== undefined && !isDead(pid); tries++) {
		if (tries === 500) return false;
		await sleep(20);
	}
	return true;
}

t.test('the dialogue as it should be', async (t) => {
	const shim = rawShim();
	const pid = await converse(shim, turns);
	t.match(await shim.next(), { type: 'procExited', code: 0, time: Number, rusage: { maxrss: Number } });
	t.ok(existsSync(`/proc/${pid}`), 'the init is not reaped while the channel is open');
	t.strictSame(await shim.close(), { code: 0, signal: null });
	t.notOk(existsSync(`/proc/${pid}`));
});

t.test('the end of the channel ends the container, in every state', async (t) => {
	for (let turn = 0; turn <= turns; turn++)
		for await (const { shim, pid, name } of each(turn)) {
			const { signal } = await shim.close();
			t.equal(signal, null, `${name}: the shim exits by itself`);
			t.ok(await isGone(pid), `${name}: and the init is gone`);
		}
});

t.test('a wrong message is another error than a closed channel, in every state', async (t) => {
	for (let turn = 1; turn < turns; turn++)
		for (const [text, pointer, message] of [
			['{"type":"procStop"}', '/type', /must be proc/],
			['{"type":"procRun","now":true}', turn === 3 ? '/now' : '/type', /must be|is not a known member/],
			['{}', '/type', /is missing/],
			['null', '', /must be an object/],
			['procRun', '', /must be an object/],
			['{"type":"procRun"', turn === 3 ? '' : '/type', /must be|is missing/],
		] as const) {
			const shim = rawShim();
			const pid = await converse(shim, turn, holding);
			shim.write(`${text}\n`);
			t.match(await shim.next(), { type: 'procError', errno: 0, pointer, message }, `${text} after ${turn} turns`);
			await shim.close();
			t.ok(await isGone(pid));
		}
});

t.test('while the program runs only the size of its terminal is awaited, and only if it has one', async (t) => {
	for (const [text, pointer, message] of [
		['{"type":"procRun"}', '/type', /must be procResize/],
		['{"type":"procResize","height":24,"width":80}', '/type', /has no terminal/],
		['{"type":"procResize","height":24}', '/width', /is missing/],
		['{"type":"procResize","height":24,"width":65536}', '/width', /must be an integer from 0 to 65535/],
	] as const) {
		const shim = rawShim();
		const pid = await converse(shim, turns, holding);
		shim.write(`${text}\n`);
		t.match(await shim.next(), { type: 'procError', step: 'watch', pointer, message }, text);
		await shim.close();
		t.ok(await isGone(pid));
	}
});

t.test('a line without end is refused', async (t) => {
	const shim = rawShim();
	await converse(shim, 2, holding);
	shim.write('x'.repeat(300));
	t.match(await shim.next(), { type: 'procError', message: /procSetup is too long/ });
	await shim.close();
});

t.test('messages may come in pieces, or all at once', async (t) => {
	const pieces = rawShim();
	for (const byte of `${JSON.stringify(goodConfig)}\n{"type":"procCreate"}\n`) {
		pieces.write(byte);
		if (byte === ',') await sleep(1);
	}
	t.match(await pieces.next(), { type: 'procCreated' });
	await pieces.close();

	const once = rawShim();
	once.write(`${JSON.stringify(goodConfig)}\n{"type":"procCreate"}\n`);
	t.match(await once.next(), { type: 'procCreated' });
	await once.close();
});

t.test('a step that fails says its name, its errno and its operands', async (t) => {
	for (const [change, expected] of [
		[{ cwd: '/no/such' }, { step: 'cwd', errno: 2, message: 'chdir /no/such: No such file or directory' }],
		[{ args: ['no-such'] }, { step: 'exec', errno: 2, message: /not found in PATH/ }],
		[
			{ mounts: [{ destination: '/etc/passwd', type: 'proc' }] },
			{ step: 'mounts', errno: 20, message: /ordinary directory/ },
		],
		[{ cgroup: { path: '/no/such', directories: [], bases: [] } }, { step: 'cgroup-open', errno: 2 }],
		[{ cgroup: { path: '/proc', directories: [], bases: [] } }, { step: 'clone', errno: 9 }],
	] as const) {
		const shim = rawShim();
		for (const message of [
			{ ...goodConfig, ...change },
			{ type: 'procCreate' },
			{ type: 'procSetup' },
			{ type: 'procRun' },
		])
			shim.write(`${JSON.stringify(message)}\n`);
		let message = await shim.next();
		while (message && message.type !== 'procError') message = await shim.next();
		t.match(message, expected);
		await shim.close();
	}
});

t.test('an init that is killed before it became the program is no started program', async (t) => {
	const shim = rawShim();
	const pid = (await converse(shim, 3)) as number;
	process.kill(pid, 'SIGKILL');
	t.match(await shim.next(), { type: 'procError', step: 'watch', message: /the init was killed by signal 9/ });
	await shim.close();
	t.ok(await isGone(pid));
});

t.test('the init outlives no outer', async (t) => {
	for (let turn = 2; turn <= turns; turn++)
		for await (const { shim, pid, name } of each(turn)) {
			shim.process.kill('SIGKILL');
			t.ok(await isGone(pid), name);
			await shim.close();
		}
});

t.test('a refusal arrives, although the controller was still writing', async (t) => {
	for (let i = 0; i < 20; i++) {
		const shim = rawShim();
		shim.write('{"version":"0.0.0"}\n');
		shim.write('{"type":"procCreate"}\n');
		t.match(await shim.next(), { type: 'procError', step: 'config', pointer: '/version' });
		t.match(await shim.close(), { code: 125 });
	}
});
