/** What is mounted into a container, and how. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import type { InitMount } from '../../controller/model/init-config.js';
import { makeInside, proc } from '../support/inside.js';
import { run } from '../support/raw-shim.js';

const inside = makeInside();
const outside = makeInside();
t.teardown(inside.remove);
t.teardown(outside.remove);

/** What a script prints where that is mounted. */
const mounted = (mount: InitMount | InitMount[], script: string) => inside.sh(script, { mounts: [proc, mount].flat() });

/** Options and type of what is mounted there, as mountinfo has them. */
const describe = async (mounts: InitMount | InitMount[], path: string) => {
	const line = (await mounted(mounts, 'cat /proc/self/mountinfo'))
		.split('\n')
		.findLast((l) => l.split(' ')[4] === path);
	const [options, , type, , superOptions] = (line ?? '').split(' ').slice(5);
	return { options, type, superOptions };
};

t.test('a tmpfs with its options', async (t) => {
	const mount: InitMount = {
		destination: '/tmp',
		type: 'tmpfs',
		source: 'scratch',
		set: ['nosuid', 'nodev', 'noexec'],
		data: ['size=64k', 'mode=1770', 'uid=12', 'gid=34'],
	};
	t.equal(await mounted(mount, 'stat -c "%a %u %g" /tmp'), '1770 12 34\n');
	t.match(await mounted(mount, 'df -k /tmp'), /^scratch +64 /m);
	t.equal((await describe(mount, '/tmp')).options, 'rw,nosuid,nodev,noexec,relatime');
	t.equal(await mounted(mount, 'head -c 70000 /bin/busybox >/tmp/x 2>/dev/null || stat -c %s /tmp/x'), '65536\n');
});

t.test('all attributes of a mount', async (t) => {
	mkdirSync(`${outside.path}/plain`);
	const under = ['unshare', '--mount', 'sh', '-ec', `mount -t tmpfs none ${outside.path}/plain; exec "$0" "$@"`];
	for (const [set, options] of [
		[[], 'rw,relatime'],
		[['ro'], 'ro,relatime'],
		[['nosuid', 'nodev', 'noexec'], 'rw,nosuid,nodev,noexec,relatime'],
		[['noatime', 'nodiratime'], 'rw,noatime,nodiratime'],
		[['strictatime'], 'rw'],
		[['relatime', 'nosymfollow'], 'rw,relatime,nosymfollow'],
	] as const)
		for (const kind of [{ type: 'tmpfs' }, { type: 'bind', source: `${outside.path}/plain` }]) {
			const mounts = [proc, { destination: '/mnt', ...kind, set: [...set] }];
			const stdout = await inside.sh('grep " /mnt " /proc/self/mountinfo', { mounts }, { under });
			t.equal(stdout.split(' ')[5], options, `${kind.type} ${set}`);
		}
});

t.test('a destination that is missing is made, with the directories before it', async (t) => {
	t.equal(await mounted({ destination: '/a/b//c/', type: 'tmpfs' }, 'touch /a/b/c/x; ls /a/b/c'), 'x\n');
	t.equal(statSync(`${inside.path}/a/b/c`).mode & 0o7777, 0o755);
	const file: InitMount = { destination: '/d/e/passwd', type: 'bind', source: '/etc/passwd' };
	t.equal(await mounted(file, 'cat /d/e/passwd'), readFileSync('/etc/passwd', 'utf8'));
	t.equal(statSync(`${inside.path}/d/e/passwd`).size, 0);
	t.equal(await mounted(file, 'cat /d/e/passwd'), readFileSync('/etc/passwd', 'utf8'), 'and used again');
});

t.test('links of the root file system lead where they lead inside', async (t) => {
	mkdirSync(`${inside.path}/var/target`);
	symlinkSync('/var/target', `${inside.path}/link`);
	symlinkSync('../../../../../../var', `${inside.path}/up`);
	const mounts: InitMount[] = [
		{ destination: '/link/sub', type: 'tmpfs' },
		{ destination: '/up/other', type: 'tmpfs' },
	];
	const stdout = await mounted(mounts, 'cat /proc/self/mountinfo');
	t.match(stdout, / \/var\/target\/sub /);
	t.match(stdout, / \/var\/other /);
	t.notOk(existsSync('/var/target'));
});

t.test('binds: a directory, a file, a socket, and what a link on the host leads to', async (t) => {
	mkdirSync(`${outside.path}/shared`);
	writeFileSync(`${outside.path}/shared/x`, 'of the host\n');
	symlinkSync(`${outside.path}/shared`, `${outside.path}/to-shared`);
	const directory: InitMount = { destination: '/data', type: 'bind', source: `${outside.path}/to-shared` };
	t.equal(await mounted(directory, 'cat /data/x; echo >/data/y'), 'of the host\n');
	t.ok(existsSync(`${outside.path}/shared/y`));

	const readonly: InitMount = { destination: '/x', type: 'bind', source: `${outside.path}/shared/x`, set: ['ro'] };
	t.equal(await mounted(readonly, 'cat /x; ! echo >/x'), 'of the host\n');
	writeFileSync(`${outside.path}/shared/x`, 'still writable on the host\n');

	const server = createServer().listen(`${outside.path}/socket`);
	const socket: InitMount = { destination: '/run/socket', type: 'bind', source: `${outside.path}/socket` };
	await mounted(socket, 'test -S /run/socket').finally(() => server.close());
});

t.test('a bind takes over the attributes of its source, but for what is set and cleared', async (t) => {
	const under = [
		'unshare',
		'--mount',
		'sh',
		'-ec',
		`mount -t tmpfs -o nosuid,noexec,noatime none ${outside.path}/mnt; exec "$0" "$@"`,
	];
	mkdirSync(`${outside.path}/mnt`);
	for (const [change, options] of [
		[{}, 'rw,nosuid,noexec,noatime'],
		[{ set: ['ro'], clear: ['noexec'] }, 'ro,nosuid,noatime'],
		[{ clear: ['noatime', 'nosuid'] }, 'rw,noexec,relatime'],
		[{ set: ['strictatime'] }, 'rw,nosuid,noexec'],
	] as [Partial<InitMount>, string][]) {
		const mount = { destination: '/mnt', type: 'bind', source: `${outside.path}/mnt`, ...change };
		const stdout = await inside.sh('grep " /mnt " /proc/self/mountinfo', { mounts: [proc, mount] }, { under });
		t.equal(stdout.split(' ')[5], options);
	}
});

t.test('a bind is of the directory alone, or recursive; attributes too', async (t) => {
	const under = [
		'unshare',
		'--mount',
		'sh',
		'-ec',
		`mount -t tmpfs none ${outside.path}/mnt; mkdir ${outside.path}/mnt/sub;
		mount -t tmpfs none ${outside.path}/mnt/sub; touch ${outside.path}/mnt/sub/x; exec "$0" "$@"`,
	];
	const seen = async (change: Partial<InitMount>) => {
		const mount = { destination: '/mnt', type: 'bind', source: `${outside.path}/mnt`, ...change };
		const stdout = await inside.sh('grep " /mnt" /proc/self/mountinfo', { mounts: [proc, mount] }, { under });
		return stdout
			.trim()
			.split('\n')
			.map((line) => line.split(' ').slice(4, 6).join(' '));
	};
	t.strictSame(await seen({}), ['/mnt rw,relatime']);
	t.strictSame(await seen({ recursive: true }), ['/mnt rw,relatime', '/mnt/sub rw,relatime']);
	t.strictSame(await seen({ recursive: true, set: ['ro'] }), ['/mnt ro,relatime', '/mnt/sub rw,relatime']);
	t.strictSame(await seen({ recursive: true, setRecursive: ['ro', 'nodev'] }), [
		'/mnt ro,nodev,relatime',
		'/mnt/sub ro,nodev,relatime',
	]);
	t.strictSame(await seen({ recursive: true, setRecursive: ['ro'], clear: ['ro'] }), [
		'/mnt rw,relatime',
		'/mnt/sub ro,relatime',
	]);
});

t.test('propagation of a mount', async (t) => {
	for (const [propagation, below] of [
		['private', ''],
		['rprivate', ''],
		['shared', 'shared'],
		['rshared', 'shared'],
		['unbindable', 'unbindable'],
		['slave', ''],
		['runbindable', 'unbindable'],
	] as const) {
		const stdout = await mounted(
			{ destination: '/mnt', type: 'tmpfs', propagation },
			'grep " /mnt " /proc/self/mountinfo',
		);
		const [, tag = ''] = /rw,relatime (\w*).* - /.exec(stdout) ?? [];
		t.equal(tag, below, propagation);
	}
});

t.test('kernel file systems', async (t) => {
	t.match(await mounted({ destination: '/sys', type: 'sysfs', set: ['ro'] }, 'ls /sys'), /^kernel$/m);
	const devpts: InitMount = {
		destination: '/dev/pts',
		type: 'devpts',
		data: ['newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
	};
	t.equal(
		await mounted(devpts, 'ls /dev/pts; stat -c %a /dev/pts/ptmx'),
		'ptmx\n666\n',
		'with no terminal of the host',
	);
	t.equal((await describe({ destination: '/dev/mqueue', type: 'mqueue' }, '/dev/mqueue')).type, 'mqueue');
	t.equal(
		(await describe({ destination: '/proc', type: 'proc', data: ['hidepid=invisible'] }, '/proc')).superOptions,
		'rw,hidepid=invisible',
	);
});

const hasOverlay = readFileSync('/proc/filesystems', 'utf8').includes('overlay');

t.test(
	'an overlay of directories of the host',
	{ skip: !hasOverlay && 'kernel: no overlay file system' },
	async (t) => {
		for (const name of ['lower', 'upper', 'work']) mkdirSync(`${outside.path}/tmp/${name}`);
		writeFileSync(`${outside.path}/tmp/lower/below`, '');
		const at = (name: string) => `${outside.path}/tmp/${name}`;
		const overlay: InitMount = {
			destination: '/mnt',
			type: 'overlay',
			data: [`lowerdir=${at('lower')}`, `upperdir=${at('upper')}`, `workdir=${at('work')}`],
		};
		t.equal(await mounted(overlay, 'touch /mnt/above; ls /mnt'), 'above\nbelow\n');
		t.strictSame([readdirSync(at('lower')), readdirSync(at('upper'))], [['below'], ['above']]);
	},
);

t.test('the source of a bind is what the caller sees there, whatever was mounted before', async (t) => {
	mkdirSync(`${inside.path}/source`);
	writeFileSync(`${inside.path}/source/x`, 'as it lies on the host\n');
	const mounts: InitMount[] = [
		{ destination: '/source', type: 'tmpfs' },
		{ destination: '/mnt', type: 'bind', source: `${inside.path}/source` },
	];
	t.equal(await mounted(mounts, 'cat /mnt/x'), 'as it lies on the host\n');
});

t.test('what the kernel does not take is explained', async (t) => {
	writeFileSync(`${inside.path}/file`, '');
	mkdirSync(`${inside.path}/directory`);
	symlinkSync('/no/such', `${inside.path}/dangling`);
	const long = 'x'.repeat(256);
	for (const [mount, step, message] of [
		[
			{ type: 'nonesuch' },
			'sources',
			'mount nonesuch on /mnt: a file system that /proc/filesystems does not name: No such device',
		],
		[
			{ type: 'tmpfs', data: ['nonesuch=1'] },
			'sources',
			/mount tmpfs on \/mnt: tmpfs: Unknown parameter 'nonesuch': Invalid/,
		],
		[{ type: 'tmpfs', data: ['size=many'] }, 'sources', /tmpfs: Bad value for 'size'/],
		[{ type: 'tmpfs', data: [`x=${long}`] }, 'sources', /takes options of at most 255 bytes: x=xxx/],
		[{ type: 'tmpfs', data: [`${long}=x`] }, 'sources', /takes options of at most 255 bytes: xxx/],
		[{ type: 'bind' }, 'mount-sources', 'mount on /mnt: a bind needs a source'],
		[
			{ type: 'bind', source: '/etc', data: ['size=1'] },
			'mount-sources',
			'mount on /mnt: a bind does not take options of a file system: size=1',
		],
		[{ type: 'bind', source: '/no/such' }, 'sources', 'bind /no/such: No such file or directory'],
		[
			{ type: 'bind', source: '/etc/passwd', destination: '/directory' },
			'mounts',
			/is a directory, but what is mounted is not/,
		],
		[
			{ type: 'bind', source: '/etc', destination: '/file' },
			'mounts',
			/is not a directory, but what is mounted is one/,
		],
		[{ type: 'tmpfs', destination: '/file/x' }, 'mounts', 'mount on /file/x: Not a directory'],
		[{ type: 'tmpfs', destination: '/' }, 'mounts', /^mount on \/: is the root/],
		[{ type: 'tmpfs', destination: '/tmp/..' }, 'mounts', /^mount on \/tmp\/..: is the root/],
		[
			{ type: 'tmpfs', destination: '/dangling' },
			'mounts',
			/dangling is not a directory, or a link that leads nowhere/,
		],
		[
			{ type: 'bind', source: '/etc/passwd', destination: '/dangling' },
			'mounts',
			/dangling is a link that leads nowhere/,
		],
		[{ type: 'tmpfs', destination: '/no/../x' }, 'mounts', /what stands before a \.\. must be there/],
		[{ type: 'tmpfs', destination: `/${long}` }, 'mounts', /Filename too long/],
		[{ type: 'tmpfs', destination: `/${`${long.slice(1)}/`.repeat(17)}` }, 'mounts', /x…$/],
	] as [Partial<InitMount>, string, string | RegExp][]) {
		const mounts = [{ destination: '/mnt', type: 'bind', ...mount }];
		t.match(await inside.refusal({ mounts }), { step, message }, `${message}`);
	}
});

t.test('without a root of its own nothing is made on the host', async (t) => {
	const made = `/tmp/procready-${process.pid}`;
	for (const mount of [
		{ destination: made, type: 'tmpfs' },
		{ destination: `${made}/x/y`, type: 'tmpfs' },
		{ destination: made, type: 'bind', source: '/etc/passwd' },
	])
		t.match((await run({ mounts: [mount] })).last, {
			type: 'procError',
			step: 'mounts',
			message: /is missing, and without a root of its own nothing is made in the host's file systems/,
		});
	t.notOk(existsSync(made));
	const mounts: InitMount[] = [
		{ destination: '/tmp', type: 'tmpfs' },
		{ destination: `${made}/x`, type: 'tmpfs' },
	];
	t.match((await run({ mounts })).last, { type: 'procExited', code: 0 }, 'but in a mount of its own it may be');
	t.notOk(existsSync(made));
});
