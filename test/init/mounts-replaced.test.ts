/** Mounts that take the place of what the host has mounted there. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { InitMount } from '../../controller/model/init-config.js';
import { makeInside, proc } from '../support/inside.js';
import { run } from '../support/raw-shim.js';

const outside = makeInside();
t.teardown(outside.remove);
const at = `${outside.path}/mnt`;
mkdirSync(at);
mkdirSync(`${outside.path}/var/own`);
writeFileSync(`${outside.path}/var/own/x`, '');

/** In a mount namespace as systemd sets it up, shared with all others: two tmpfs on top of each other, and one in them. */
const stacked = `mount --make-rshared /; for i in 1 2; do mount -t tmpfs none ${at}; done; mkdir ${at}/sub; mount -t tmpfs none ${at}/sub`;
const under = ['unshare', '--mount', 'sh', '-ec', `${stacked}; exec "$0" "$@"`];

const own: InitMount = { destination: at, type: 'bind', source: `${outside.path}/var/own`, replace: true };
mkdirSync(`${outside.path}/var/own/sub`);
const below: InitMount = { destination: `${at}/sub`, type: 'bind', source: `${outside.path}/var/own`, replace: true };

/** Where each mount is that is at the path, or below it, and the directory of its file system that it shows. */
const mountsAt = (mountinfo: string) =>
	mountinfo
		.split('\n')
		.filter((line) => line.includes(` ${at}`))
		.map((line) => `${line.split(' ')[4]?.slice(outside.path.length)} ${line.split(' ')[3]}`);

const ofHost = ['/mnt /', '/mnt /', '/mnt/sub /'];

t.test('nothing of the host lies below, and the host keeps its own', async (t) => {
	let host: string[] = [];
	const { last, stdout } = await run(
		{ mounts: [proc, own], args: ['sh', '-c', `ls ${at}; cat /proc/self/mountinfo; exec sleep 0.1`] },
		{
			under,
			running: (_, outer) => {
				host = mountsAt(readFileSync(`/proc/${outer}/mountinfo`, 'utf8'));
			},
		},
	);
	t.match(last, { type: 'procExited', code: 0 });
	t.match(stdout, /^sub\nx\n/);
	t.match(mountsAt(stdout), [/^\/mnt .*\/var\/own$/]);
	t.equal(mountsAt(stdout).length, 1);
	t.strictSame(host, ofHost);
});

t.test('the source is what the caller sees there, also at the destination itself', async (t) => {
	const itself: InitMount = { destination: at, type: 'bind', source: at, replace: true };
	const { last, stdout } = await run({ mounts: [proc, itself], args: ['cat', '/proc/self/mountinfo'] }, { under });
	t.match(last, { type: 'procExited', code: 0 });
	t.strictSame(mountsAt(stdout), ['/mnt /'], 'alone, without what is mounted below');
});

t.test('where nothing is mounted, and inside a root', async (t) => {
	const inside = makeInside();
	mkdirSync(`${inside.path}/mnt`);
	const there = { ...own, destination: '/mnt' };
	const mounts: InitMount[] = [proc, { destination: '/mnt', type: 'tmpfs' }, there, { ...there, destination: '/new' }];
	t.equal(
		await inside.sh('ls /mnt /new; grep -c " /mnt " /proc/self/mountinfo', { mounts }),
		'/mnt:\nsub\nx\n\n/new:\nsub\nx\n1\n',
	);
	inside.remove();
});

t.test('what is locked stays below', async (t) => {
	const locked = [...under, 'unshare', '--user', '--map-root-user', '--mount'];
	const itself: InitMount = { destination: at, type: 'bind', source: at, replace: true };
	for (const [mounts, more] of [
		[[own], 1],
		[[below], 1],
		[[own, below], 2],
		[[itself], 0],
		[[itself, below], 1],
	] as const) {
		const args = ['cat', '/proc/self/mountinfo'];
		const { last, stdout } = await run({ mounts: [proc, ...mounts], args }, { under: locked });
		t.match(last, { type: 'procExited', code: 0 });
		t.strictSame(mountsAt(stdout).slice(0, ofHost.length), ofHost);
		t.equal(mountsAt(stdout).length, ofHost.length + more, 'a bind of what holds a locked mount is left out');
	}
});

t.test('what cannot be replaced is said', async (t) => {
	for (const [destination, message] of [
		['/', 'replace /: is the root'],
		['/tmp/..', 'replace /tmp/..: is the root'],
		['/etc/passwd', 'replace /etc/passwd: Not a directory'],
	] as const)
		t.match((await run({ mounts: [{ ...own, destination }] })).last, { type: 'procError', step: 'mounts', message });
});
