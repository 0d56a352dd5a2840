/** Paths that are covered or read-only. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { InitMount } from '../../controller/model/init-config.js';
import { makeInside, proc } from '../support/inside.js';
import { run } from '../support/raw-shim.js';

const inside = makeInside();
t.teardown(inside.remove);
mkdirSync(`${inside.path}/etc/secrets`);
writeFileSync(`${inside.path}/etc/secrets/key`, 'secret');
writeFileSync(`${inside.path}/etc/shadow`, 'secret');

t.test('masked files are empty, masked directories too, and neither can be filled', async (t) => {
	const maskedPaths = [
		'/etc/secrets',
		'/etc/shadow',
		'/proc/interrupts',
		'/proc/tty',
		'/proc/irq',
		'/no/such',
		'/etc/shadow/x',
	];
	const stdout = await inside.sh(
		'for f in /etc/shadow /proc/interrupts; do cat $f; done; ls -A /etc/secrets /proc/tty; ! touch /etc/secrets/x && ! touch /proc/irq/x',
		{ maskedPaths },
	);
	t.equal(stdout, '/etc/secrets:\n\n/proc/tty:\n');
	const mounts = await inside.sh('cat /proc/self/mountinfo', { maskedPaths });
	const masks = mounts.split('\n').filter((line) => / (\/etc\/secrets|\/proc\/tty|\/proc\/irq) /.test(line));
	t.equal(masks.length, 3);
	t.equal(new Set(masks.map((line) => line.split(' ')[2])).size, 1, 'all directories share one empty file system');
	t.match(masks[0], / ro,nosuid,nodev,noexec.* - tmpfs tmpfs ro/);
	t.equal(readFileSync(`${inside.path}/etc/shadow`, 'utf8'), 'secret');
});

t.test('what a masked link leads to is masked', async (t) => {
	symlinkSync('/etc/shadow', `${inside.path}/etc/alias`);
	t.equal(await inside.sh('cat /etc/alias /etc/shadow', { maskedPaths: ['/etc/alias'] }), '');
});

t.test('read-only paths, with what is mounted below', async (t) => {
	const readonlyPaths = ['/proc/sys', '/etc', '/etc/passwd', '/no/such'];
	const script =
		'for f in /proc/sys/kernel/domainname /etc/x /etc/secrets/x /etc/passwd; do ! echo >$f || exit; done 2>&1';
	const stdout = await inside.sh(script, {
		readonlyPaths,
		mounts: [proc, { destination: '/etc/secrets', type: 'tmpfs' }],
	});
	t.equal(stdout.match(/Read-only file system$/gm)?.length, 4);
	t.match(await inside.sh('grep " /proc/sys " /proc/self/mountinfo', { readonlyPaths }), / ro,nosuid,nodev,noexec,/);
});

t.test('what is mounted there is made read-only as it is, with what is mounted below', async (t) => {
	const mounts: InitMount[] = [
		proc,
		{ destination: '/mnt', type: 'tmpfs' },
		{ destination: '/mnt/sub', type: 'tmpfs' },
	];
	const script = '! touch /mnt/x 2>/dev/null && ! touch /mnt/sub/x 2>/dev/null && grep " /mnt" /proc/self/mountinfo';
	const lines = (await inside.sh(script, { readonlyPaths: ['/mnt'], mounts })).trim().split('\n');
	t.strictSame(
		lines.map((line) => line.split(' ').slice(4, 6).join(' ')),
		['/mnt ro,relatime', '/mnt/sub ro,relatime'],
	);
});

t.test('masks and read-only paths need no root of their own', async (t) => {
	const { last, stdout } = await run({
		maskedPaths: ['/etc/hostname', '/usr/share'],
		readonlyPaths: ['/tmp'],
		args: ['sh', '-c', 'cat /etc/hostname; ls /usr/share; ! touch /tmp/x 2>/dev/null'],
	});
	t.match(last, { type: 'procExited', code: 0 });
	t.equal(stdout, '');
});

t.test('the root itself is no such path', async (t) => {
	for (const path of ['/', '/tmp/..'])
		for (const changes of [{ maskedPaths: [path] }, { readonlyPaths: [path] }])
			t.match(await inside.refusal(changes), {
				step: 'masks',
				message: /: is the root, which nothing can be laid over/,
			});
});
