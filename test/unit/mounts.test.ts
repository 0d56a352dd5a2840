/** Mounts: every option of OCI config.md means something or is refused, and so is a place where nothing may be. */
import t from 'tap';
import type { Mount } from '../../controller/model/spec.js';
import { cgroupMounts } from '../../controller/plan/cgroup-mounts.js';
import { initMount } from '../../controller/plan/mounts.js';
import { refusal } from '../support/refusal.js';

const tmpfs = (...options: string[]) => {
	const { destination, type, ...rest } = initMount({ destination: '/x', type: 'tmpfs', options }, '');
	return rest;
};
const bind = (...options: string[]) => {
	const { destination, type, source, ...rest } = initMount(
		{ destination: '/x', source: '/src', options: ['bind', ...options] },
		'',
	);
	return rest;
};

t.test('options of a mount: on a new file system, and on a bind, which has those of its source', async (t) => {
	for (const [option, onNew, onBind] of [
		['defaults', {}, {}],
		['ro', { set: ['ro'] }, { set: ['ro'] }],
		['rw', {}, { clear: ['ro'] }],
		['nosuid', { set: ['nosuid'] }, { set: ['nosuid'] }],
		['suid', {}, { clear: ['nosuid'] }],
		['nodev', { set: ['nodev'] }, { set: ['nodev'] }],
		['dev', {}, { clear: ['nodev'] }],
		['noexec', { set: ['noexec'] }, { set: ['noexec'] }],
		['exec', {}, { clear: ['noexec'] }],
		['nodiratime', { set: ['nodiratime'] }, { set: ['nodiratime'] }],
		['diratime', {}, { clear: ['nodiratime'] }],
		['nosymfollow', { set: ['nosymfollow'] }, { set: ['nosymfollow'] }],
		['symfollow', {}, { clear: ['nosymfollow'] }],
		['relatime', { set: ['relatime'] }, { set: ['relatime'] }],
		['noatime', { set: ['noatime'] }, { set: ['noatime'] }],
		['strictatime', { set: ['strictatime'] }, { set: ['strictatime'] }],
		['atime', { set: ['relatime'] }, { set: ['relatime'] }],
		['norelatime', { set: ['strictatime'] }, { set: ['strictatime'] }],
		['nostrictatime', { set: ['relatime'] }, { set: ['relatime'] }],
		['rro', { setRecursive: ['ro'] }, { setRecursive: ['ro'] }],
		['rrw', {}, { clearRecursive: ['ro'] }],
		['rnosuid', { setRecursive: ['nosuid'] }, { setRecursive: ['nosuid'] }],
		['rsuid', {}, { clearRecursive: ['nosuid'] }],
		['rnodev', { setRecursive: ['nodev'] }, { setRecursive: ['nodev'] }],
		['rdev', {}, { clearRecursive: ['nodev'] }],
		['rnoexec', { setRecursive: ['noexec'] }, { setRecursive: ['noexec'] }],
		['rexec', {}, { clearRecursive: ['noexec'] }],
		['rnodiratime', { setRecursive: ['nodiratime'] }, { setRecursive: ['nodiratime'] }],
		['rdiratime', {}, { clearRecursive: ['nodiratime'] }],
		['rnosymfollow', { setRecursive: ['nosymfollow'] }, { setRecursive: ['nosymfollow'] }],
		['rsymfollow', {}, { clearRecursive: ['nosymfollow'] }],
		['rrelatime', { setRecursive: ['relatime'] }, { setRecursive: ['relatime'] }],
		['rnoatime', { setRecursive: ['noatime'] }, { setRecursive: ['noatime'] }],
		['rstrictatime', { setRecursive: ['strictatime'] }, { setRecursive: ['strictatime'] }],
		['ratime', { setRecursive: ['relatime'] }, { setRecursive: ['relatime'] }],
		['rnorelatime', { setRecursive: ['strictatime'] }, { setRecursive: ['strictatime'] }],
		['rnostrictatime', { setRecursive: ['relatime'] }, { setRecursive: ['relatime'] }],
		['noiversion', {}, {}],
		['silent', {}, {}],
		['loud', {}, {}],
	] as const) {
		t.strictSame(tmpfs(option), onNew, `${option}, new`);
		t.strictSame(bind(option), onBind, `${option}, bind`);
	}
	for (const kind of ['private', 'slave', 'shared', 'unbindable'])
		for (const propagation of [kind, `r${kind}`]) {
			t.strictSame(tmpfs(propagation), { propagation });
			t.strictSame(bind(propagation), { propagation });
		}
});

t.test('of two options that contradict each other the last counts', async (t) => {
	t.strictSame(tmpfs('noexec', 'exec', 'ro', 'rw', 'suid', 'nosuid'), { set: ['nosuid'] });
	t.strictSame(bind('ro', 'rw', 'exec', 'noexec'), { set: ['noexec'], clear: ['ro'] });
	t.strictSame(tmpfs('noatime', 'norelatime'), { set: ['noatime'] }, 'it was not relatime');
	t.strictSame(tmpfs('strictatime', 'atime'), { set: ['strictatime'] }, 'it was not noatime');
	t.strictSame(tmpfs('noatime', 'strictatime', 'relatime'), { set: ['relatime'] }, 'one at a time');
	t.strictSame(bind('ro', 'rrw'), { set: ['ro'], clearRecursive: ['ro'] });
	t.throws(() => tmpfs('private', 'rslave'), refusal('/options/1', /rslave contradicts private/));
	t.strictSame(tmpfs('slave', 'slave'), { propagation: 'slave' });
});

t.test('what is of the file system is for the file system, and a bind has none', async (t) => {
	for (const option of ['sync', 'async', 'dirsync', 'lazytime', 'nolazytime', 'mand', 'nomand']) {
		t.strictSame(tmpfs(option), { data: [option] });
		t.throws(
			() => bind('ro', option),
			refusal('/options/2', new RegExp(`^options.2: ${option} is of the file system`)),
		);
	}
	t.strictSame(tmpfs('size=64k', 'nosuid', 'mode=1777'), { set: ['nosuid'], data: ['size=64k', 'mode=1777'] });
	for (const option of ['size=64k', 'RO', 'readonly', 'rrbind', 'rdefaults', 'constructor'])
		t.throws(() => bind(option), refusal('/options/1', /is not an option of a bind/), option);
	t.throws(() => tmpfs('ro', ''), refusal('/options/1', /is empty/));
});

t.test('what is not supported is refused', async (t) => {
	for (const option of ['remount', 'move', 'tmpcopyup', 'iversion'])
		for (const mount of [bind, tmpfs])
			t.throws(() => mount(option), refusal(`/options/${mount === bind ? 1 : 0}`, /is not supported: /), option);
});

t.test('a device that is mounted read-only is not opened for writing', async (t) => {
	const image = (...options: string[]) =>
		initMount({ destination: '/x', type: 'ext4', source: '/dev/loop7', options }, '');
	t.match(image('ro', 'noload'), { set: ['ro'], data: ['ro', 'noload'], source: '/dev/loop7' });
	t.notOk('data' in image('ro', 'rw'));
});

t.test('what a bind is', async (t) => {
	const made = (mount: Partial<Mount>) => initMount({ destination: '/x', source: '/src', ...mount }, '/mounts/0');
	t.strictSame(made({ options: ['bind'] }), { destination: '/x', type: 'bind', source: '/src' });
	for (const mount of [
		{ options: ['rbind'] },
		{ type: 'none', options: ['rbind'] },
		{ type: 'bind', options: ['rbind'] },
		{ type: 'tmpfs', options: ['rbind'] },
	])
		t.strictSame(made(mount), { destination: '/x', type: 'bind', source: '/src', recursive: true });
	t.strictSame(made({ type: 'bind' }), { destination: '/x', type: 'bind', source: '/src' });
	for (const type of [undefined, '', 'none'])
		t.throws(() => made(type === undefined ? {} : { type }), refusal('/mounts/0/type', /is missing/));
	for (const source of ['', 'src', './src'])
		t.throws(() => made({ type: 'bind', source }), refusal('/mounts/0/source', /absolute path/));
});

t.test(
	'nothing is mounted on or below /proc but a proc and what lxcfs has (CVE-2019-16884, CVE-2025-52881)',
	async (t) => {
		const on = (destination: string, type: string) => () => initMount({ destination, type, source: '/s' }, '/mounts/3');
		for (const [destination, type] of [
			['/proc', 'proc'],
			['/proc/', 'proc'],
			['/proc', 'bind'],
			['/proc/meminfo', 'bind'],
			['//proc/./uptime', 'bind'],
			['/process', 'tmpfs'],
			['/srv/proc', 'tmpfs'],
		] as const)
			t.doesNotThrow(on(destination, type), `${type} on ${destination}`);
		for (const [destination, type, member] of [
			['/proc', 'tmpfs', 'type'],
			['/proc/', 'tmpfs', 'type'],
			['//proc', 'sysfs', 'type'],
			['/./proc/.', 'tmpfs', 'type'],
			['/proc/sys', 'bind', 'destination'],
			['/proc/self/attr', 'bind', 'destination'],
			['/proc/meminfo', 'tmpfs', 'destination'],
			['/proc//sysrq-trigger', 'bind', 'destination'],
			['/proc/proc', 'proc', 'destination'],
			['/x/../proc/sys', 'bind', 'destination'],
			['/..', 'tmpfs', 'destination'],
			['/', 'tmpfs', 'destination'],
		] as const)
			t.throws(on(destination, type), refusal(`/mounts/3/${member}`), `${type} on ${destination}`);
		t.equal(on('//proc/./uptime', 'bind')().destination, '/proc/uptime', 'the shim sees one name of it');
	},
);

t.test('idmapped mounts', async (t) => {
	const ids = [{ containerID: 0, hostID: 1000, size: 2 }];
	const idMaps = { uids: [{ containerID: 0, hostID: 5, size: 1 }], gids: [{ containerID: 0, hostID: 6, size: 1 }] };
	const made = (mount: Partial<Mount>, maps?: typeof idMaps) =>
		initMount({ destination: '/x', source: '/s', ...mount }, '/mounts/0', maps).idmap;
	const own = { uidMappings: ids, gidMappings: ids };
	t.strictSame(made({ type: 'bind', ...own }), { uids: '0 1000 2\n', gids: '0 1000 2\n' });
	t.strictSame(made({ options: ['rbind', 'ridmap'], ...own }, idMaps), {
		uids: '0 1000 2\n',
		gids: '0 1000 2\n',
		recursive: true,
	});
	t.strictSame(
		made({ options: ['bind', 'idmap'] }, idMaps),
		{ uids: '0 5 1\n', gids: '0 6 1\n' },
		'those of the container',
	);
	t.equal(made({ options: ['bind'] }, idMaps), undefined, 'only where it is asked for');
	t.throws(() => made({ options: ['bind', 'idmap'] }), refusal('/mounts/0', /idmap needs uidMappings/));
	t.throws(() => made({ options: ['bind'], uidMappings: ids }), refusal('/mounts/0', /go together/));
	t.throws(() => made({ type: 'tmpfs', options: ['idmap'] }, idMaps), refusal('/mounts/0/type', /for a bind only/));
	t.throws(() => made({ type: 'tmpfs', ...own }), refusal('/mounts/0/type', /for a bind only/));
});

const v2 = [{ version: 2 as const, path: '/cg/procready/id', mountPoint: '/cg' }];
const v1 = [
	{ version: 1 as const, path: '/cg/cpu,cpuacct/procready/id', mountPoint: '/cg/cpu,cpuacct' },
	{ version: 1 as const, path: '/cg/pids/procready/id', mountPoint: '/cg/pids' },
	{ version: 2 as const, path: '/cg/unified/procready/id', mountPoint: '/cg/unified' },
];

t.test('a cgroup mount shows its own cgroup, read-only unless told otherwise (CVE-2023-25809)', async (t) => {
	const shown = (options: string[] | undefined, directories: typeof v2 | typeof v1 = v2) =>
		cgroupMounts(
			{ destination: '/sys/fs/cgroup/', type: 'cgroup', source: 'cgroup', ...(options ? { options } : {}) },
			'/mounts/6',
			directories,
			true,
		);
	for (const options of [undefined, [], ['nosuid'], ['ro'], ['rw', 'ro']])
		t.match(shown(options).mounts, [{ destination: '/sys/fs/cgroup', type: 'bind', source: '/cg/procready/id' }]);
	for (const options of [undefined, ['ro'], ['rw', 'ro'], ['rprivate', 'relatime']])
		t.ok(shown(options).mounts[0]?.set?.includes('ro'), `${options}`);
	t.strictSame(shown(['rw', 'nosuid']).mounts, [
		{ destination: '/sys/fs/cgroup', set: ['nosuid'], clear: ['ro'], type: 'bind', source: '/cg/procready/id' },
	]);
	const { mounts, links, readonlyPaths } = shown(undefined, v1);
	t.match(mounts, [
		{ destination: '/sys/fs/cgroup', type: 'tmpfs' },
		{ destination: '/sys/fs/cgroup/cpu,cpuacct', type: 'bind', source: '/cg/cpu,cpuacct/procready/id', set: ['ro'] },
		{ destination: '/sys/fs/cgroup/pids', type: 'bind', source: '/cg/pids/procready/id', set: ['ro'] },
		{ destination: '/sys/fs/cgroup/unified', type: 'bind', source: '/cg/unified/procready/id', set: ['ro'] },
	]);
	t.strictSame(links, [
		{ path: '/sys/fs/cgroup/cpu', target: 'cpu,cpuacct' },
		{ path: '/sys/fs/cgroup/cpuacct', target: 'cpu,cpuacct' },
	]);
	t.strictSame(readonlyPaths, ['/sys/fs/cgroup'], 'the tmpfs is made so when all is in it');
	t.strictSame(shown(['rw'], v1).readonlyPaths, []);
	t.throws(() => shown(['ro', 'none', 'name=systemd']), refusal('/mounts/6/options/1', /none has no meaning here/));
	const mount = { destination: '/sys/fs/cgroup', type: 'cgroup' };
	t.throws(() => cgroupMounts(mount, '/mounts/6', v1, false), refusal('/mounts/6', /needs a root/));
});
