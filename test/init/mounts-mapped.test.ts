/** Mounts, masks and devices of a container in a user namespace, and idmapped mounts. */
import { execFileSync } from 'node:child_process';
import {
	chmodSync,
	chownSync,
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { InitConfig, InitMount } from '../../controller/model/init-config.js';
import { forEverybody } from '../support/everybody.js';
import { makeInside, proc } from '../support/inside.js';
import { shim } from '../support/paths.js';
import { goodConfig, type ShimOptions } from '../support/raw-shim.js';

const first = 100_000;
const count = 65_536;
const unprivileged = 4242;

const inside = makeInside();
t.teardown(inside.remove);
execFileSync('chown', ['-Rh', `${first}:${first}`, inside.path]);

/** Not writable for all: an O_CREAT of a node that another id owns would be refused, proc_sys_fs(5) protected_regular. */
const dev: InitMount = { destination: '/dev', type: 'tmpfs', data: ['mode=755'] };

const namespaces = { ...goodConfig.namespaces, user: 'new' };
const mapped = (map: string): ShimOptions => ({
	before(turn, pid) {
		if (turn !== 'procSetup') return;
		writeFileSync(`/proc/${pid}/uid_map`, map);
		writeFileSync(`/proc/${pid}/gid_map`, map);
	},
});
const sh = (script: string, changes: Partial<InitConfig> = {}, options: ShimOptions = {}) =>
	inside.sh(script, { namespaces, ...changes }, { ...mapped(`0 ${first} ${count}\n`), ...options });
const refusal = (changes: Partial<InitConfig>, options: ShimOptions = {}) =>
	inside.refusal({ namespaces, ...changes }, { ...mapped(`0 ${first} ${count}\n`), ...options });

t.test('the root and the sources of binds are opened with the rights of the caller', async (t) => {
	const closed = mkdtempSync(join(tmpdir(), 'procready-closed-'));
	t.teardown(() => rmSync(closed, { recursive: true }));
	t.equal(statSync(closed).mode & 0o777, 0o700, 'no id of the container may enter it');
	mkdirSync(`${closed}/data`);
	writeFileSync(`${closed}/data/x`, 'of the host\n');
	const data: InitMount = { destination: '/mnt', type: 'bind', source: `${closed}/data` };
	t.equal(await sh('cat /mnt/x; stat -c %u /mnt/x', { mounts: [proc, data] }), 'of the host\n65534\n');

	execFileSync('cp', ['-a', `${inside.path}/.`, `${closed}/data`]);
	t.equal(await sh('stat -c %u /bin; cat /x', { root: { path: `${closed}/data` } }), '0\nof the host\n');
	const gone = { ...data, source: `${closed}/no-such` };
	t.match(await refusal({ mounts: [gone] }), { step: 'mount-sources', message: /no-such: No such file or directory/ });
});

t.test("propagation is that of the config, although the copies are the host's", async (t) => {
	const under = [
		'unshare',
		'--mount',
		'--propagation',
		'shared',
		'sh',
		'-ec',
		`mount --bind ${inside.path} ${inside.path}; exec "$0" "$@"`,
	];
	for (const [rootfsPropagation, tag] of [
		['private', ''],
		['slave', 'master'],
	] as const) {
		const mounts = [proc, { destination: '/mnt', type: 'bind', source: `${inside.path}/etc` }];
		const stdout = await sh('grep -E " (/|/mnt) rw" /proc/self/mountinfo', { rootfsPropagation, mounts }, { under });
		const tags = stdout
			.trim()
			.split('\n')
			.map((line) => / rw\S+ ?(\w*).*? - /.exec(line)?.[1]);
		t.strictSame(tags, [tag, tag], rootfsPropagation);
	}
});

t.test('file systems that a user namespace may mount, and why it may not mount others', async (t) => {
	const network = { namespaces: { ...namespaces, network: 'new' } };
	t.match(await sh('ls /sys', { ...network, mounts: [{ destination: '/sys', type: 'sysfs' }] }), /^kernel$/m);
	const allowed: InitMount[] = [
		proc,
		{ destination: '/tmp', type: 'tmpfs', data: ['mode=700', 'uid=7'] },
		{ destination: '/dev/pts', type: 'devpts', data: ['ptmxmode=666', 'gid=5'] },
		{ destination: '/dev/mqueue', type: 'mqueue' },
	];
	t.equal(await sh('stat -c "%a %u" /tmp; stat -c %a /dev/pts/ptmx', { mounts: allowed }), '700 7\n666\n');
	const { ipc, pid, ...others } = namespaces;
	t.ok(ipc && pid);
	for (const [mount, change, message] of [
		[{ type: 'sysfs' }, {}, /in a user namespace it needs a network namespace of its own; or bind the host's/],
		[{ type: 'mqueue' }, { namespaces: { ...others, pid } }, /it needs an ipc namespace of its own/],
		[{ type: 'proc' }, { namespaces: { ...others, ipc } }, /it needs a pid namespace of its own/],
		[{ type: 'ext4', source: '/dev/null' }, {}, /not in a user namespace/],
		[{ type: 'devpts', data: ['gid=70000'] }, {}, /its gid must be mapped in the user namespace|Invalid gid '70000'/],
	] as [Partial<InitMount>, Partial<InitConfig>, RegExp][])
		t.match(await refusal({ ...change, mounts: [{ destination: '/mnt', ...mount } as InitMount] }), {
			step: 'sources',
			message,
		});
});

t.test('devices are those of the host, also the second time', async (t) => {
	const devices: InitConfig['devices'] = [
		{ path: '/dev/null', type: 'c', major: 1, minor: 3 },
		{ path: '/dev/zero', type: 'c', major: 1, minor: 5 },
		{ path: '/dev/fifo', type: 'p', fileMode: 0o600, uid: 3, gid: 4 },
	];
	const script =
		'head -c 2 /dev/zero | wc -c; echo >/dev/null; stat -c "%F %t:%T" /dev/null; stat -c "%a %u:%g" /dev/fifo';
	const expected = '2\ncharacter special file 1:3\n600 3:4\n';
	t.equal(await sh(script, { devices, mounts: [proc, dev] }), expected);
	t.notOk(existsSync(`${inside.path}/dev/null`));
	for (let i = 0; i < 2; i++) t.equal(await sh(script, { devices }), expected, 'in the directory of the root');
	t.ok(lstatSync(`${inside.path}/dev/null`).isFile());
	for (const device of [
		{ path: '/dev/random', type: 'c', major: 1, minor: 3 },
		{ path: '/dev/no-such', type: 'c', major: 1, minor: 3 },
		{ path: '/null', type: 'c', major: 1, minor: 3 },
		{ path: '/dev/x/../../etc/passwd', type: 'c', major: 1, minor: 3 },
	] as const)
		t.match(await refusal({ devices: [device], mounts: [dev] }), { step: 'devices' });
});

t.test('masks, read-only paths and a read-only root', async (t) => {
	writeFileSync(`${inside.path}/etc/shadow`, 'secret');
	const changes = {
		maskedPaths: ['/etc/shadow', '/proc/tty'],
		readonlyPaths: ['/proc/sys'],
		root: { path: inside.path, readonly: true },
	};
	t.equal(
		await sh('cat /etc/shadow; ls -A /proc/tty; ! touch /x && ! echo x >/proc/sys/kernel/domainname', changes),
		'',
	);
});

t.test('a caller without root gets the same, with what its own ids may do', async (t) => {
	const own = makeInside();
	t.teardown(own.remove);
	execFileSync('chown', ['-Rh', `${unprivileged}:${unprivileged}`, own.path]);
	const options = { ...mapped(`0 ${unprivileged} 1\n`), uid: unprivileged };
	const changes: Partial<InitConfig> = {
		namespaces,
		mounts: [proc, dev, { destination: '/mnt', type: 'bind', source: '/usr/share', recursive: true }],
		devices: [{ path: '/dev/null', type: 'c', major: 1, minor: 3 }],
		maskedPaths: ['/proc/tty', '/etc/group'],
		readonlyPaths: ['/proc/sys'],
	};
	t.equal(
		await own.sh('test -d /mnt/doc; echo x >/dev/null; cat /etc/group; id -u; touch /x', changes, options),
		'0\n',
	);
	t.equal(statSync(`${own.path}/x`).uid, unprivileged);
	const idmap = { uids: '0 1 1', gids: '0 1 1' };
	t.match(
		await own.refusal({ namespaces, mounts: [{ destination: '/mnt', type: 'bind', source: '/usr', idmap }] }, options),
		{
			step: 'mount-sources',
			message: 'bind /usr: needs CAP_SYS_ADMIN',
		},
	);
});

t.test('what the host has locked stays locked for a caller without root', async (t) => {
	const own = makeInside();
	t.teardown(own.remove);
	execFileSync('chown', ['-Rh', `${unprivileged}:${unprivileged}`, own.path]);
	const script = `mount -t tmpfs -o nosuid,nodev,ro none ${own.path}/var; mount --bind ${own.path}/etc ${own.path}/home; mount --bind /bin/sh ${own.path}/home/passwd;
		exec setpriv --reuid=${unprivileged} --clear-groups ${forEverybody(shim)} "$@"`;
	const options = { ...mapped(`0 ${unprivileged} 1\n`), under: ['unshare', '--mount', 'sh', '-ec', script] };
	const bind = (change: Partial<InitMount>) => ({
		namespaces,
		mounts: [proc, { destination: '/mnt', type: 'bind', source: `${own.path}/var`, ...change }],
	});
	t.match(
		await own.sh('grep " /mnt " /proc/self/mountinfo', bind({ set: ['noexec'] }), options),
		/ ro,nosuid,nodev,noexec,/,
	);
	for (const clear of ['ro', 'nosuid', 'nodev'] as const)
		t.match(await own.refusal(bind({ clear: [clear] }), options), {
			step: 'sources',
			message: /what the host has set is locked in a user namespace/,
		});
	t.match(await own.refusal(bind({ source: `${own.path}/home` }), options), {
		step: 'sources',
		message: /a user namespace may only bind it with what is mounted below it/,
	});
	t.match(await own.sh('ls /mnt', bind({ source: `${own.path}/home`, recursive: true }), options), /passwd/);
});

/** A tmpfs can do it since Linux 6.3, and /tmp may be one. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const skip = major * 100 + minor < 603 && 'kernel: it can since Linux 6.3';

t.test('an idmapped bind has the owners that its maps say, inside and on the disk', { skip }, async (t) => {
	const data = mkdtempSync(join(tmpdir(), 'procready-data-'));
	t.teardown(() => rmSync(data, { recursive: true }));
	chmodSync(data, 0o755);
	writeFileSync(`${data}/x`, '');
	chownSync(`${data}/x`, 7, 8);
	const lines = `0 ${first} ${count}\n`;
	const idmapped: InitMount = { destination: '/mnt', type: 'bind', source: data, idmap: { uids: lines, gids: lines } };
	const seen = await sh('stat -c %u:%g /mnt/x; touch /mnt/made; stat -c %u:%g /mnt/made', { mounts: [proc, idmapped] });
	t.equal(seen, '7:8\n0:0\n');
	t.match(statSync(`${data}/made`), { uid: 0, gid: 0 });

	const moved = { uids: '7 1000 1\n8 8 1', gids: '8 2000 1' };
	const plain = await inside.sh('stat -c %u:%g /mnt/x; touch /mnt/x', { mounts: [{ ...idmapped, idmap: moved }] });
	t.equal(plain, '1000:2000\n', 'without a user namespace too');

	for (const [idmap, source, message] of [
		[{ uids: 'x', gids: '0 0 1' }, data, /uid_map: not the lines of a map: x/],
		[{ uids: '0 0 1', gids: '0 0' }, data, /gid_map: not the lines of a map: 0 0/],
		[{ uids: '0 0 1', gids: '0 0 1' }, '/proc', /its file system cannot do it/],
	] as const)
		t.match(await inside.refusal({ mounts: [{ ...idmapped, source, idmap }] }), { step: 'mount-sources', message });
	t.match(await inside.refusal({ mounts: [{ destination: '/mnt', type: 'tmpfs', idmap: moved }] }), {
		step: 'mount-sources',
		message: 'mount on /mnt: only a bind can be idmapped',
	});
});

t.test('an idmapped bind may be recursive', { skip }, async (t) => {
	const data = mkdtempSync(join(tmpdir(), 'procready-data-'));
	t.teardown(() => rmSync(data, { recursive: true }));
	const under = [
		'unshare',
		'--mount',
		'sh',
		'-ec',
		`mount -t tmpfs none ${data}; mkdir ${data}/sub; mount -t tmpfs none ${data}/sub; exec "$0" "$@"`,
	];
	const idmap = { uids: '0 1000 1', gids: '0 1000 1' };
	const bind: InitMount = { destination: '/mnt', type: 'bind', source: data, recursive: true };
	for (const [recursive, owners] of [
		[false, '1000\n0\n'],
		[true, '1000\n1000\n'],
	] as const)
		t.equal(
			await inside.sh('stat -c %u /mnt /mnt/sub', { mounts: [{ ...bind, idmap: { ...idmap, recursive } }] }, { under }),
			owners,
		);
});

t.test('nothing of it is left on the host', async (t) => {
	t.notMatch(readFileSync('/proc/self/mountinfo', 'utf8'), inside.path);
});
