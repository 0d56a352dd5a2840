/** A root file system, from the command line and from an OCI specification, as the program sees it. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { defaultCapabilities } from '../../controller/index.js';
import type { Spec } from '../../controller/model/spec.js';
import { capabilityNames } from '../../controller/plan/capabilities.js';
import { procready } from '../support/cli.js';
import { leftovers } from '../support/leftovers.js';
import { probe, top } from '../support/paths.js';
import { isV2 } from '../support/places.js';
import { makeRootfs } from '../support/rootfs.js';
import { seen } from '../support/see.js';

const root = makeRootfs();
const data = mkdtempSync(join(tmpdir(), 'procready-test-'));
copyFileSync(probe, join(root.path, 'bin/probe'));
writeFileSync(join(data, 'file'), 'from the host\n');
t.teardown(() => {
	root.remove();
	rmSync(data, { recursive: true });
});

const inside = (...argv: string[]) => procready(['run', '--rootfs', root.path, ...argv]);
const sh = (script: string, ...argv: string[]) => inside(...argv, '--', 'sh', '-c', script);
const see = async (...argv: string[]) => seen((await inside(...argv, '--', 'probe', 'see')).stdout);

/** The names of the bits that /proc/PID/status shows. */
const named = (hex: string) => capabilityNames.filter((_, bit) => BigInt(`0x${hex}`) & (1n << BigInt(bit))).sort();

t.test('what there is when nothing else is said', async (t) => {
	const it = await see();
	t.match(it, { uids: [0, 0, 0], gids: [0, 0, 0], cwd: '/', umask: 0o22, noNewPrivileges: 1, pid: 2 });
	t.strictSame(it.env.sort(), ['HOME=/root', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
	t.strictSame(named(it.capabilities.bounding), [...defaultCapabilities].sort());
	t.strictSame(named(it.capabilities.effective), [...defaultCapabilities].sort());
	t.equal(it.capabilities.inheritable, '0'.repeat(16), 'CVE-2022-29162');
	t.strictSame(Object.keys(it.fds), ['0', '1', '2']);
	t.strictSame(it.root?.sort(), readdirSync(root.path).sort());
	for (const name of [
		'null',
		'zero',
		'full',
		'random',
		'urandom',
		'tty',
		'fd',
		'stdin',
		'pts',
		'shm',
		'mqueue',
		'ptmx',
	])
		t.ok(it.dev?.includes(name), `/dev/${name}`);
	const points = it.mountinfo
		?.trim()
		.split('\n')
		.map((line) => line.split(' ')[4]);
	t.notOk(
		points?.some((point) => point?.startsWith(root.path)),
		'nothing shows where the root is on the host',
	);
});

t.test('paths that tell of the host are hidden, those that change it read-only', async (t) => {
	t.equal((await sh('cat /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l')).stdout, '0\n0\n');
	t.match(await sh('echo 1 >/proc/sys/kernel/panic'), { status: 1, stderr: /Read-only file system/ });
	t.match(await sh('mkdir /sys/x'), { status: 1, stderr: /Read-only file system/ });
	t.match(await sh('wc -l </proc/keys', '--unmask'), { stdout: /^[1-9]/ });
	t.equal((await sh('cat /etc/passwd', '--mask', '/etc/passwd')).stdout, '');
	t.match(await sh('echo x >/tmp/x', '--readonly-path', '/tmp'), { status: 1, stderr: /Read-only file system/ });
});

t.test('users and groups are those of the container', async (t) => {
	for (const [user, expected] of [
		['user', { uids: [1000, 1000, 1000], gids: [1000, 1000, 1000] }],
		['user:staff', { uids: [1000, 1000, 1000], gids: [50, 50, 50] }],
		['1000:7', { uids: [1000, 1000, 1000], gids: [7, 7, 7] }],
		['12345', { uids: [12_345, 12_345, 12_345], gids: [0, 0, 0] }],
	] as const) {
		const it = await see('-u', user);
		t.match(it, expected, user);
		t.equal(it.capabilities.effective, '0'.repeat(16));
	}
	const { env } = await see('-u', 'user');
	t.strictSame(env.filter((one) => !one.startsWith('PATH=')).sort(), ['HOME=/home', 'LOGNAME=user', 'USER=user']);
	t.match(await inside('-u', 'nobody1', 'true'), { status: 125, stderr: /user nobody1 is not in \/etc\/passwd/ });
	const it = await see('-u', 'user', '--cap-add', 'NET_RAW');
	t.strictSame(named(it.capabilities.effective), ['CAP_NET_RAW'], 'what is added reaches it');
});

t.test('volumes, file systems in memory, devices', async (t) => {
	t.equal((await sh('cat /data/file; echo inside >/data/new', '-v', `${data}:/data`)).stdout, 'from the host\n');
	t.equal(readFileSync(join(data, 'new'), 'utf8'), 'inside\n');
	t.match(await sh('echo x >/data/file', '-v', `${data}:/data:ro`), { status: 1, stderr: /Read-only file system/ });
	t.match(await sh('df -k /tmp', '--tmpfs', '/tmp:size=64k'), { stdout: /tmpfs\s+64 / });
	t.equal((await sh('head -c 2 /dev/nothing | wc -c', '--device', '/dev/zero:/dev/nothing')).stdout, '2\n');
	t.match(await sh('touch /x', '--read-only'), { status: 1, stderr: /Read-only file system/ });
	t.equal((await sh('touch /tmp/x && ls /tmp', '--read-only', '--tmpfs', '/tmp')).stdout, 'x\n');
});

t.test('its own cgroup, read-only (CVE-2023-25809)', async (t) => {
	const cgroup = ['--mount', 'type=cgroup,dst=/sys/fs/cgroup', '--pids-max', '7'];
	t.equal((await sh('cat $(find /sys/fs/cgroup -name pids.max)', ...cgroup)).stdout, '7\n');
	const write = 'echo 100 >$(find /sys/fs/cgroup -name pids.max)';
	t.match(await sh(write, ...cgroup), { status: 1, stderr: /Read-only file system/ });
	t.match(await sh('mkdir /sys/fs/cgroup/x', ...cgroup), { status: 1, stderr: /Read-only file system/ });
	const writable = ['--mount', 'type=cgroup,dst=/sys/fs/cgroup,rw', '--pids-max', '7'];
	const change = isV2 ? 'mkdir /sys/fs/cgroup/x' : write; // v2: its limits are not its own, cgroups(7), "nsdelegate"
	t.match(await sh(change, ...writable), { status: 0 }, 'unless it was asked for');
});

/** What `runc spec` writes, with another command, in a bundle of its own. */
function bundle(changes: (spec: Spec) => void): string {
	const spec: Spec = JSON.parse(readFileSync(join(top, 'test/fixtures/oci/runc-spec.json'), 'utf8'));
	const directory = mkdtempSync(join(data, 'bundle-'));
	spec.root = { ...spec.root, path: root.path };
	spec.process = { ...spec.process, args: ['probe', 'see'], terminal: false };
	changes(spec);
	const file = join(directory, 'config.json');
	writeFileSync(file, JSON.stringify(spec));
	return file;
}

t.test('what `runc spec` writes runs', async (t) => {
	const { status, stdout, stderr } = await procready(['run', '--spec', bundle(() => {})]);
	t.equal(stderr, '');
	t.equal(status, 0);
	const it = seen(stdout);
	t.match(it, {
		hostname: 'runc',
		cwd: '/',
		uids: [0, 0, 0],
		noNewPrivileges: 1,
		rlimits: { RLIMIT_NOFILE: [1024, 1024] },
	});
	t.strictSame(named(it.capabilities.effective), ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']);
	t.ok(it.env.includes('TERM=xterm'));
	t.match(it.mountinfo, / \/sys\/fs\/cgroup/);
});

t.test('device rules of a specification bind, and leave the standard devices alone', async (t) => {
	const made = async (script: string, ...caps: string[]) => {
		const file = bundle((spec) => {
			spec.process.args = ['sh', '-c', script];
			for (const set of ['bounding', 'effective', 'permitted'] as const)
				spec.process.capabilities?.[set]?.push(...caps);
		});
		return procready(['run', '--spec', file]);
	};
	t.match(await made('echo x >/dev/null && head -c 1 /dev/zero | wc -c'), { status: 0, stdout: '1\n' });
	const memory = await made('mknod /dev/x c 1 11 && cat /dev/x', 'CAP_MKNOD');
	t.match(memory, { status: 1, stderr: /\/dev\/x.*not permitted/ });
});

t.test('a root that is relative is below the file, and a note is on stderr', async (t) => {
	const file = bundle((spec) => {
		spec.root = { path: 'rootfs' };
		spec.process.args = ['/probe', 'see'];
		spec.linux.cgroupsPath = '/x';
	});
	const below = join(file, '../rootfs');
	for (const name of ['', 'proc', 'dev', 'sys']) mkdirSync(join(below, name));
	copyFileSync(probe, join(below, 'probe'));
	const { status, stderr, stdout } = await procready(['run', '--spec', file]);
	t.match(stderr, /^procready: note: linux.cgroupsPath: is not used/);
	t.equal(status, 0);
	t.ok(seen(stdout).root?.includes('probe'));
});

t.test('beside --spec there is only what concerns the launch', async (t) => {
	const file = bundle(() => {});
	for (const [argv, message] of [
		[['--spec', file, 'true'], /^procready: --spec: the command is in the file, and "true" is one more/],
		[['--spec', file, '--user', '1'], /^procready: --user: belongs in .*config.json/],
		[['--spec', file, '--pids-max', '1'], /^procready: --pids-max: belongs in/],
		[['--spec', `${file}x`], /^procready: --spec: cannot read .*: ENOENT/],
	] as const)
		t.match(await procready(['run', ...argv]), { status: 125, stderr: message });
	t.match(JSON.parse((await procready(['run', '--spec', file, '--timeout', '5', '--dry-run'])).stdout), {
		timeout: 5000,
		init: { root: { path: root.path, readonly: true }, args: ['probe', 'see'] },
	});
	const hooks = bundle((spec) => Object.assign(spec, { hooks: { poststop: [{ path: '/x' }] } }));
	t.match((await procready(['run', '--spec', hooks])).stderr, /^procready: --spec \S+: \/hooks is not supported/);
});

t.test('nothing is left', async (t) => {
	t.strictSame(leftovers(root.path), []);
});
