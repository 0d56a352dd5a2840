/** Mounts: every option of OCI config.md means something or is refused, and so is a place where nothing may be. */
import t from 'tap';
import type { Host } from '../../controller/model/host.js';
import type { InitMount } from '../../controller/model/init-config.js';
import type { Options } from '../../controller/model/options.js';
import type { Mount } from '../../controller/model/spec.js';
import {
	cgroupMounts,
	inPlaceOfSys,
	ownView,
	type Shown,
	seesHost,
	shownOf,
} from '../../controller/plan/cgroup-mounts.js';
import { initMount } from '../../controller/plan/mounts.js';
import { specOf } from '../../controller/plan/specify.js';
import { v2 as v2Host } from '../support/hosts.js';
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
	for (const option of ['remount', 'move', 'iversion'])
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
	t.throws(() => made({ options: ['bind', 'idmap'] }), refusal('/mounts/0', /idmap needs maps of ids/));
	t.throws(() => made({ options: ['bind'], uidMappings: ids }), refusal('/mounts/0', /go together/));
	t.throws(() => made({ type: 'tmpfs', options: ['idmap'] }, idMaps), refusal('/mounts/0/type', /for a bind only/));
	t.throws(() => made({ type: 'tmpfs', ...own }), refusal('/mounts/0/type', /for a bind only/));
});

const shownAt = (mountPoint: string, controllers: string[], isOwn = true): Shown => ({
	version: controllers.length > 0 ? 1 : 2,
	controllers,
	mountPoint,
	path: isOwn ? `${mountPoint}/procready/id` : `${mountPoint}/caller`,
	isOwn,
});
const v2 = [shownAt('/cg', [])];
const v1 = [shownAt('/cg/cpu,cpuacct', ['cpu', 'cpuacct']), shownAt('/cg/pids', ['pids']), shownAt('/cg/unified', [])];

t.test('a cgroup mount shows its own cgroup, read-only unless told otherwise (CVE-2023-25809)', async (t) => {
	const shown = (options: string[] | undefined, directories = v2) =>
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
	const callers = [
		...v1,
		shownAt('/cg/cpuset', ['cpuset'], false),
		shownAt('/mnt/pids', ['pids']),
		shownAt('/cg/systemd', ['name=systemd'], false),
	];
	t.match(
		shown(['rw'], callers)
			.mounts.slice(1)
			.map(({ destination, source, set }) => [destination, source, set ?? []]),
		[
			['/sys/fs/cgroup/cpu,cpuacct', '/cg/cpu,cpuacct/procready/id', []],
			['/sys/fs/cgroup/pids', '/cg/pids/procready/id', []],
			['/sys/fs/cgroup/unified', '/cg/unified/procready/id', []],
			['/sys/fs/cgroup/cpuset', '/cg/cpuset/caller', ['ro']],
			['/sys/fs/cgroup/systemd', '/cg/systemd/caller', ['ro']],
		],
		'every hierarchy once; of the caller nothing is writable',
	);
	t.throws(
		() => shown(['ro', 'none', 'name=systemd']),
		refusal('/mounts/6/options/1', /none is not an option of a mount of cgroups/),
	);
	const mount = { destination: '/sys/fs/cgroup', type: 'cgroup' };
	t.throws(() => cgroupMounts(mount, '/mounts/6', v1, false), refusal('/mounts/6', /needs a root/));
});

t.test('what is seen at each mount of the host: the own directory, or where there is none the caller’s', async (t) => {
	const mounted = (mountPoint: string, controllers: string[], own = mountPoint) => ({
		version: controllers.length > 0 ? (1 as const) : (2 as const),
		controllers,
		mountPoint,
		own,
	});
	const host: Host = {
		...v2Host,
		hierarchies: [
			{ ...mounted('/cg/pids', ['pids'], '/cg/pids/me'), base: '/cg/pids/me/procready' },
			{ ...mounted('/cg/unified', [], '/cg/unified/a/b'), controllers: ['memory'], base: '/cg/unified/procready' },
			mounted('/cg/cpuset', ['cpuset']),
		],
		cgroupMounts: [
			mounted('/cg/pids', ['pids'], '/cg/pids/me'),
			mounted('/cg/unified', [], '/cg/unified/a/b'),
			mounted('/cg/cpuset', ['cpuset']),
			mounted('/cg/systemd', ['name=systemd'], '/cg/systemd/session'),
			mounted('/mnt', [], '/mnt/b'),
			mounted('/again', ['pids'], '/again/me'),
		],
	};
	const directories = [
		{ version: 1 as const, controllers: ['pids'], base: '/cg/pids/me/procready', path: '/cg/pids/me/procready/id' },
		{ version: 2 as const, controllers: ['memory'], base: '/cg/unified/procready', path: '/cg/unified/procready/id' },
	];
	t.strictSame(
		shownOf(host, directories).map(({ mountPoint, path, isOwn }) => [mountPoint, path, isOwn]),
		[
			['/cg/pids', '/cg/pids/me/procready/id', true],
			['/cg/unified', '/cg/unified/procready/id', true],
			['/cg/cpuset', '/cg/cpuset', false],
			['/cg/systemd', '/cg/systemd/session', false],
			['/again', '/again/me/procready/id', true],
		],
		'/mnt begins below the own directory',
	);
});

t.test('in the place of the host’s: what they stand on first, once', async (t) => {
	const framed = [...v1.map((one) => ({ ...one, frame: '/cg' })), shownAt('/mnt/pids', ['pids'])];
	t.strictSame(
		ownView(framed).map(({ destination, source }) => [destination, source]),
		[
			['/cg', '/cg'],
			['/cg/cpu,cpuacct', '/cg/cpu,cpuacct/procready/id'],
			['/cg/pids', '/cg/pids/procready/id'],
			['/cg/unified', '/cg/unified/procready/id'],
			['/mnt/pids', '/mnt/pids/procready/id'],
		],
	);
	for (const mount of ownView(framed)) t.match(mount, { type: 'bind', replace: true });
	t.strictSame(ownView(v2), [{ destination: '/cg', type: 'bind', source: '/cg/procready/id', replace: true }]);
});

t.test('only where the mounts and the cgroup namespace are the container’s', async (t) => {
	const sees = (options: Options) => seesHost(specOf(['true'], options));
	t.ok(sees({}));
	t.ok(sees({ namespaces: { pid: 'host' } }));
	t.ok(sees({ namespaces: { user: 'new' } }), 'where those of the host lie below');
	t.notOk(sees({ rootfs: '/r' }));
	for (const [type, what] of [
		['mount', 'host'],
		['mount', '/x'],
		['cgroup', 'host'],
		['cgroup', '/x'],
	] as const)
		t.notOk(sees({ namespaces: { [type]: what } }), `${type} ${what}`);
	const spec = specOf(['true'], {});
	for (const [rootfsPropagation, is] of [
		['shared', false],
		['rshared', false],
		['rslave', true],
		['unbindable', true],
	] as const)
		t.equal(seesHost({ ...spec, linux: { ...spec.linux, rootfsPropagation } }), is, rootfsPropagation);
});

t.test('what is mounted on /sys of a root takes the place of what the root came with', async (t) => {
	const spec = specOf(['true'], { rootfs: '/' });
	const of = (mount: InitMount, changes = spec) => inPlaceOfSys(mount, changes).replace;
	const sys = { destination: '/sys', type: 'sysfs' };
	t.equal(of(sys), true);
	t.equal(of({ destination: '/sys', type: 'tmpfs' }), true);
	t.equal(of({ destination: '/sys', type: 'bind', source: '/sys' }), undefined, 'whoever binds it wants what is there');
	t.equal(of({ destination: '/proc', type: 'proc' }), undefined);
	t.equal(of(sys, specOf(['true'], {})), undefined, 'without a root');
	t.equal(of(sys, { ...spec, linux: { ...spec.linux, rootfsPropagation: 'rshared' } }), undefined);
});
