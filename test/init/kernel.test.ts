/** Clocks, names, loopback and parameters of new namespaces. */
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { mapped } from '../support/id-maps.js';
import { withMounts } from '../support/mount-namespace.js';
import { python } from '../support/paths.js';
import { type Changes, goodConfig, run, type ShimOptions } from '../support/raw-shim.js';
import { failure, look, whileRunning } from '../support/run-init.js';

const { namespaces } = goodConfig;
const withTime = { ...namespaces, time: 'new' };
const withNetwork = { ...namespaces, network: 'new' };

/** What the command prints. */
async function print(args: string[], changes: Changes, options: ShimOptions = {}): Promise<string> {
	const { last, stdout, stderr } = await run({ ...changes, args }, options);
	if (last?.type !== 'procExited') throw new Error(JSON.stringify(last));
	return `${stdout}${stderr}`.trim();
}

// ---- clocks

/** Seconds between the clocks inside and the caller's, rounded to minutes. */
async function shifts(changes: Changes, options: ShimOptions = {}) {
	const { monotonic, boottime } = await look(changes, options);
	const now = Number(process.hrtime.bigint() / 1_000_000_000n);
	const minutes = (inside: number) => Math.round((inside - now) / 60);
	return { monotonic: minutes(monotonic), boottime: minutes(boottime) };
}

t.test('a new time namespace without offsets has the clocks of the caller’s', async (t) => {
	t.equal((await shifts({ namespaces: withTime })).monotonic, 0);
});

t.test('offsets are added to the clock that they are for', async (t) => {
	const before = await shifts({ namespaces });
	for (const [timeOffsets, expected] of [
		[{ monotonic: { secs: 86400, nanosecs: 0 } }, { monotonic: 1440, boottime: before.boottime }],
		[{ boottime: { secs: 172800, nanosecs: 999999999 } }, { monotonic: 0, boottime: before.boottime + 2880 }],
		[
			{ monotonic: { secs: 3600, nanosecs: 1 }, boottime: { secs: 7200, nanosecs: 0 } },
			{ monotonic: 60, boottime: before.boottime + 120 },
		],
		[{}, { monotonic: 0, boottime: before.boottime }],
	] as const)
		for (const [who, changes, options] of [
			['as the caller', {}, {}],
			['in a user namespace', { user: 'new' }, mapped],
		] as const)
			t.strictSame(
				await shifts({ namespaces: { ...withTime, ...changes }, timeOffsets }, options),
				expected,
				`${JSON.stringify(timeOffsets)} ${who}`,
			);
});

t.test('an offset before 0 or far in the future is refused', async (t) => {
	for (const secs of [-9007199254740991, -1e9, 4e9 * 2, 9007199254740991])
		t.match(await failure({ namespaces: withTime, timeOffsets: { monotonic: { secs, nanosecs: 0 } } }), {
			step: 'clocks',
			errno: 34,
			message: /no clock may be before 0 or after 146 years/,
		});
});

t.test('in a user namespace that is joined they cannot be set', async (t) => {
	const made = { user: 'new', mount: 'new' };
	await whileRunning(
		{ namespaces: made, mounts: undefined },
		async (pid) => {
			const joined = { mounts: undefined, namespaces: { user: `/proc/${pid}/ns/user`, time: 'new' } };
			t.not((await look(joined)).namespaces.time, readlinkSync('/proc/self/ns/time'));
			t.match(await failure({ ...joined, timeOffsets: { boottime: { secs: 1, nanosecs: 0 } } }), {
				step: 'clocks',
				errno: 13,
				message: /^timeOffsets: only root, or who makes a user namespace too, can set them/,
			});
		},
		mapped,
	);
});

t.test('the times of messages are those of one clock, whatever the offset', async (t) => {
	for (const secs of [86400, 5]) {
		const timeOffsets = { monotonic: { secs, nanosecs: 999999999 } };
		const { messages } = await run({ namespaces: withTime, timeOffsets });
		const times = messages.map(({ time }) => time);
		t.strictSame(
			times,
			times.toSorted((a, b) => a - b),
		);
	}
});

// ---- names

t.test('the host and the domain have the names that were asked for', async (t) => {
	for (const [host, domain] of [
		['inside', 'example.org'],
		['x'.repeat(64), 'y'.repeat(64)],
		['ä', '-'],
	] as const) {
		const seen = await look({ namespaces, hostname: host, domainname: domain });
		t.strictSame([seen.hostname, seen.domainname], [host, domain]);
	}
	t.equal(readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(), hostname(), 'and the host its own');
});

t.test('a name longer than 64 bytes is refused', async (t) => {
	const long = 'ä'.repeat(33);
	t.match(await failure({ namespaces, hostname: long }), {
		step: 'names',
		errno: 22,
		message: `sethostname ${long}: longer than 64 bytes: Invalid argument`,
	});
	t.match(await failure({ namespaces, domainname: long }), { step: 'names', message: /^setdomainname .* 64 bytes/ });
});

// ---- loopback

const talk = `
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
client.sendall(b"hello")
print(server.accept()[0].recv(5).decode())`;

t.test('the loopback of a new network namespace works', async (t) => {
	t.equal(await print([python, '-c', talk], { namespaces: withNetwork }), 'hello');
	t.equal(await print([python, '-c', talk], { namespaces: { ...withNetwork, user: 'new' } }, mapped), 'hello');
});

// ---- parameters

const parameter = (name: string) => `/proc/sys/${name.replaceAll('.', '/')}`;

t.test('parameters of the container’s own namespaces', async (t) => {
	const all = { ...withNetwork, user: 'new' };
	for (const [assignment, path, value] of [
		['net.ipv4.ip_forward=1', 'net.ipv4.ip_forward', '1'],
		['net/ipv4/conf/lo/forwarding=1', 'net.ipv4.conf.lo.forwarding', '1'],
		['net.ipv4.ip_local_port_range=4000\t5000', 'net.ipv4.ip_local_port_range', '4000\t5000'],
		['kernel.msgmax=4096', 'kernel.msgmax', '4096'],
		['kernel.sem=250 32000 100 128', 'kernel.sem', '250\t32000\t100\t128'],
		['kernel.shm_rmid_forced=1', 'kernel.shm_rmid_forced', '1'],
		['fs.mqueue.msg_max=20', 'fs.mqueue.msg_max', '20'],
		['kernel.domainname=a.b=c', 'kernel.domainname', 'a.b=c'],
		['kernel.domainname=', 'kernel.domainname', ''],
	] as const) {
		const before = readFileSync(parameter(path), 'utf8');
		const printed = await print(['cat', parameter(path)], { namespaces: withNetwork, sysctl: [assignment] });
		t.equal(printed, value, assignment);
		t.equal(readFileSync(parameter(path), 'utf8'), before, 'the host keeps its own');
	}
	const limit = ['cat', parameter('user.max_net_namespaces')];
	t.equal(await print(limit, { namespaces: all, sysctl: ['user.max_net_namespaces=7'] }, mapped), '7');
});

t.test('in a user namespace too, whose /proc is the caller’s', async (t) => {
	const { pid: _, ...hostPids } = withNetwork as Record<string, string>;
	const sysctl = ['net.ipv4.ip_forward=1'];
	const cat = ['cat', parameter('net.ipv4.ip_forward')];
	for (const some of [withNetwork, hostPids])
		t.equal(await print(cat, { namespaces: { ...some, user: 'new' }, mounts: undefined, sysctl }, mapped), '1');
});

t.test('a parameter of the host is refused, however it is written', async (t) => {
	for (const name of [
		'kernel.core_pattern',
		'kernel/core_pattern',
		'vm.swappiness',
		'fs.file-max',
		'kernel.msgmaxx',
		'kernel.msg',
		'kernel.pid_max',
		'network.x',
		'net',
		'net/../kernel/core_pattern',
		'net/ipv4/../../kernel/core_pattern',
		'fs/mqueue/../../kernel/core_pattern',
		'../sysrq-trigger',
		'/kernel/core_pattern',
		'/etc/passwd',
		`${'net/'.repeat(100)}x`,
	])
		t.match(await failure({ namespaces: withNetwork, sysctl: [`${name}=1`] }), {
			step: 'sysctl',
			errno: 0,
			message: /not a parameter of a namespace, it would be changed for the host$/,
		});
});

t.test('so is one of a namespace that is the caller’s', async (t) => {
	for (const [name, kind, own] of [
		['net.ipv4.ip_forward', 'network', namespaces],
		['kernel.msgmax', 'ipc', { mount: 'new' }],
		['kernel.domainname', 'uts', { mount: 'new' }],
		['user.max_net_namespaces', 'user', namespaces],
		['net.ipv4.ip_forward', 'network', { ...namespaces, network: '/proc/self/ns/net' }],
	] as const)
		t.match(await failure({ namespaces: own, sysctl: [`${name}=1`] }), {
			step: 'sysctl',
			errno: 0,
			message: `sysctl ${name}=1: the container has no ${kind} namespace of its own`,
		});
});

t.test('what the kernel does not take is an error with its name', async (t) => {
	for (const [assignment, errno, message] of [
		['net.ipv4.no_such=1', 2, /no such parameter/],
		['net.ipv4.conf.a/b.forwarding=1', 2, /no such parameter/],
		['net.ipv4.ip_local_port_range=many', 22, /Invalid argument/],
		['net.ipv4=1', 21, /Is a directory/],
	] as const)
		t.match(await failure({ namespaces: withNetwork, sysctl: ['net.ipv4.ip_forward=0', assignment] }), {
			step: 'sysctl',
			errno,
			message,
		});
});

const fakeSys = `
mount -t tmpfs none /proc/sys
mkdir -p /proc/sys/net/ipv4
ln -s "$1" /proc/sys/net/ipv4/ip_forward`;

t.test('CVE-2025-52881: what is mounted over /proc/sys is not written to', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-sysctl-'));
	const victim = join(directory, 'victim');
	const real = 'mount -t proc none /proc && cat /proc/sys/net/ipv4/ip_forward';
	await withMounts(`: >"$1"; ${fakeSys}`, [victim], async (mount) => {
		const changes = { mounts: undefined, sysctl: ['net.ipv4.ip_forward=1'] };
		const args = ['unshare', '--mount', 'sh', '-c', real];
		t.equal(await print(args, { ...changes, namespaces: { mount, network: 'new' } }), '1', 'the real one is set');
		t.equal(readFileSync(victim, 'utf8'), '');
		t.match(
			await failure({ ...changes, namespaces: { mount, network: 'new', user: 'new' } }, mapped),
			{ step: 'sysctl', errno: 18 },
			'and where no procfs can be made, none is taken that something is mounted in',
		);
		t.equal(readFileSync(victim, 'utf8'), '');
	});
	await withMounts('mount -t tmpfs none /proc', [], async (mount) => {
		const changes = { mounts: undefined, sysctl: ['net.ipv4.ip_forward=1'] };
		t.match(await failure({ ...changes, namespaces: { mount, network: 'new', user: 'new' } }, mapped), {
			step: 'sysctl',
			errno: 0,
			message: '/proc is not the root of a procfs',
		});
	});
	rmSync(directory, { recursive: true });
});
