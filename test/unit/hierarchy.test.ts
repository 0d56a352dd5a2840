import t from 'tap';
import { parseHost } from '../../controller/cgroup/hierarchy.js';

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

t.test('blanks in mount points', async (t) => {
	t.match(parseHost('1 0 0:1 / /my\\040cgroups rw - cgroup2 none rw', '0::/'), {
		hierarchies: [{ mountPoint: '/my cgroups', own: '/my cgroups' }],
	});
});

t.test('nothing is mounted', async (t) => {
	t.strictSame(parseHost('25 1 0:22 / /sys rw - sysfs sysfs rw\n', '0::/\n'), { hierarchies: [] });
});
