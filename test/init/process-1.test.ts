/**
 * Process 1 of the container, where the program is not it: it forwards signals, orphans are reaped, it ends with the outer,
 * and whoever is inside finds nothing behind it.
 */
import { existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { InitConfig } from '../../controller/model/init-config.js';
import type { ProcCreated } from '../../controller/model/messages.js';
import { childrenOf } from '../support/family.js';
import { probe, python } from '../support/paths.js';
import { converse, goodConfig, type RawShim, rawShim, run, turns } from '../support/raw-shim.js';
import { seen } from '../support/see.js';

const process1 = true;
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
	const shim = rawShim({ stdio: ['ignore', 'pipe', 'inherit'], sealed: true });
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
	const pid = (await converse(shim, turns, { ...goodConfig, process1, args, ...changes })) as number;
	const [first = 0, ...others] = childrenOf(shim.process.pid as number);
	if (others.join() !== String(pid)) throw new Error(`the outer has other children than ${pid}: ${others}`);
	await line();
	return { shim, pid, first, line };
}

/** Not there any more, or dead and left to process 1 of the host, which reaps when it likes. */
function isDead(pid: number): boolean {
	try {
		return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return true;
	}
}

async function isGone(pid: number): Promise<boolean> {
	for (let tries = 0; tries < 500; tries++) {
		if (isDead(pid)) return true;
		await sleep(20);
	}
	return false;
}

t.test('the program is an ordinary process beside it, without a parent inside', async (t) => {
	const program = seen((await run({ process1, args: [probe, 'see'] })).stdout);
	t.strictSame([program.pid, program.ppid], [2, 0]);
	t.equal(program.sid, 2, 'with a session of its own');
	t.strictSame(Object.keys(program.fds), ['0', '1', '2'], 'and no file descriptor more');
	t.strictSame([program.blocked, program.ignored], [0, 0], 'no signal is blocked or ignored');

	const listing = script('import os; print([p for p in os.listdir("/proc") if p.isdigit()])');
	t.equal((await run({ process1, args: listing })).stdout, "['1', '2']\n");
	t.equal(seen((await run({ args: [probe, 'see'] })).stdout).pid, 1, 'without it the program is process 1');
});

t.test('it needs a new pid namespace, and a sealed shim', async (t) => {
	const { pid: _, ...namespaces } = goodConfig.namespaces;
	t.match((await run({ process1, namespaces })).last, {
		type: 'procError',
		step: 'config',
		pointer: '/namespaces/pid',
		message: 'is missing',
	});
	t.match((await run({ process1 }, { sealed: false })).last, {
		type: 'procError',
		step: 'sealed',
		message: /start it with --sealed/,
	});
});

/** In the namespaces of the program, but for those that the init makes late and for itself. */
const shared = ['mnt', 'pid', 'uts', 'ipc', 'net', 'user'];

t.test('it can do nothing but signal the program, and has nothing of the host', async (t) => {
	const marker = `marker-of-the-config-${process.pid}`;
	const { shim, first, pid } = await start(['sh', '-c', 'echo ready; exec sleep 86433', marker]);
	const status = readFileSync(`/proc/${first}/status`, 'utf8');
	const CAP_KILL = '0000000000000020';
	for (const [member, expected] of [
		['CapInh', '0000000000000000'],
		['CapPrm', CAP_KILL],
		['CapEff', CAP_KILL],
		['CapAmb', '0000000000000000'],
		['NoNewPrivs', '1'],
		['Seccomp', '2'],
	] as const)
		t.match(status, new RegExp(`^${member}:\\t${expected}$`, 'm'));
	t.strictSame(readdirSync(`/proc/${first}/fd`), []);
	for (const link of ['cwd', 'root']) t.equal(readlinkSync(`/proc/${first}/${link}`), '/');
	t.match(readlinkSync(`/proc/${first}/exe`), /^\/memfd:/, 'a copy of the shim that nobody can change');
	const session = (process: number) => readFileSync(`/proc/${process}/stat`, 'utf8').split(' ')[5];
	t.equal(session(first), String(first), 'a session of its own');
	for (const name of shared)
		t.equal(readlinkSync(`/proc/${first}/ns/${name}`), readlinkSync(`/proc/${pid}/ns/${name}`), name);
	t.notMatch(memoryOf(first), marker, 'it has forgotten the config');
	t.match(memoryOf(shim.process.pid as number), marker, 'which the outer has');
	await shim.close();
});

/** All that a process has written to, or has from who did. */
function memoryOf(pid: number): string {
	const memory = openSync(`/proc/${pid}/mem`, 'r');
	const parts: string[] = [];
	for (const [, from, to] of readFileSync(`/proc/${pid}/maps`, 'utf8').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
		const start = Number.parseInt(from as string, 16);
		const buffer = Buffer.alloc(Number.parseInt(to as string, 16) - start);
		parts.push(buffer.toString('latin1', 0, readSync(memory, buffer, 0, buffer.length, start)));
	}
	return parts.join();
}

t.test('it is in the root of the container, and sees its mounts', async (t) => {
	const mounts = [...(goodConfig.mounts ?? []), { destination: '/mnt', type: 'tmpfs' }];
	const args = [
		'sh',
		'-c',
		'touch /mnt/inside; ls /proc/1/root/mnt; stat -c %i / /proc/1/root/ /proc/1/cwd/ | uniq | wc -l',
	];
	t.equal((await run({ process1, mounts, args })).stdout, 'inside\n1\n');
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
	t.equal((await run({ process1, args: script(orphans) })).stdout, '(0, 1)\n');
	t.equal((await run({ args: script(orphans) })).stdout, '(10, 10)\n', 'where the program is process 1 they stay');
});

const handler = `
import os, signal, sys
handled = [n for n in range(1, 65) if n not in (9, 19, 32, 33)]
def handle(number, frame):
    os.write(1, b"%d\\n" % number)
for n in handled: signal.signal(n, handle)
print("ready", flush=True)
while True: signal.pause()`;

/** SIGSTOP and SIGKILL are for process 1 itself; 32 and 33 python leaves to libc. */
const forwarded = Array.from({ length: 64 }, (_, i) => i + 1).filter((number) => ![9, 19, 32, 33].includes(number));

t.test('every signal to process 1 from outside reaches the program, as often as it comes', async (t) => {
	const { shim, first, line } = await start(script(handler));
	for (const number of forwarded)
		for (let time = 0; time < 3; time++) {
			process.kill(first, number);
			t.equal(await line(), String(number));
		}
	await shim.close();
});

const collector = `
import os, signal, time
handled = [n for n in range(1, 65) if n not in (9, 19, 32, 33)]
got = []
for n in handled: signal.signal(n, lambda number, frame: got.append(number))
for n in handled:
    os.kill(1, n)
    deadline = time.time() + 5
    while n not in got and time.time() < deadline: time.sleep(0.001)
print(got == handled)`;

t.test('and every signal from inside', async (t) => {
	t.equal((await run({ process1, args: script(collector) })).stdout, 'True\n');
});

t.test('nothing that is sent from inside ends it or stops it', async (t) => {
	const text =
		'import os, signal, time\nfor n in (9, 19): os.kill(1, n)\ntime.sleep(0.05); print(open("/proc/1/stat").read().split()[2])';
	t.equal((await run({ process1, args: script(text) })).stdout, 'S\n');
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
		t.match(
			(await run({ process1, args: ['sh', '-c', `exit ${code}`] })).last,
			{ type: 'procExited', code },
			`${code}`,
		);
	for (const signal of [1, 2, 6, 9, 11, 15, 34, 64]) {
		const args = script(
			`import os, signal\ntry: signal.signal(${signal}, signal.SIG_DFL)\nexcept OSError: pass\nos.kill(os.getpid(), ${signal})`,
		);
		const { last } = await run({ process1, args });
		t.match(last, { type: 'procExited', signal }, `signal ${signal}`);
	}
});

t.test('so is its account', async (t) => {
	const touched = await run({ process1, args: [probe, 'touch', `${16 << 20}`] });
	const idle = await run({ process1, args: [probe, 'touch', '0'] });
	const maxrss = ({ last }: typeof touched) => (last?.type === 'procExited' ? last.rusage.maxrss : 0);
	t.ok(maxrss(touched) >= 15 << 10);
	t.ok(maxrss(idle) < 2 << 10, `${maxrss(idle)} KiB`);
	const busy = await run({ process1, args: [probe, 'spin', '50'] });
	t.ok(busy.last?.type === 'procExited' && busy.last.rusage.utime + busy.last.rusage.stime >= 50_000);
});

t.test('what the program leaves behind ends with it', async (t) => {
	const { shim, pid, first } = await start(['sh', '-c', 'setsid sleep 86435 & echo ready; exit 3']);
	t.match(await shim.next(), { type: 'procExited', code: 3 });
	while (readdirSync('/proc').some((pid) => commandOf(pid).includes('86435'))) await sleep(5);
	for (const process of [pid, first])
		t.ok(existsSync(`/proc/${process}`), 'neither is reaped while the channel is open');
	await shim.close();
	for (const process of [pid, first]) t.notOk(existsSync(`/proc/${process}`));
});

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
	} catch {
		return '';
	}
}

t.test('SIGKILL of process 1 ends everything, and is reported', async (t) => {
	const { shim, first } = await start(['sh', '-c', 'sleep 86436 & echo ready; exec sleep 86436']);
	process.kill(first, 'SIGKILL');
	t.match(await shim.next(), { type: 'procExited', signal: 9 });
	while (readdirSync('/proc').some((pid) => commandOf(pid).includes('86436'))) await sleep(5);
	await shim.close();
	t.notOk(existsSync(`/proc/${first}`));
});

t.test('SIGKILL of process 1, or of the init, before there was a program is no started program', async (t) => {
	for (const which of [0, 1])
		for (let turn = 2; turn < turns; turn++) {
			const shim = rawShim({ sealed: true });
			await converse(shim, turn, { ...goodConfig, process1 });
			const [...children] = childrenOf(shim.process.pid as number);
			process.kill(children[which] as number, 'SIGKILL');
			t.match(
				await shim.next(),
				{ type: 'procError', step: 'watch', message: /the init was killed by signal 9/ },
				`child ${which} after ${turn} turns`,
			);
			await shim.close();
			for (const child of children) t.notOk(existsSync(`/proc/${child}`));
		}
});

t.test('a step that fails is reported as without', async (t) => {
	t.match((await run({ process1, args: ['no-such'] })).last, { type: 'procError', step: 'exec', errno: 2 });
	t.match((await run({ process1, cwd: '/no/such' })).last, { type: 'procError', step: 'cwd', errno: 2 });
	t.match((await run({ process1, mounts: [{ destination: '/no/such/directory', type: 'proc' }] })).last, {
		type: 'procError',
		step: 'mounts',
	});
});

t.test('in a user namespace it is root of that, and signals the program as well', async (t) => {
	const shim = rawShim({ stdio: ['ignore', 'pipe', 'inherit'], sealed: true });
	const namespaces = { ...goodConfig.namespaces, user: 'new' as const };
	const config = {
		...goodConfig,
		process1,
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
	const [first = 0] = childrenOf(shim.process.pid as number);
	const status = readFileSync(`/proc/${first}/status`, 'utf8');
	for (const ids of ['Uid', 'Gid']) t.match(status, new RegExp(`^${ids}:(\\t100000){4}$`, 'm'), 'nobody of the host');
	process.kill(first, 'SIGTERM');
	t.match(await shim.next(), { type: 'procExited', code: 7 });
	await shim.close();
});

/* ---- whoever dies ---------------------------------------------------------------------------------------- */

t.test('it dies with the outer, and all with it: also who has changed its user, and when it is stopped', async (t) => {
	for (const stops of [false, true]) {
		const changing = 'echo ready; exec setpriv --reuid=65534 --clear-groups sleep 86437';
		const { shim, first, pid } = await start(['sh', '-c', changing]);
		while (!readFileSync(`/proc/${pid}/status`, 'utf8').includes('Uid:\t65534')) await sleep(5);
		if (stops) process.kill(first, 'SIGSTOP');
		shim.process.kill('SIGKILL');
		t.ok(await isGone(pid), 'the program');
		t.ok(await isGone(first), 'process 1');
		await shim.close();
	}
});

/* ---- whoever is inside ----------------------------------------------------------------------------------- */

const ptrace = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
POKEDATA, CONT, ATTACH, DETACH, GETREGSET, SETREGSET, NT_PRSTATUS = 5, 7, 16, 17, 0x4204, 0x4205, 1
def errno_of(call, *args):
    try: call(*args)
    except OSError as error: return error.errno
    return 0
def checked(call, *args):
    ctypes.set_errno(0)
    result = call(*args)
    if result == -1 and ctypes.get_errno(): raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def trace(request, address=0, data=0): return checked(libc.ptrace, request, 1, address, data)
def getfd(pidfd, number): return checked(libc.syscall, 438, pidfd, number, 0)
`;

const reached = `${ptrace}
print("attach", errno_of(trace, ATTACH))
for path in ("root/", "cwd/"): print(path, errno_of(os.listdir, "/proc/1/" + path))
for path in ("exe", "mem", "maps", "environ"): print(path, errno_of(lambda: open("/proc/1/" + path, "rb").close()))
for write in ("mem", "exe"): print("write", write, errno_of(lambda: open("/proc/1/" + write, "r+b").close()))
pidfd = os.pidfd_open(1)
for number in (0, 3, 4): print("getfd", errno_of(getfd, pidfd, number))
`;

t.test('who has not CAP_SYS_PTRACE reaches nothing of it', async (t) => {
	const others = ['CAP_KILL', 'CAP_SETUID', 'CAP_NET_ADMIN', 'CAP_SYS_CHROOT', 'CAP_SYS_RAWIO'];
	const capabilities = { bounding: others, permitted: others, effective: others };
	const { stdout } = await run({ process1, capabilities, args: script(reached) });
	const [EPERM, EACCES] = [1, 13];
	const lines = stdout.trim().split('\n');
	t.equal(lines.length, 12, stdout);
	for (const line of lines) t.ok([EPERM, EACCES].includes(Number(line.split(' ').at(-1))), line);
});

const tracing = ['CAP_SYS_PTRACE'];
const alone = { bounding: tracing, permitted: tracing, effective: tracing };

t.test('who has CAP_SYS_PTRACE alone finds nothing there', async (t) => {
	const text = `${ptrace}
trace(ATTACH); os.waitpid(1, 0x40000000); trace(DETACH)
print(os.listdir("/proc/1/fd"), os.path.samefile("/proc/1/root", "/"), os.path.samefile("/proc/1/cwd", "/"))
pidfd = os.pidfd_open(1)
print(set(errno_of(getfd, pidfd, number) for number in range(64)))
print(errno_of(lambda: open("/proc/1/exe", "r+b").write(b"x")) in (1, 13, 26))
`;
	const EBADF = 9;
	const { stdout } = await run({ process1, capabilities: alone, args: script(text) });
	t.equal(stdout, `[] True True\n{${EBADF}}\nTrue\n`);
});

/** Of each processor: where its registers are in those of 64 bits that ptrace(2) hands out, and numbers of system calls. */
const processor = {
	x64: {
		registers: { count: 27, pc: 16, sp: 19, number: 10, arguments: [14, 13, 12] },
		call: 2, // bytes
		numbers: { openat: 257, execve: 59, setns: 308, ptrace: 101, mount: 165, prctl: 157, kill: 62 },
	},
	arm64: {
		registers: { count: 34, pc: 32, sp: 31, number: 8, arguments: [0, 1, 2] },
		call: 4,
		numbers: { openat: 56, execve: 221, setns: 268, ptrace: 117, mount: 40, prctl: 167, kill: 129 },
	},
}[process.arch as 'x64' | 'arm64'];

/** Takes process 1 over, which waits in a system call: the next thing it does is another one. */
const takeOver = (number: number, values: string) => `${ptrace}
import struct
print("ready", flush=True)
trace(ATTACH)
os.waitpid(1, 0x40000000)
registers = (ctypes.c_ulonglong * ${processor.registers.count})()
part = (ctypes.c_void_p * 2)(ctypes.addressof(registers), ctypes.sizeof(registers))
trace(GETREGSET, NT_PRSTATUS, ctypes.addressof(part))
path = (registers[${processor.registers.sp}] - 256) & -16 # below what it uses of its stack
for i, word in enumerate(struct.unpack("2Q", b"/tmp/taken-over\\0")): trace(POKEDATA, path + 8 * i, word)
registers[${processor.registers.pc}] -= ${processor.call} # the instruction that it waits in
registers[${processor.registers.number}] = ${number}
for at, value in zip(${JSON.stringify(processor.registers.arguments)}, (${values})): registers[at] = value
trace(SETREGSET, NT_PRSTATUS, ctypes.addressof(part))
trace(CONT)
os.waitpid(1, 0x40000000)
print("process 1 has stopped, or ended before this process")
`;

t.test('and gains nothing: any other call ends it, and the container with it', async (t) => {
	for (const [call, values] of [
		['openat', '0, path, 0o102'],
		['execve', 'path, 0, 0'],
		['setns', '0, 0, 0'],
		['ptrace', 'path, 0, 0'],
		['mount', 'path, path, 0'],
		['prctl', '1, 0, 0'],
		['kill', '3, 9, 0'],
		['kill', '(1 << 64) - 1, 9, 0'],
	] as const) {
		const args = script(takeOver(processor.numbers[call], values));
		const { last, stdout } = await run({ process1, capabilities: alone, args });
		t.match(last, { type: 'procExited', signal: 9 }, `${call}(${values})`);
		t.equal(stdout, 'ready\n', `${call}(${values})`);
	}
	t.notOk(existsSync('/tmp/taken-over'));
});

t.test('it can be made to signal the program, which who traces it may do anyway', async (t) => {
	const args = script(takeOver(processor.numbers.kill, '2, 15, 0'));
	const { last } = await run({ process1, capabilities: alone, args });
	t.match(last, { type: 'procExited', signal: 15 });
});
