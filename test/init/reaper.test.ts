/** With a reaper, process 1 of the container is the shim: it reaps orphans and forwards signals, and nothing else changes. */
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { InitConfig } from '../../controller/model/init-config.js';
import type { ProcCreated } from '../../controller/model/messages.js';
import { probe, python } from '../support/paths.js';
import { goodConfig, type RawShim, rawShim, run } from '../support/raw-shim.js';
import { seen } from '../support/see.js';

const reaper = true;
const script = (text: string) => [python, '-c', text];

interface Live {
	shim: RawShim;
	pid: number;
	/** Process 1, as seen from here. */
	first: number;
	/** The next line that the program prints. */
	line(): Promise<string>;
}

/** Starts a program and returns when it has printed a first line. */
async function start(args: string[], changes: Partial<InitConfig> = {}): Promise<Live> {
	const shim = rawShim({ stdio: ['ignore', 'pipe', 'inherit'] });
	const lines: string[] = [];
	let rest = '';
	shim.process.stdout?.on('data', (chunk) => {
		const parts = `${rest}${chunk}`.split('\n');
		rest = parts.pop() as string;
		lines.push(...parts);
	});
	const line = async () => {
		while (lines.length === 0) await sleep(2);
		return lines.shift() as string;
	};
	const config = { ...goodConfig, reaper, args, ...changes };
	let created: ProcCreated | undefined;
	for (const [message, answer] of [
		[config, undefined],
		[{ type: 'procCreate' }, 'procCreated'],
		[{ type: 'procSetup' }, 'procReady'],
		[{ type: 'procRun' }, 'procStarted'],
	] as const) {
		shim.write(`${JSON.stringify(message)}\n`);
		const got = answer && (await shim.next());
		if (got?.type !== answer) throw new Error(`${answer} expected, not ${JSON.stringify(got)}`);
		if (got?.type === 'procCreated') created = got;
	}
	const { pid, reaper: first } = created as Required<ProcCreated>;
	await line();
	return { shim, pid, first, line };
}

t.test('process 1 is the shim, and the program its child: one task more', async (t) => {
	const { messages, stdout } = await run({ reaper, args: [probe, 'see'] });
	const program = seen(stdout);
	t.strictSame([program.pid, program.ppid], [2, 1]);
	t.equal(program.sid, 2, 'with a session of its own');
	t.strictSame(Object.keys(program.fds), ['0', '1', '2'], 'and no file descriptor more');
	t.equal(program.blocked, 0, 'no signal is blocked');
	const [created] = messages as [ProcCreated];
	t.not(created.reaper, undefined);
	t.not(created.reaper, created.pid);

	const processes = await run({
		reaper,
		args: script('import os; print([p for p in os.listdir("/proc") if p.isdigit()])'),
	});
	t.equal(processes.stdout, "['1', '2']\n");
	const without = await run({ args: [probe, 'see'] });
	t.equal(seen(without.stdout).pid, 1);
	t.notOk('reaper' in (without.messages[0] as ProcCreated));
});

t.test('it can do nothing but signal: one capability, one file descriptor, nothing of the host', async (t) => {
	const { shim, first, pid } = await start(['sh', '-c', 'echo ready; exec sleep 86433']);
	const status = readFileSync(`/proc/${first}/status`, 'utf8');
	const CAP_KILL = '0000000000000020';
	for (const [set, expected] of [
		['CapInh', '0000000000000000'],
		['CapPrm', CAP_KILL],
		['CapEff', CAP_KILL],
		['CapAmb', '0000000000000000'],
	] as const)
		t.match(status, new RegExp(`^${set}:\\t${expected}$`, 'm'));
	const fds = readdirSync(`/proc/${first}/fd`);
	t.equal(fds.length, 1);
	t.match(readlinkSync(`/proc/${first}/fd/${fds[0]}`), /^socket:/);
	t.equal(readlinkSync(`/proc/${first}/cwd`), '/');
	const session = (process: number) => readFileSync(`/proc/${process}/stat`, 'utf8').split(' ')[5];
	t.equal(session(first), String(first), 'a session of its own');
	t.equal(session(pid), String(pid));
	await shim.close();
});

const orphans = `
import os, time
for _ in range(10):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.01)
            os._exit(0)
        os._exit(0)
    os.wait()
def zombies():
    states = []
    for pid in os.listdir("/proc"):
        if pid.isdigit() and pid != str(os.getpid()):
            try: states.append(open(f"/proc/{pid}/stat").read().rsplit(")")[1].split()[0])
            except OSError: pass
    return states.count("Z"), len(states)
deadline = time.time() + 5
expected = (0, 1) if os.getpid() != 1 else (10, 10)
while zombies() != expected and time.time() < deadline: time.sleep(0.01)
print(zombies())`;

t.test('orphans are reaped', async (t) => {
	t.equal((await run({ reaper, args: script(orphans) })).stdout, '(0, 1)\n');
	t.equal((await run({ args: script(orphans) })).stdout, '(10, 10)\n', 'where the program is process 1 they stay');
});

const handler = `
import os, signal, sys
handled = [n for n in range(1, 65) if n not in (9, 17, 19, 32, 33)]
def handle(number, frame):
    os.write(1, b"%d\\n" % number)
for n in handled: signal.signal(n, handle)
print("ready", flush=True)
while True: signal.pause()`;

/** SIGSTOP, SIGKILL and SIGCHLD are for process 1 itself; 32 and 33 python leaves to libc. */
const forwarded = Array.from({ length: 64 }, (_, i) => i + 1).filter((number) => ![9, 17, 19, 32, 33].includes(number));

t.test('every signal to process 1 from outside reaches the program', async (t) => {
	const { shim, first, line } = await start(script(handler));
	for (const number of forwarded) {
		process.kill(first, number);
		t.equal(await line(), String(number));
	}
	await shim.close();
});

const collector = `
import os, signal, time
handled = [n for n in range(1, 65) if n not in (9, 17, 19, 32, 33)]
got = []
for n in handled: signal.signal(n, lambda number, frame: got.append(number))
for n in handled:
    os.kill(1, n)
    deadline = time.time() + 5
    while n not in got and time.time() < deadline: time.sleep(0.001)
print(got == handled)`;

t.test('and every signal from inside', async (t) => {
	t.equal((await run({ reaper, args: script(collector) })).stdout, 'True\n');
});

t.test('a program that runs as another user is signalled too', async (t) => {
	const { shim, first, line } = await start(script(`import os\nos.setgid(65534)\nos.setuid(65534)\n${handler}`));
	process.kill(first, 'SIGTERM');
	t.equal(await line(), '15');
	await shim.close();
});

t.test('a signal that the program does not handle ends it, although it would not end process 1', async (t) => {
	const { shim, first } = await start(['sh', '-c', 'echo ready; exec sleep 86434']);
	process.kill(first, 'SIGTERM');
	t.match(await shim.next(), { type: 'procExited', signal: 15, coreDumped: false });
	await shim.close();
});

t.test('the exit code and the signal are those of the program', async (t) => {
	for (const code of [0, 1, 42, 127, 128, 143, 255])
		t.match((await run({ reaper, args: ['sh', '-c', `exit ${code}`] })).last, { type: 'procExited', code }, `${code}`);
	for (const signal of [1, 2, 6, 9, 11, 15, 34, 64]) {
		const args = script(
			`import os, signal\ntry: signal.signal(${signal}, signal.SIG_DFL)\nexcept OSError: pass\nos.kill(os.getpid(), ${signal})`,
		);
		const { last } = await run({ reaper, args });
		t.match(last, { type: 'procExited', signal }, `signal ${signal}`);
	}
});

t.test('so is its account', async (t) => {
	const touched = await run({ reaper, args: [probe, 'touch', `${16 << 20}`] });
	const idle = await run({ reaper, args: [probe, 'touch', '0'] });
	const maxrss = ({ last }: typeof touched) => (last?.type === 'procExited' ? last.rusage.maxrss : 0);
	t.ok(maxrss(touched) >= 15 << 10);
	t.ok(maxrss(idle) < 2 << 10, `${maxrss(idle)} KiB`);
	const busy = await run({ reaper, args: [probe, 'spin', '50'] });
	t.ok(busy.last?.type === 'procExited' && busy.last.rusage.utime + busy.last.rusage.stime >= 50_000);
});

t.test('what the program leaves behind ends with it', async (t) => {
	const { shim, first } = await start(['sh', '-c', 'setsid sleep 86435 & echo ready; exit 3']);
	t.match(await shim.next(), { type: 'procExited', code: 3 });
	while (readdirSync('/proc').some((pid) => commandOf(pid).includes('86435'))) await sleep(5);
	t.ok(existsSync(`/proc/${first}`), 'process 1 is not reaped while the channel is open');
	await shim.close();
	t.notOk(existsSync(`/proc/${first}`));
});

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
	} catch {
		return '';
	}
}

t.test('SIGKILL of process 1 ends everything, and is reported', async (t) => {
	const { shim, first, pid } = await start(['sh', '-c', 'echo ready; exec sleep 86436']);
	process.kill(first, 'SIGKILL');
	t.match(await shim.next(), { type: 'procExited', signal: 9 });
	t.notOk(existsSync(`/proc/${pid}`));
	await shim.close();
});

t.test('SIGKILL of the program before it was one is no started program', async (t) => {
	for (const victim of ['pid', 'reaper'] as const) {
		const shim = rawShim();
		shim.write(`${JSON.stringify({ ...goodConfig, reaper })}\n{"type":"procCreate"}\n`);
		const created = (await shim.next()) as ProcCreated;
		process.kill(created[victim] as number, 'SIGKILL');
		t.match(
			await shim.next(),
			{ type: 'procError', step: 'watch', message: /the init was killed by signal 9/ },
			victim,
		);
		await shim.close();
	}
});

t.test('a step that fails is reported as without', async (t) => {
	t.match((await run({ reaper, args: ['no-such'] })).last, { type: 'procError', step: 'exec', errno: 2 });
	t.match((await run({ reaper, cwd: '/no/such' })).last, { type: 'procError', step: 'cwd', errno: 2 });
	t.match((await run({ reaper, mounts: [{ destination: '/no/such/directory', type: 'proc' }] })).last, {
		type: 'procError',
		step: 'mounts',
	});
});

const orphan = `
import os
read, write = os.pipe()
if os.fork() == 0:
    parent = os.getpid()
    if os.fork() == 0:
        while os.getppid() == parent: pass
        os.write(write, str(os.getppid()).encode())
    os._exit(0)
os.wait()
print(os.read(read, 20).decode())`;

t.test('without a pid namespace it is no process 1, and gets the orphans all the same', async (t) => {
	const { pid: _, ...namespaces } = goodConfig.namespaces;
	const { messages, stdout } = await run({ reaper, namespaces, args: script(orphan) });
	t.equal(stdout, `${(messages[0] as ProcCreated).reaper}\n`);
});

t.test('in a user namespace it signals the program as well', async (t) => {
	const shim = rawShim({ stdio: ['ignore', 'pipe', 'inherit'] });
	const namespaces = { ...goodConfig.namespaces, user: 'new' as const };
	const config = {
		...goodConfig,
		reaper,
		namespaces,
		args: ['sh', '-c', 'trap "echo TERM; exit 7" TERM; echo ready; while :; do sleep 0.01; done'],
	};
	const printed = new Promise((resolve) => shim.process.stdout?.once('data', resolve));
	shim.write(`${JSON.stringify(config)}\n{"type":"procCreate"}\n`);
	const created = (await shim.next()) as ProcCreated;
	for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${created.pid}/${map}`, '0 100000 65536\n');
	shim.write('{"type":"procSetup"}\n{"type":"procRun"}\n');
	t.match(await shim.next(), { type: 'procReady' });
	t.match(await shim.next(), { type: 'procStarted' });
	await printed;
	process.kill(created.reaper as number, 'SIGTERM');
	t.match(await shim.next(), { type: 'procExited', code: 7 });
	await shim.close();
});
