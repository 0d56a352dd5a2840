/** A further process in a running container: in all its namespaces, and out of reach of who is in there already. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { InitConfig } from '../../controller/model/init-config.js';
import { runInTerminal } from '../support/console.js';
import { forEverybody } from '../support/everybody.js';
import { mapped, mappedRoot } from '../support/id-maps.js';
import { probe, python } from '../support/paths.js';
import { type Changes, goodConfig, run, type ShimOptions } from '../support/raw-shim.js';
import { failure, look, target, whileRunning } from '../support/run-init.js';

const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const;
const namespacesOf = (pid: number | 'self') =>
	Object.fromEntries(kinds.map((kind) => [kind, readlinkSync(`/proc/${pid}/ns/${kind}`)]));

const all = { ...goodConfig.namespaces, network: 'new', time: 'new' };
const inUserNamespace = { ...all, user: 'new' };

/** The config that joins the container of a process. */
const joining = (pid: number, changes: Changes = {}): Changes => ({
	initType: 'setns',
	target: target(pid),
	namespaces: {},
	mounts: undefined,
	...changes,
});

const sealed: ShimOptions = { sealed: true };

for (const [name, namespaces, options] of [
	['without a user namespace', all, {}],
	['with one', inUserNamespace, mapped],
] as const)
	t.test(`a container ${name}: the process is in all of its namespaces`, async (t) => {
		const container: Changes = {
			namespaces,
			hostname: 'inside',
			timeOffsets: { boottime: { secs: 86400 * 365, nanosecs: 0 } },
		};
		await whileRunning(
			container,
			async (pid) => {
				const seen = await look(joining(pid), sealed);
				t.strictSame(seen.namespaces, namespacesOf(pid));
				for (const kind of kinds) if (kind !== 'user') t.not(seen.namespaces[kind], namespacesOf('self')[kind]);
				t.equal(seen.hostname, 'inside');
				t.ok(seen.boottime - seen.monotonic > 86400 * 300, 'its own clocks');
				t.ok(seen.pid > 1 && seen.pid < 100, 'a pid of the container');
				t.equal(seen.ppid, 0, 'its parent is outside');
				t.strictSame(
					[seen.uids, seen.gids],
					[
						[0, 0, 0],
						[0, 0, 0],
					],
				);
				t.equal(seen.capabilities.inheritable, '0000000000000000');
				t.match(seen.mountinfo, / \/proc .* - proc /);
				t.strictSame(Object.keys(seen.fds), ['0', '1', '2']);
			},
			options,
		);
	});

t.test('the user, its groups and its capabilities are those of the container', async (t) => {
	await whileRunning(
		{ namespaces: inUserNamespace },
		async (pid) => {
			const user = { uid: 1000, gid: 1001, additionalGids: [5] };
			const capabilities = { bounding: ['CAP_KILL', 'CAP_NET_RAW'], permitted: ['CAP_KILL'], effective: ['CAP_KILL'] };
			const seen = await look(joining(pid, { user, capabilities, cwd: '/tmp', umask: 0o27 }), sealed);
			t.strictSame([seen.uids[0], seen.gids[0], seen.groups, seen.cwd, seen.umask], [1000, 1001, [5], '/tmp', 0o27]);
			t.equal(seen.capabilities.bounding, '0000000000002020');
			await whileRunning(
				joining(pid, { user }),
				(joined) => {
					const status = readFileSync(`/proc/${joined}/status`, 'utf8');
					t.match(status, new RegExp(`^Uid:\t${mappedRoot + 1000}\t`, 'm'));
					t.match(status, new RegExp(`^Groups:\t${mappedRoot + 5} $`, 'm'));
				},
				sealed,
			);
		},
		mapped,
	);
});

t.test('without root: a container of one’s own', async (t) => {
	const uid = 65534;
	const namespaces = { ...all, user: 'new' };
	const script = `echo deny >/proc/$1/setgroups; for i in uid gid; do echo "0 ${uid} 1" >/proc/$1/\${i}_map; done`;
	const before: ShimOptions['before'] = async (turn, pid) => {
		if (turn !== 'procSetup') return;
		const writer = spawn('sh', ['-ec', script, 'sh', `${pid}`], { uid, gid: uid, stdio: 'inherit' });
		await new Promise((resolve) => writer.once('exit', resolve));
	};
	await whileRunning(
		{ namespaces },
		async (pid) => {
			const seen = await look(joining(pid), { ...sealed, uid });
			t.strictSame(seen.namespaces, namespacesOf(pid));
			t.strictSame(seen.uids, [0, 0, 0]);
		},
		{ uid, before },
	);
});

t.test('a process of the caller’s own namespaces is joined by doing nothing', async (t) => {
	t.strictSame((await look(joining(process.pid), sealed)).namespaces, namespacesOf('self'));
});

t.test('a container that has ended is named, however it is found out', async (t) => {
	const ended = (pid: number) => ({ errno: 3, message: new RegExp(`^the container has ended: its process ${pid}: `) });
	await whileRunning({ namespaces: all }, async (pid) => {
		const { startTime } = target(pid);
		for (const wrong of [startTime - 1, startTime + 1, 0])
			t.match(
				await failure(joining(pid, { target: { pid, startTime: wrong } }), sealed),
				{ step: 'namespaces-open', ...ended(pid) },
				'another process has its pid by now',
			);
		const config = joining(pid);
		process.kill(pid, 'SIGKILL');
		while (!/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await sleep(5);
		t.match(await failure(config, sealed), { step: 'namespaces-open', ...ended(pid) }, 'it is not reaped yet');
	});
	t.match(await failure(joining(1, { target: { pid: 4194304, startTime: 1 } }), sealed), {
		step: 'namespaces-open',
		...ended(4194304),
	});
	await whileRunning({ namespaces: all }, async (pid) => {
		const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'inject=setns:error=ESRCH'];
		t.match(await failure(joining(pid), { ...sealed, under }), { step: 'join', ...ended(pid) }, 'or only just then');
	});
});

t.test('without the right to it, a container cannot be joined', async (t) => {
	await whileRunning({ namespaces: all }, async (pid) => {
		t.match(await failure(joining(pid), { ...sealed, uid: 65534 }), { step: 'namespaces-open', errno: 13 });
	});
});

t.test('a container that ends takes the process with it', async (t) => {
	await whileRunning({ namespaces: all }, async (pid) => {
		const { last } = await run(joining(pid, { args: [forEverybody(probe), 'hold'] }), {
			...sealed,
			running: () => void process.kill(pid, 'SIGKILL'),
		});
		t.match(last, { type: 'procExited', signal: 9 });
	});
});

t.test('CVE-2022-29162, CVE-2022-27650: no capability is inheritable unless that was asked for', async (t) => {
	const under = ['setpriv', '--inh-caps', '+net_admin,+sys_admin'];
	const some = ['CAP_KILL', 'CAP_NET_ADMIN'];
	const capabilities = { bounding: some, effective: some, permitted: some } as NonNullable<InitConfig['capabilities']>;
	t.equal((await look({ capabilities }, { under })).capabilities.inheritable, '0000000000000000');
	await whileRunning({ namespaces: all }, async (pid) => {
		for (const user of [{}, { user: { uid: 1000, gid: 1000 } }]) {
			const seen = await look(joining(pid, { capabilities, ...user }), { ...sealed, under });
			t.equal(seen.capabilities.inheritable, '0000000000000000');
			t.equal(seen.capabilities.ambient, '0000000000000000');
		}
	});
});

/**
 * Looks for ever for a process that is not yet a program: by its executable, its code, and what it has open. Root of a
 * user namespace sees a process of its own as soon as exec(2) has put the program in place, which is a moment before
 * the kernel closes the last two file descriptors of the shim, its channel and a pipe: those are of use to nobody.
 */
const snoop = `
import os, signal, sys
tries, found = 0, []
def end(*_):
    print(tries, *found)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    for pid in os.listdir("/proc"):
        if not pid.isdigit() or int(pid) == os.getpid():
            continue
        tries += 1
        process = f"/proc/{pid}"
        try:
            exe = os.readlink(process + "/exe")
            if exe.startswith("/memfd:"):
                found.append(exe)
        except OSError:
            pass
        try:
            with open(process + "/mem", "rb") as memory:
                memory.seek(0x400000)
                if memory.read(4) == b"\\x7fELF":
                    found.append("mem")
        except OSError:
            pass
        try:
            for fd in os.listdir(process + "/fd"):
                to = os.readlink(f"{process}/fd/{fd}")
                if os.path.isdir(to) or to.startswith("anon_inode:"):
                    found.append(to)
        except OSError:
            pass
`;

/** Those that runc gives a container. */
const usual = [
	'CAP_CHOWN',
	'CAP_DAC_OVERRIDE',
	'CAP_FOWNER',
	'CAP_FSETID',
	'CAP_KILL',
	'CAP_SETGID',
	'CAP_SETUID',
	'CAP_SETPCAP',
	'CAP_NET_BIND_SERVICE',
	'CAP_SYS_CHROOT',
	'CAP_SETFCAP',
];
const usualCapabilities = { bounding: usual, effective: usual, permitted: usual };

for (const [name, changes, options] of [
	['root of a user namespace, who may trace all in it', { namespaces: inUserNamespace }, mapped],
	['root with the usual capabilities', { namespaces: all, capabilities: usualCapabilities }, {}],
] as const)
	t.test(`CVE-2016-9962: ${name} cannot open who joins`, async (t) => {
		const joins = 100;
		const { stdout } = await run(
			{ ...changes, args: [python, '-c', snoop] },
			{
				...options,
				async running(pid) {
					const capabilities = 'capabilities' in changes ? changes.capabilities : undefined;
					for (let i = 0; i < joins; i++) {
						const { last } = await run(joining(pid, { args: ['/bin/true'], ...(capabilities && { capabilities }) }), {
							...sealed,
							stdio: ['ignore', 'ignore', 'ignore'],
							before: () => sleep(2),
						});
						if (last?.type !== 'procExited') throw new Error(JSON.stringify(last));
					}
					process.kill(pid, 'SIGTERM');
				},
			},
		);
		const [tries, ...found] = stdout.replace('ready', '').trim().split(' ');
		t.ok(Number(tries) > joins, `${tries} tries`);
		t.strictSame(found, []);
	});

/** Attaches to each process that comes, and prints what it found: who it was and what it might do. */
const attacker = `
import ctypes, os, re, signal, sys, time
libc = ctypes.CDLL(None, use_errno=True)
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
found, tries, goes_on = set(), 0, True
def end(*_):
    global goes_on
    goes_on = False
signal.signal(signal.SIGTERM, end)
libc.prctl(15, b"attacks", 0, 0, 0)
print("ready", flush=True)
seen = os.getpid()
while goes_on:
    for pid in range(seen + 1, seen + 20):
        tries += 1
        if libc.ptrace(SEIZE, pid, None, None) < 0:
            continue
        seen = pid
        try:
            status = open(f"/proc/{pid}/status").read()
            found.add(" ".join(re.search(f"^{key}:\\t(\\w+)", status, re.M)[1] for key in ("Uid", "CapPrm", "CapEff", "CapBnd")))
            libc.ptrace(INTERRUPT, pid, None, None)
            os.waitpid(pid, 0x40000000)
            libc.ptrace(DETACH, pid, None, None)
        except OSError:
            pass
print(tries, *sorted(found), sep="\\n")
`;

for (const [name, user, expected] of [
	['root', {}, '0 00000000800c05fb 00000000800c05fb 00000000800c05fb'],
	['another user', { user: { uid: 1000, gid: 1000 } }, '1000 0000000000000000 0000000000000000 00000000800c05fb'],
] as const)
	t.test(
		`${name} who joins has no more rights than the program, whoever attaches to it at the first moment`,
		async (t) => {
			const tracing = [...usual, 'CAP_SYS_PTRACE'] as typeof usual;
			const capabilities = { bounding: tracing, effective: tracing, permitted: tracing };
			const joined = user.user ? { bounding: tracing } : capabilities;
			const joins = 30;
			const { stdout } = await run(
				{ namespaces: all, capabilities, args: [python, '-c', attacker] },
				{
					async running(pid) {
						while (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'attacks\n') await sleep(20);
						for (let i = 0; i < joins; i++) {
							const { last } = await run(joining(pid, { args: ['/bin/true'], capabilities: joined, ...user }), {
								...sealed,
								stdio: ['ignore', 'ignore', 'ignore'],
								before: () => sleep(20),
							});
							t.match(last, { type: 'procExited', code: 0 });
						}
						process.kill(pid, 'SIGTERM');
					},
				},
			);
			const [, tries, ...found] = stdout.trim().split('\n');
			t.ok(Number(tries) > joins, `${tries} tries`);
			t.strictSame(found, [expected], 'it attached, and found nothing else');
		},
	);

t.test('what needs rights is given before the process has only those of the program', async (t) => {
	const few = ['CAP_KILL'] as typeof usual;
	const capabilities = { bounding: few, effective: few, permitted: few };
	const raised: Partial<InitConfig> = {
		scheduler: { policy: 'SCHED_FIFO', priority: 3 },
		ioPriority: { class: 'IOPRIO_CLASS_RT', priority: 2 },
		rlimits: [
			{ type: 'RLIMIT_NOFILE', soft: 70, hard: 90 },
			{ type: 'RLIMIT_CORE', soft: 0, hard: 1 },
		],
		user: { uid: 1000, gid: 1001 },
		noNewPrivileges: true,
	};
	const effective = /^CapEff:\t(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
	const mayRaise = (BigInt(`0x${effective}`) >> 24n) & 1n; // CAP_SYS_RESOURCE
	const under = mayRaise ? ['prlimit', '--nofile=60:80', '--core=0:0'] : [];
	await whileRunning({ namespaces: all, capabilities }, async (pid) => {
		const seen = await look(joining(pid, { capabilities: { bounding: few }, ...raised }), { ...sealed, under });
		t.match(seen, { policy: 1, ioprio: (1 << 13) | 2, uids: [1000, 1000, 1000], gids: [1001, 1001, 1001] });
		t.match(seen, { noNewPrivileges: 1, dumpable: 1, parentDeathSignal: 9, sid: seen.pid });
		t.strictSame(
			[seen.rlimits.RLIMIT_NOFILE, seen.rlimits.RLIMIT_CORE],
			[
				[70, 90],
				[0, 1],
			],
		);
		t.equal(seen.capabilities.bounding, '0000000000000020');
		t.equal(seen.namespaces.cgroup, namespacesOf(pid).cgroup);
	});
});

t.test('what cannot be given so is refused', async (t) => {
	const few = ['CAP_KILL'] as typeof usual;
	const capabilities = { bounding: few, effective: few, permitted: few };
	const filter = '060000000000ff7f'; // allows all
	await whileRunning({ namespaces: all, capabilities }, async (pid) => {
		for (const [changes, step, message] of [
			[{ scheduler: { policy: 'SCHED_FIFO', priority: 3, resetOnFork: true } }, 'scheduling', /would not inherit it$/],
			[{ scheduler: { policy: 'SCHED_DEADLINE' } }, 'scheduling', /^sched_setattr SCHED_DEADLINE: .* inherit it$/],
			[{ seccomp: { filter } }, 'seccomp-privileged', /^seccomp: a filter needs noNewPrivileges, or CAP_SYS_ADMIN/],
		] as [Changes, string, RegExp][])
			t.match(await failure(joining(pid, { capabilities, ...changes }), sealed), { step, message });
	});
});

t.test('a terminal that is made inside is the user’s', async (t) => {
	const capabilities = { bounding: [] };
	const mounts = [
		...(goodConfig.mounts ?? []),
		{ destination: '/dev/pts', type: 'devpts', data: ['newinstance', 'ptmxmode=0666', 'mode=0620'] },
	];
	await whileRunning({ namespaces: all, mounts }, async (pid) => {
		const args = ['sh', '-c', 'stat -c "%u %a" $(tty); test -w /dev/stdout && echo written >/dev/stdout'];
		const changes = joining(pid, { args, capabilities, user: { uid: 1000, gid: 1000 }, console: {} });
		const { printed, last } = await runInTerminal(changes, sealed);
		t.match(last, { type: 'procExited', code: 0 });
		t.equal(printed, '1000 620\r\nwritten\r\n');
	});
});

t.test('CVE-2016-9962: who joins holds nothing of the host while it waits', async (t) => {
	await whileRunning({ namespaces: all }, async (pid) => {
		await run(joining(pid), {
			...sealed,
			before: (turn, joined) => {
				const open = readdirSync(`/proc/${joined}/fd`).map((fd) => readlinkSync(`/proc/${joined}/fd/${fd}`));
				const own = /^(\/dev\/null|socket:.*|pipe:.*|cgroup:.*)$/;
				t.strictSame(
					open.filter((to) => !own.test(to)),
					[],
					turn,
				);
				t.match(readlinkSync(`/proc/${joined}/exe`), /^\/memfd:/);
				t.equal(readlinkSync(`/proc/${joined}/cwd`), '/');
				t.equal(readlinkSync(`/proc/${joined}/ns/mnt`), readlinkSync(`/proc/${pid}/ns/mnt`));
			},
		});
	});
});
