import t from 'tap';
import { parseCgroupMounts } from '../../controller/host/cgroup-mounts.js';
import { parseHost } from '../../controller/host/hierarchy.js';

t.test('pure v2', async (t) => {
	t.strictSame(
		parseHost(
			'34 25 0:29 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n25 1 0:22 / /sys rw - sysfs sysfs rw\n',
			'0::/user.slice/user-0.slice/session-1.scope\n',
		),
		{
			hierarchies: [
				{
					version: 2,
					controllers: [],
					mountPoint: '/sys/fs/cgroup',
					own: '/sys/fs/cgroup/user.slice/user-0.slice/session-1.scope',
				},
			],
		},
	);
});

t.test('hybrid: controllers mounted alone and together, a named hierarchy, and v2 beside them', async (t) => {
	const { hierarchies } = parseHost(
		[
			'31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
			'32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
			'35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
			'40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd',
			'41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
			'50 31 0:32 / /mnt/memory\\040again rw - cgroup cgroup rw,memory',
		].join('\n'),
		['9:name=systemd:/init.scope', '4:memory:/a:b', '1:cpu,cpuacct:/', '0::/init.scope'].join('\n'),
	);
	t.strictSame(
		hierarchies.map(({ version, controllers, own }) => [version, controllers, own]),
		[
			[1, ['cpu', 'cpuacct'], '/sys/fs/cgroup/cpu,cpuacct'],
			[1, ['memory'], '/sys/fs/cgroup/memory/a:b'],
			[2, [], '/sys/fs/cgroup/unified/init.scope'],
		],
	);
});

t.test('a mount that shows only a part of its hierarchy', async (t) => {
	const own = (root: string, path: string) =>
		parseHost(`1 0 0:1 ${root} /cg rw - cgroup cgroup rw,pids`, `5:pids:${path}`).hierarchies[0]?.own;
	t.equal(own('/docker/1', '/docker/1'), '/cg');
	t.equal(own('/docker/1', '/docker/1/sub'), '/cg/sub');
	t.equal(own('/docker/1', '/elsewhere'), '/cg');
});

/** [version, controllers, own] of each. */
const found = (mountinfo: string[], cgroup: string[]) =>
	parseHost(mountinfo.join('\n'), cgroup.join('\n')).hierarchies.map(({ version, controllers, own }) => [
		version,
		controllers.join(),
		own,
	]);

t.test('Debian 10, hybrid: systemd mounts each hierarchy of v1 below a tmpfs', async (t) => {
	t.strictSame(
		found(
			[
				'24 30 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw',
				'31 24 0:27 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755',
				'32 31 0:28 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:10 - cgroup2 cgroup2 rw,nsdelegate',
				'33 31 0:29 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:11 - cgroup cgroup rw,xattr,name=systemd',
				'37 31 0:33 / /sys/fs/cgroup/net_cls,net_prio rw,nosuid,nodev,noexec,relatime shared:15 - cgroup cgroup rw,net_cls,net_prio',
				'39 31 0:35 / /sys/fs/cgroup/pids rw,nosuid,nodev,noexec,relatime shared:17 - cgroup cgroup rw,pids',
				'42 31 0:38 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec,relatime shared:20 - cgroup cgroup rw,memory',
				'44 31 0:40 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev,noexec,relatime shared:22 - cgroup cgroup rw,cpu,cpuacct',
			],
			[
				'10:pids:/user.slice/user-1000.slice/session-2.scope',
				'9:cpu,cpuacct:/user.slice',
				'6:memory:/user.slice/user-1000.slice/session-2.scope',
				'4:net_cls,net_prio:/',
				'1:name=systemd:/user.slice/user-1000.slice/session-2.scope',
				'0::/user.slice/user-1000.slice/session-2.scope',
			],
		),
		[
			[2, '', '/sys/fs/cgroup/unified/user.slice/user-1000.slice/session-2.scope'],
			[1, 'net_cls,net_prio', '/sys/fs/cgroup/net_cls,net_prio'],
			[1, 'pids', '/sys/fs/cgroup/pids/user.slice/user-1000.slice/session-2.scope'],
			[1, 'memory', '/sys/fs/cgroup/memory/user.slice/user-1000.slice/session-2.scope'],
			[1, 'cpu,cpuacct', '/sys/fs/cgroup/cpu,cpuacct/user.slice'],
		],
	);
});

t.test(
	'the controllers of a hierarchy may be mounted in another order than /proc/self/cgroup names them',
	async (t) => {
		t.strictSame(
			found(['1 0 0:1 / /sys/fs/cgroup/cpuacct,cpu rw - cgroup cgroup rw,seclabel,cpuacct,cpu'], ['4:cpuacct,cpu:/a']),
			[[1, 'cpuacct,cpu', '/sys/fs/cgroup/cpuacct,cpu/a']],
		);
	},
);

t.test('Docker on v1: each mount shows the cgroup of the container only, read-only', async (t) => {
	const id = 'd2a5b7f1c3e4';
	t.strictSame(
		found(
			[
				'820 819 0:99 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755',
				`821 820 0:29 /docker/${id} /sys/fs/cgroup/systemd ro,nosuid - cgroup cgroup rw,xattr,name=systemd`,
				`822 820 0:32 /docker/${id} /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime master:19 - cgroup cgroup rw,memory`,
			],
			[`5:memory:/docker/${id}`, `1:name=systemd:/docker/${id}`, `0::/system.slice/containerd.service`],
		),
		[[1, 'memory', '/sys/fs/cgroup/memory']],
	);
});

t.test('Docker on v2: a cgroup namespace of its own, and one of the host', async (t) => {
	const mount = (root: string) =>
		`1010 1005 0:30 ${root} /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw`;
	t.strictSame(found([mount('/')], ['0::/']), [[2, '', '/sys/fs/cgroup']]);
	t.strictSame(found([mount('/')], ['0::/init']), [[2, '', '/sys/fs/cgroup/init']]);
	const scope = '/system.slice/docker-d2a5b7f1c3e4.scope';
	t.strictSame(found([mount(scope)], [`0::${scope}`]), [[2, '', '/sys/fs/cgroup']]);
});

t.test('Kubernetes: the name of the cgroup holds colons', async (t) => {
	const path = '/kubepods-burstable-pod1.slice/cri-containerd:9c2e1f';
	t.strictSame(found(['1 0 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup rw'], [`0::${path}`]), [
		[2, '', `/sys/fs/cgroup${path}`],
	]);
});

t.test('WSL2, with v1 beside v2 and with v2 alone', async (t) => {
	t.strictSame(
		found(
			[
				'84 82 0:22 / /sys rw,nosuid,nodev,noexec,noatime - sysfs sysfs rw',
				'85 84 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755',
				'86 85 0:27 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw,nsdelegate',
				'87 85 0:28 / /sys/fs/cgroup/cpuset rw,nosuid,nodev,noexec,relatime - cgroup cgroup rw,cpuset',
				'90 85 0:31 / /sys/fs/cgroup/pids rw,nosuid,nodev,noexec,relatime - cgroup cgroup rw,pids',
			],
			['11:pids:/', '1:cpuset:/', '0::/'],
		),
		[
			[2, '', '/sys/fs/cgroup/unified'],
			[1, 'cpuset', '/sys/fs/cgroup/cpuset'],
			[1, 'pids', '/sys/fs/cgroup/pids'],
		],
	);
	t.strictSame(
		found(
			[
				'91 85 0:29 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot',
			],
			['0::/init.scope'],
		),
		[[2, '', '/sys/fs/cgroup/init.scope']],
	);
});

t.test('mounted elsewhere: /dev/cgroup of Android, /cgroup of old Red Hat', async (t) => {
	t.strictSame(
		found(
			['40 20 0:15 / /dev/cpuctl rw - cgroup none rw,cpu', '41 20 0:16 / /cgroup/memory rw - cgroup cgroup rw,memory'],
			['3:memory:/a', '2:cpu:/b'],
		),
		[
			[1, 'cpu', '/dev/cpuctl/b'],
			[1, 'memory', '/cgroup/memory/a'],
		],
	);
});

t.test('of several mounts of a hierarchy, the one that shows our cgroup and may be written to', async (t) => {
	const first = '50 20 0:30 / /first rw - cgroup2 cgroup2 rw';
	t.strictSame(found([first, '51 20 0:30 / /second rw - cgroup2 cgroup2 rw'], ['0::/a']), [[2, '', '/first/a']]);
	t.strictSame(
		found(
			['50 20 0:30 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw', '51 20 0:30 / /rw rw - cgroup2 cgroup2 rw'],
			['0::/a'],
		),
		[[2, '', '/rw/a']],
		'one is read-only',
	);
	t.strictSame(
		found(['50 20 0:30 / /ro rw - cgroup2 cgroup2 ro', '51 20 0:30 / /rw rw - cgroup2 cgroup2 rw'], ['0::/a']),
		[[2, '', '/rw/a']],
		'the whole file system is',
	);
	t.strictSame(
		found(['50 20 0:30 /other /part rw - cgroup2 cgroup2 rw', '51 20 0:30 / /all ro - cgroup2 cgroup2 rw'], ['0::/a']),
		[[2, '', '/all/a']],
		'one shows only what is elsewhere',
	);
	t.strictSame(found(['50 20 0:30 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw'], ['0::/a']), [
		[2, '', '/sys/fs/cgroup/a'],
	]);
});

t.test('a mount that another one covers is none', async (t) => {
	const hybrid = ['31 23 0:28 / /cg rw - tmpfs tmpfs rw', '41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw'];
	t.strictSame(found(hybrid, ['0::/']), [[2, '', '/cg/unified']]);
	t.strictSame(found([...hybrid, '60 41 0:70 / /cg/unified rw - tmpfs none rw'], ['0::/']), []);
	t.strictSame(
		found(['50 20 0:30 / /cg ro - cgroup2 cgroup2 rw', '51 50 0:30 /a /cg rw - cgroup2 cgroup2 rw'], ['0::/a/b']),
		[[2, '', '/cg/b']],
	);
});

t.test('nor is one below what another one covers', async (t) => {
	const below = ['31 23 0:28 / /cg rw - tmpfs tmpfs rw', '41 31 0:38 / /cg/deep/pids rw - cgroup cgroup rw,pids'];
	const own = (...more: string[]) => found([...below, ...more], ['1:pids:/a']).map(([, , path]) => path);
	t.strictSame(own(), ['/cg/deep/pids/a']);
	t.strictSame(own('60 31 0:70 / /cg/deep rw - tmpfs none rw'), []);
	t.strictSame(own('60 31 0:70 / /cg rw - tmpfs none rw'), []);
	t.strictSame(own('23 1 254:0 / / rw - ext4 /dev/vda rw', '60 23 0:70 / /cg rw - tmpfs none rw'), []);
	t.strictSame(own('60 31 0:70 / /cg/deep/pid rw - tmpfs none rw'), ['/cg/deep/pids/a'], 'a name that begins alike');
	t.strictSame(own('23 23 0:2 / / rw - rootfs rootfs rw'), ['/cg/deep/pids/a'], 'a root that is its own parent');
});

t.test('what a program finds of them: also named hierarchies, and each of several mounts', async (t) => {
	const frame = '31 23 0:28 / /cg rw - tmpfs tmpfs rw';
	const hybrid = [
		'32 31 0:29 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
		'40 31 0:37 / /cg/systemd rw - cgroup cgroup rw,xattr,name=systemd',
		'41 31 0:38 / /cg/unified rw - cgroup2 cgroup2 rw',
	];
	const memberships = '9:name=systemd:/session\n1:cpu,cpuacct:/\n0::/session';
	const seen = (...more: string[]) => parseCgroupMounts([frame, ...hybrid, ...more].join('\n'), memberships);
	t.strictSame(seen(), [
		{
			version: 1,
			controllers: ['cpu', 'cpuacct'],
			mountPoint: '/cg/cpu,cpuacct',
			own: '/cg/cpu,cpuacct',
			frame: '/cg',
		},
		{ version: 1, controllers: ['name=systemd'], mountPoint: '/cg/systemd', own: '/cg/systemd/session', frame: '/cg' },
		{ version: 2, controllers: [], mountPoint: '/cg/unified', own: '/cg/unified/session', frame: '/cg' },
	]);
	t.strictSame(
		seen('50 31 0:70 / /cg/other rw - tmpfs none rw').map((mount) => mount.frame),
		[undefined, undefined, undefined],
		'something else is mounted there too',
	);
	t.match(seen('50 20 0:38 /session /mnt rw - cgroup2 cgroup2 rw').at(-1), { mountPoint: '/mnt', own: '/mnt' });
	t.notOk('frame' in (seen('50 23 0:38 / /mnt rw - cgroup2 cgroup2 rw').at(-1) ?? {}), 'it stands there alone');
	t.equal(seen('50 20 0:38 /elsewhere /mnt rw - cgroup2 cgroup2 rw').length, 3, 'one that shows what is elsewhere');
	const above = '1 0 0:1 /../.. /cg rw - cgroup2 cgroup2 rw';
	t.strictSame(parseCgroupMounts(above, '0::/a'), []);
	const located = [{ version: 2 as const, controllers: [], mountPoint: '/cg', own: '/cg/x/y/a' }];
	t.match(parseCgroupMounts(above, '0::/a', located), [{ own: '/cg/x/y/a' }], 'unless it was found there');
});

t.test('cgroup namespaces: what lies outside of one begins with /..', async (t) => {
	const own = (root: string, path: string) =>
		found([`1 0 0:1 ${root} /cg rw - cgroup2 cgroup2 rw`], [`0::${path}`])[0]?.[2];
	t.match(
		parseHost('1 0 0:1 /../.. /cg rw - cgroup2 cgroup2 rw', '0::/a').hierarchies,
		[{ own: '/cg', hiddenLevels: 2, inside: '/a' }],
		'a mount from above, and no names: who is in them has to be looked at',
	);
	t.equal(own('/..', '/../sibling'), '/cg/sibling', 'a mount from above, and a process that was moved out');
	t.equal(own('/../..', '/../../a/b'), '/cg/a/b');
	t.equal(own('/', '/../sibling'), '/cg', 'not the cgroup /sibling of this namespace');
	t.equal(own('/..', '/'), '/cg', 'below it, but nothing says where');
	t.equal(own('/../..', '/../a'), '/cg');
	t.equal(own('/a', '/ab'), '/cg', 'a name that begins alike');
});

t.test('blanks in mount points', async (t) => {
	t.match(parseHost('1 0 0:1 / /my\\040cgroups rw - cgroup2 none rw', '0::/'), {
		hierarchies: [{ mountPoint: '/my cgroups', own: '/my cgroups' }],
	});
});

t.test('nothing is mounted', async (t) => {
	t.strictSame(parseHost('25 1 0:22 / /sys rw - sysfs sysfs rw\n', '0::/\n'), { hierarchies: [] });
});
