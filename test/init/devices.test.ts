/** Device nodes and links of a container. */
import { existsSync, lstatSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import t from 'tap';
import type { InitDevice, InitMount } from '../../controller/model/init-config.js';
import { makeInside, proc } from '../support/inside.js';
import { run } from '../support/raw-shim.js';

const inside = makeInside();
t.teardown(inside.remove);

const dev: InitMount = { destination: '/dev', type: 'tmpfs', set: ['nosuid', 'strictatime'], data: ['mode=755'] };

t.test('device nodes of all types, with mode and owner', async (t) => {
	const devices: InitDevice[] = [
		{ path: '/dev/null', type: 'c', major: 1, minor: 3 },
		{ path: '/dev/net/tun', type: 'c', major: 10, minor: 200, fileMode: 0o600, uid: 7, gid: 8 },
		{ path: '/dev/block', type: 'b', major: 7, minor: 1_048_575, fileMode: 0o640 },
		{ path: '/dev/fifo', type: 'p', fileMode: 0o622 },
	];
	const stdout = await inside.sh(
		'cd /dev; stat -c "%n %F %t:%T %a %u:%g" *; stat -c "%F %t:%T %a %u:%g" net/tun; echo >null',
		{
			devices,
			mounts: [proc, dev],
		},
	);
	t.strictSame(stdout.trim().split('\n'), [
		'block block special file 7:fffff 640 0:0',
		'fifo fifo 0:0 622 0:0',
		'net directory 0:0 755 0:0',
		'null character special file 1:3 666 0:0',
		'character special file a:c8 600 7:8',
	]);
	t.notOk(existsSync(`${inside.path}/dev/null`), 'nothing of it is in the directory of the root');
});

t.test('a node that is there already is kept; something else is an error', async (t) => {
	const nodes = makeInside();
	t.teardown(nodes.remove);
	const device = { path: '/dev/zero', type: 'c', major: 1, minor: 5, fileMode: 0o644 } as const;
	await nodes.sh('true', { devices: [device] });
	const before = lstatSync(`${nodes.path}/dev/zero`);
	t.equal(await nodes.sh('stat -c %t:%T /dev/zero', { devices: [{ ...device, fileMode: 0o600 }] }), '1:5\n');
	t.equal(statSync(`${nodes.path}/dev/zero`).ino, before.ino);
	t.equal(statSync(`${nodes.path}/dev/zero`).mode & 0o777, 0o644);
	symlinkSync('zero', `${nodes.path}/dev/link`);
	mkdirSync(`${nodes.path}/dev/directory`);
	for (const wrong of [
		{ ...device, minor: 3 },
		{ ...device, type: 'b' as const },
		{ ...device, path: '/dev/link' },
		{ ...device, path: '/dev/directory' },
		{ ...device, path: '/etc/passwd' },
	])
		t.match(await nodes.refusal({ devices: [wrong] }), {
			step: 'devices',
			message: `mknod ${wrong.path}: something else is there`,
		});
	for (const path of ['/', '/dev/', '/dev/.', '/dev/..'])
		t.match(await nodes.refusal({ devices: [{ ...device, path }] }), {
			step: 'devices',
			message: /is the name of a directory/,
		});
});

t.test('links are made as they are given, and what is there already is left alone', async (t) => {
	symlinkSync('/etc/shadow', `${inside.path}/etc/alias`);
	const links = [
		{ path: '/dev/fd', target: '/proc/self/fd' },
		{ path: '/dev/sub/core', target: '../nowhere' },
		{ path: '/etc/passwd', target: '/etc/group' },
		{ path: '/etc/alias', target: '/no/such' },
	];
	const script = 'readlink /dev/fd; readlink /dev/sub/core; readlink /etc/alias; head -n 1 /etc/passwd';
	const stdout = await inside.sh(script, { links, mounts: [proc, dev] });
	t.equal(stdout, '/proc/self/fd\n../nowhere\n/etc/shadow\nroot:x:0:0:root:/root:/bin/sh\n');
});

t.test('without a root of its own no node and no link is made on the host', async (t) => {
	const name = `/dev/procready-${process.pid}`;
	const refused = { type: 'procError', step: 'devices', message: /nothing is made in the host's file systems/ };
	t.match((await run({ devices: [{ path: name, type: 'c', major: 1, minor: 3 }] })).last, refused);
	t.match((await run({ links: [{ path: name, target: 'null' }] })).last, refused);
	t.notOk(existsSync(name));
	const own = { devices: [{ path: name, type: 'p' as const }], links: [{ path: `${name}-link`, target: 'null' }] };
	t.match((await run({ ...own, mounts: [proc, dev] })).last, { code: 0 }, 'but in a /dev of its own they are');
	t.notOk(existsSync(name));
	const kept = { path: '/dev/null', type: 'c', major: 1, minor: 3 } as const;
	t.match((await run({ devices: [kept], links: [{ path: '/dev/fd', target: '/proc/self/fd' }] })).last, { code: 0 });
});
