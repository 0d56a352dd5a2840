/** Who the program runs as: numbers, and names of the container's own /etc/passwd and /etc/group. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import t from 'tap';
import type { InitUser } from '../../controller/model/init-config.js';
import { mapped } from '../support/id-maps.js';
import { withMounts } from '../support/mount-namespace.js';
import type { Changes, ShimOptions } from '../support/raw-shim.js';
import { failure, look, whileRunning } from '../support/run-init.js';

const etc = mkdtempSync(join(tmpdir(), 'procready-etc-'));
chmodSync(etc, 0o755);
t.teardown(() => rmSync(etc, { recursive: true }));

/** Puts these files, and no others, into the /etc of the container. */
function write(files: { passwd?: string; group?: string }): void {
	for (const [name, text] of Object.entries({ passwd: undefined, group: undefined, ...files })) {
		rmSync(join(etc, name), { force: true });
		if (text !== undefined) writeFileSync(join(etc, name), text);
	}
}

/** Calls `use` with what makes a config run with that /etc. */
const withEtc = (use: (own: Changes) => Promise<void>) =>
	withMounts('mount --bind "$1" /etc', [etc], (mount) => use({ mounts: undefined, namespaces: { mount } }));

/** uid, gid, groups and HOME of a program that is run as the user. */
async function who(own: Changes, user: InitUser, options: ShimOptions = {}) {
	const { uids, gids, groups, env } = await look({ ...own, user }, options);
	t.equal(new Set(uids).size, 1, 'real, effective and saved');
	t.equal(new Set(gids).size, 1);
	return [uids[0], gids[0], groups, env.find((item) => item.startsWith('HOME='))];
}

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:*:1:2::/usr/sbin:/bin/false
user:x:1000:1001:A User,,,:/home/user:/bin/sh
other:x:1000:1002::/home/other:/bin/sh
1234:x:1235:1236::/home/number:/bin/sh
`;
const group = `root:x:0:
daemon:x:2:user
staff:x:50:other,user
audio:x:29:user,daemon
users:x:100:
4321:x:4322:user
`;

t.test('users and groups, by number and by name', async (t) => {
	write({ passwd, group });
	await withEtc(async (own) => {
		for (const [user, uid, gid, groups, home] of [
			[{}, 0, 0, [], '/root'],
			[{ uid: 0 }, 0, 0, [], '/root'],
			[{ uid: 1000 }, 1000, 1001, [2, 29, 50, 4322], '/home/user'],
			[{ name: 'user' }, 1000, 1001, [2, 29, 50, 4322], '/home/user'],
			[{ name: 'other' }, 1000, 1002, [50], '/home/other'],
			[{ name: 'daemon' }, 1, 2, [29], '/usr/sbin'],
			[{ name: 'user', gid: 7 }, 1000, 7, [], '/home/user'],
			[{ name: 'user', group: 'staff' }, 1000, 50, [], '/home/user'],
			[{ name: 'user', gid: 7, additionalGroups: ['audio'] }, 1000, 7, [29], '/home/user'],
			[{ uid: 5 }, 5, 0, [], '/'],
			[{ uid: 5, gid: 6 }, 5, 6, [], '/'],
			[{ uid: 5, group: 'users' }, 5, 100, [], '/'],
			[{ uid: 4294967294, gid: 4294967294 }, 4294967294, 4294967294, [], '/'],
			[{ gid: 9 }, 0, 9, [], '/root'],
			[{ group: 'audio' }, 0, 29, [], '/root'],
			[{ additionalGids: [3, 1, 2] }, 0, 0, [1, 2, 3], '/root'],
			[{ additionalGroups: ['staff', 'root'], additionalGids: [9] }, 0, 0, [0, 9, 50], '/root'],
			[{ name: 'user', additionalGids: [50, 51, 51] }, 1000, 1001, [2, 29, 50, 51, 4322], '/home/user'],
		] as [InitUser, number, number, number[], string][])
			t.strictSame(await who(own, user), [uid, gid, groups, `HOME=${home}`], JSON.stringify(user));
	});
});

t.test('CVE-2016-3697: a number is never a name, and a name never a number', async (t) => {
	write({ passwd: `1000:x:0:0::/:/bin/sh\n0:x:77:78::/:/bin/sh\n${passwd}`, group: `50:x:0:\n${group}` });
	await withEtc(async (own) => {
		t.match(await who(own, { uid: 1000 }), [1000, 1001], 'the user with that number, not the one of that name');
		t.match(await who(own, { uid: 0 }), [0, 0]);
		t.match(await who(own, { uid: 1000, gid: 50 }), [1000, 50]);
		t.match(await who(own, { uid: 1, additionalGids: [50] }), [1, 2, [29, 50]]);
		t.match(await who(own, { name: '1234' }), [1235, 1236], 'what was sent as a name is one');
		t.match(await who(own, { name: '1234', group: '4321' }), [1235, 4322]);
		for (const name of ['1235', '+1000', '-1', '1000:1000', 'user:staff', '0x0', ' root', 'root ', 'ROOT', ':', ''])
			if (name !== '') t.match(await failure({ ...own, user: { name } }), { step: 'user-lookup' }, `“${name}”`);
	});
});

t.test('CVE-2026-30892: what only looks like an entry is none', async (t) => {
	const bad = [
		'a:x:1:2',
		'b:x:1',
		'c:x',
		'd',
		'',
		':x:0:0::/:/bin/sh',
		'e:x::0::/:/bin/sh',
		'f:x:0:::/:/bin/sh',
		'g:x:+1:1::/:/bin/sh',
		'h:x:-1:1::/:/bin/sh',
		'i:x: 1:1::/:/bin/sh',
		'j:x:1x:1::/:/bin/sh',
		'k:x:0x1:1::/:/bin/sh',
		'l:x:4294967295:1::/:/bin/sh',
		'm:x:4294967296:1::/:/bin/sh',
		'n:x:18446744073709551616:0::/:/bin/sh',
		'o:x:1:4294967295::/:/bin/sh',
		'p\0q:x:0:0::/:/bin/sh',
		'r:x:1\0:0::/:/bin/sh',
		'+s::::::',
		' t:x:0:0::/:/bin/sh',
	];
	const badGroups = ['b:x', 'c', 'd:x:', 'e:x:+1:', 'f:x:1x:', 'g:x:4294967295:', 'h:x:-1:user', ':x:1:'];
	write({ passwd: `${bad.join('\n')}\n`, group: badGroups.join('\n') });
	await withEtc(async (own) => {
		for (const name of [...'bcdefghijklmnopqrt', 's', '+s', 'p\u0001q'])
			t.match(
				await failure({ ...own, user: { name } }),
				{ step: 'user-lookup', errno: 0, message: `user ${name} is not in /etc/passwd` },
				name,
			);
		for (const name of 'bcdefgh')
			t.match(
				await failure({ ...own, user: { uid: 1, group: name } }),
				{ step: 'user-lookup', errno: 0, message: `group ${name} is not in /etc/group` },
				name,
			);
		t.match(await who(own, { name: 'a' }), [1, 2, [], 'HOME=/'], 'an entry need not name a directory');
		t.match(await who(own, { uid: 0 }), [0, 0, [], 'HOME=/'], 'none of them is an entry of uid 0');
	});
});

t.test('lines of any length, and none at the end', async (t) => {
	const long = 'x'.repeat(100_000);
	const members = Array.from({ length: 5000 }, (_, i) => `member${i}`).join(',');
	write({
		passwd: `${long}:x:1:1::/:\nwide:${long}:5:6:${long}:/home/wide:${long}\n#user:x:0:0::/:\nlast:x:7:8::/home/last`,
		group: `many:x:60:${members},wide\n${long}:x:1:wide\nempty:x:61:,,wide,\nlast:x:62:wide`,
	});
	await withEtc(async (own) => {
		t.strictSame(await who(own, { name: 'wide' }), [5, 6, [1, 60, 61, 62], 'HOME=/home/wide']);
		t.strictSame(await who(own, { name: 'last', group: 'last' }), [7, 62, [], 'HOME=/home/last']);
		t.match(await who(own, { uid: 1, group: 'many' }), [1, 60]);
		t.match(await failure({ ...own, user: { name: long } }), { step: 'user-lookup' });
	});
	write({ passwd: `user:x:1:1::${'/d'.repeat(3000)}:/bin/sh\nrelative:x:2:2::home:/bin/sh\n` });
	await withEtc(async (own) => {
		t.strictSame(await who(own, { name: 'user' }), [1, 1, [], 'HOME=/'], 'no directory of 6000 bytes');
		t.strictSame(await who(own, { name: 'relative' }), [2, 2, [], 'HOME=/']);
	});
});

t.test('HOME stays what env says', async (t) => {
	write({ passwd, group });
	await withEtc(async (own) => {
		for (const env of [['HOME=/given'], ['HOME='], ['A=1', 'HOME=/given', 'B=2']])
			t.strictSame((await look({ ...own, env, user: { name: 'user' } })).env, env);
		t.strictSame((await look({ ...own, env: ['HOMES=1'], user: { name: 'user' } })).env, [
			'HOMES=1',
			'HOME=/home/user',
		]);
		t.strictSame((await look({ ...own, env: [], user: { uid: 3 } })).env, ['HOME=/']);
	});
});

t.test('USER and LOGNAME, where they are asked for', async (t) => {
	write({ passwd });
	await withEtc(async (own) => {
		for (const [user, env, expected] of [
			[{ uid: 1000 }, ['USERS=1', 'LOGNAME=l'], ['USERS=1', 'LOGNAME=l', 'HOME=/home/user', 'USER=user']],
			[{ name: 'other' }, [], ['HOME=/home/other', 'USER=other', 'LOGNAME=other']],
			[{}, ['USER='], ['USER=', 'HOME=/root', 'LOGNAME=root']],
			[{ uid: 3 }, [], ['HOME=/']],
		] as const) {
			const { env: seen } = await look({ ...own, env: [...env], user: { ...user, variables: true } });
			t.strictSame(seen, expected, JSON.stringify(user));
		}
		t.strictSame((await look({ ...own, env: [] })).env, [], 'and without a user there is none');
	});
});

t.test('without the files numbers work and names are refused', async (t) => {
	write({});
	await withEtc(async (own) => {
		t.strictSame(await who(own, { uid: 12, gid: 34 }), [12, 34, [], 'HOME=/']);
		t.strictSame(await who(own, { uid: 12 }), [12, 0, [], 'HOME=/']);
		for (const [user, message] of [
			[{ name: 'user' }, 'look up user: open /etc/passwd: No such file or directory'],
			[{ uid: 1, group: 'staff' }, 'look up staff: open /etc/group: No such file or directory'],
			[{ uid: 1, additionalGroups: ['staff'] }, 'look up staff: open /etc/group: No such file or directory'],
		] as [InitUser, string][])
			t.match(await failure({ ...own, user }), { step: 'user-lookup', errno: 2, message });
	});
});

t.test('what is no ordinary file, or cannot be opened, ends the launch, also where no name is looked up', async (t) => {
	const none = / is not a regular file of an ordinary file system$/;
	const loop = /open \/etc\/\w+: Symbolic link loop$/;
	for (const [make, message, errno] of [
		[(path) => execFileSync('mkfifo', [path]), none, 0],
		[(path) => execFileSync('mkdir', [path]), none, 0],
		[(path) => symlinkSync('/dev/zero', path), none, 0],
		[(path) => symlinkSync('/proc/self/pagemap', path), none, 0],
		[(path) => symlinkSync('/proc/kmsg', path), none, 0],
		[(path) => symlinkSync('/sys/kernel/profiling', path), none, 0],
		[(path) => symlinkSync(basename(path), path), loop, 40],
	] as [(path: string) => void, RegExp, number][])
		for (const name of ['passwd', 'group']) {
			write({ passwd, group });
			rmSync(join(etc, name));
			make(join(etc, name));
			await withEtc(async (own) => {
				for (const user of [{ name: 'user', group: 'staff' }, { uid: 1000 }])
					t.match(await failure({ ...own, user }), { step: 'user-lookup', errno, message }, `${name}: ${message}`);
			});
			rmSync(join(etc, name), { recursive: true });
		}
});

t.test('a file that may not be opened is not a missing one', async (t) => {
	write({ passwd, group });
	chmodSync(join(etc, 'passwd'), 0);
	await withEtc(async (own) => {
		const namespaces = { ...own.namespaces, user: 'new' };
		t.match(await failure({ ...own, namespaces, user: { uid: 1000 } }, mapped), {
			step: 'user-lookup',
			errno: 13,
			message: 'look up the user: open /etc/passwd: Permission denied',
		});
	});
});

t.test('a link that leads nowhere, and a directory that is none, are a missing file', async (t) => {
	for (const to of ['no-such-file', 'group/passwd']) {
		write({ group });
		symlinkSync(to, join(etc, 'passwd'));
		await withEtc(async (own) => {
			t.strictSame(await who(own, { uid: 1000 }), [1000, 0, [], 'HOME=/'], to);
		});
	}
});

t.test('16 MiB of a file are read, and not a byte more', async (t) => {
	const most = 16 * 2 ** 20;
	for (const [size, tail] of [
		[most - 1, ''],
		[most, ''],
		[most + 1, 'read /etc/passwd: is longer than 16 MiB'],
		[2 ** 40, 'read /etc/passwd: is longer than 16 MiB'],
	] as const) {
		write({ passwd, group });
		truncateSync(join(etc, 'passwd'), size);
		await withEtc(async (own) => {
			t.match(await who(own, { name: 'user' }), [1000, 1001], 'what is found is found before');
			if (tail) t.match(await failure({ ...own, user: { uid: 8 } }), { step: 'user-lookup', errno: 0, message: tail });
			else t.match(await who(own, { uid: 8 }), [8, 0]);
		});
	}
});

t.test('an unknown group is named', async (t) => {
	write({ passwd, group });
	await withEtc(async (own) => {
		for (const user of [
			{ uid: 1, group: 'no-such' },
			{ uid: 1, additionalGroups: ['staff', 'no-such'] },
		])
			t.match(await failure({ ...own, user }), { step: 'user-lookup', message: 'group no-such is not in /etc/group' });
	});
});

t.test('as many groups as may be, and one more', async (t) => {
	const gids = Array.from({ length: 256 }, (_, i) => 10_000 + i);
	const lines = (count: number) => Array.from({ length: count }, (_, i) => `g${i}:x:${20_000 + i}:user\n`).join('');
	write({ passwd, group: lines(768) });
	await withEtc(async (own) => {
		const [, , groups] = await who(own, { name: 'user', additionalGids: gids });
		t.equal((groups as number[]).length, 1024);
	});
	write({ passwd, group: lines(769) });
	await withEtc(async (own) => {
		t.match(await failure({ ...own, user: { name: 'user', additionalGids: gids } }), {
			step: 'user-lookup',
			message: 'the user is in too many groups',
		});
	});
});

t.test('the groups of the caller are not kept', async (t) => {
	const under = ['setpriv', '--groups', '4,5,6'];
	t.strictSame((await look({ user: { uid: 1, gid: 1 } }, { under })).groups, []);
	t.strictSame((await look({}, { under })).groups, [4, 5, 6], 'but where no user is asked for');
});

t.test('in a user namespace, groups that only /etc/group names may be missing', async (t) => {
	write({ passwd, group: `far:x:70000:user\n${group}` });
	await withEtc(async (own) => {
		const namespaces = { ...own.namespaces, user: 'new' };
		const seen = await look({ ...own, namespaces, user: { name: 'user', additionalGids: [3] } }, mapped);
		t.strictSame([seen.uids[0], seen.gids[0], seen.groups], [1000, 1001, [3]]);
	});
});

t.test('a caller without root may stay who it is, and nobody else', async (t) => {
	const plain = { mounts: undefined, namespaces: {} };
	const uid = 65534;
	t.match(await who(plain, { uid, gid: uid }, { uid }), [uid, uid, []]);
	t.match(await who(plain, { gid: uid }, { uid }), [uid, uid, []]);
	for (const [user, message] of [
		[{ uid: 1, gid: uid }, 'setresuid 1: needs CAP_SETUID: Operation not permitted'],
		[{ uid, gid: 1 }, 'setresgid 1: needs CAP_SETGID: Operation not permitted'],
		[{ uid, gid: uid, additionalGids: [1] }, 'setgroups: needs CAP_SETGID: Operation not permitted'],
	] as [InitUser, string][])
		t.match(await failure({ ...plain, user }, { uid }), { step: 'user', errno: 1, message });
});

t.test('the program dies with the outer, whoever it runs as', async (t) => {
	await whileRunning({ user: { uid: 1000, gid: 1000 } }, (pid) => {
		t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\t1000\t/m);
	});
	t.equal((await look({ user: { uid: 1000, gid: 1000 } })).parentDeathSignal, 9);
});
