/** Options become a specification, and that a plan: what is usual with and without a root, and what each option adds. */
import { join } from 'node:path';
import t from 'tap';
import { validators } from '../../controller/host/release.js';
import type { Options } from '../../controller/model/options.js';
import { findViolation } from '../../controller/model/validate.js';
import { absolutePath } from '../../controller/plan/caller-path.js';
import { allCapabilities } from '../../controller/plan/capabilities.js';
import { planOf } from '../../controller/plan/plan.js';
import { defaultMaskedPaths, defaultReadonlyPaths } from '../../controller/plan/root.js';
import { specOf } from '../../controller/plan/specify.js';
import { rootless, v2 } from '../support/hosts.js';
import { refusal } from '../support/refusal.js';

const lookups = { containerPid: () => 42 };
const spec = (options: Options) => specOf(['true'], { extendEnv: false, ...options }, lookups);
const plan = (options: Options, host = v2) => planOf(spec(options), host, 'id');
const init = (options: Options, host = v2) => plan(options, host).init;

const readOnly = ['nosuid', 'noexec', 'nodev', 'ro'];

/** In the place of the host's. */
const ownCgroup = { destination: '/cg', type: 'bind', source: '/cg/procready/id', replace: true };

t.test('without a root nothing changes but the namespaces, and what shows them', async (t) => {
	t.strictSame(init({}), {
		version: init({}).version,
		initType: 'standard',
		args: ['true'],
		env: [],
		cwd: process.cwd(),
		process1: true,
		namespaces: { pid: 'new', mount: 'new', uts: 'new', ipc: 'new', cgroup: 'new' },
		rootfsPropagation: 'slave',
		mounts: [ownCgroup, { destination: '/proc', type: 'proc', source: 'proc', set: ['nosuid', 'noexec', 'nodev'] }],
		cgroup: { path: '/cg/procready/id', directories: ['/cg/procready/id'], bases: ['/cg/procready'] },
	});
	t.strictSame(Object.keys(plan({})).sort(), [
		'directories',
		'early',
		'id',
		'init',
		'late',
		'notes',
		'sealed',
		'spare',
	]);
	t.ok(plan({}).sealed, 'process 1 is seen inside');
	t.notOk(plan({ asPid1: true }).sealed);
});

t.test('with a root it is as with OCI runtimes', async (t) => {
	const { init, sealed, notes } = planOf(specOf(['sh'], { rootfs: '/srv/root' }), v2, 'id');
	t.ok(sealed, 'CVE-2019-5736');
	t.strictSame(notes, []);
	t.match(init, {
		env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
		cwd: '/',
		user: { uid: 0 },
		umask: 0o22,
		noNewPrivileges: true,
		sessionKeyring: true,
		rootfsPropagation: 'private',
		root: { path: '/srv/root' },
		maskedPaths: [...defaultMaskedPaths],
		readonlyPaths: [...defaultReadonlyPaths],
	});
	t.equal(init.env.length, 1);
	t.strictSame(
		init.mounts?.map(({ destination, type }) => `${type} on ${destination}`),
		[
			'proc on /proc',
			'tmpfs on /dev',
			'devpts on /dev/pts',
			'tmpfs on /dev/shm',
			'mqueue on /dev/mqueue',
			'sysfs on /sys',
			'bind on /sys/fs/cgroup',
		],
	);
	for (const mount of init.mounts?.slice(-2) ?? []) t.ok(mount.set?.includes('ro'));
	t.equal(init.capabilities?.bounding?.length, 11);
	t.strictSame(init.capabilities?.effective, init.capabilities?.bounding);
	t.notOk(init.capabilities?.inheritable, 'CVE-2022-29162');
	t.equal(init.devices?.length, 6);
	t.equal(init.links?.length, 5);
	t.notOk('seccomp' in init);
});

t.test('every option reaches the shim', async (t) => {
	for (const [options, expected] of [
		[
			{ user: '5:6', groups: [7, 'g'] },
			{ user: { uid: 5, gid: 6, additionalGids: [7], additionalGroups: ['g'], variables: true } },
		],
		[{ user: 'a:b' }, { user: { name: 'a', group: 'b', variables: true } }],
		[{ umask: '077' }, { umask: 0o77 }],
		[{ env: { A: '1' } }, { env: ['A=1'] }],
		[{ cwd: '/usr' }, { cwd: '/usr' }],
		[{ capDrop: ['ALL'] }, { capabilities: { bounding: [], effective: [], permitted: [] } }],
		[{ capabilities: { ambient: ['KILL'] } }, { capabilities: { ambient: ['CAP_KILL'] } }],
		[{ noNewPrivileges: true }, { noNewPrivileges: true }],
		[{ rlimits: { core: 0 } }, { rlimits: [{ type: 'RLIMIT_CORE', soft: 0, hard: 0 }] }],
		[{ oomScoreAdj: 0 }, { oomScoreAdj: 0 }],
		[{ nice: 0 }, { scheduler: { policy: 'SCHED_OTHER', nice: 0 } }],
		[{ scheduler: { policy: 'rr', priority: 1 } }, { scheduler: { policy: 'SCHED_RR', priority: 1 } }],
		[{ ioPriority: { class: 'be', priority: 0 } }, { ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 0 } }],
		[{ cpuAffinity: [0, 2] }, { cpuAffinity: [0, 2] }],
		[{ personality: 'LINUX32' }, { personality: 'LINUX32' }],
		[{ keyring: 'new' }, { sessionKeyring: true }],
		[{ terminal: true }, { console: {} }],
		[{ terminal: true, consoleSize: { height: 5, width: 6 } }, { console: { height: 5, width: 6 } }],
		[{ terminal: true, consoleSocket: '/s' }, { console: { socket: '/s' } }],
		[{ fds: ['pipe', 7] }, { preservedFds: 2 }],
		[{ asPid1: true }, { process1: undefined }],
		[{ parentDeathSignal: 'SIGTERM' }, { parentDeathSignal: 15 }],
		[
			{ hostname: 'a', domainname: 'b' },
			{ hostname: 'a', domainname: 'b' },
		],
		[
			{ sysctl: { 'kernel.sem': '1 2 3 4', 'fs.mqueue.msg_max': 5 } },
			{ sysctl: ['kernel.sem=1 2 3 4', 'fs.mqueue.msg_max=5'] },
		],
		[
			{ timeOffsets: { boottime: 2.5 } },
			{ namespaces: { time: 'new' }, timeOffsets: { boottime: { secs: 2, nanosecs: 5e8 } } },
		],
		[{ namespaces: { network: 'container:web' } }, { namespaces: { network: '/proc/42/ns/net' } }],
		[
			{ maskedPaths: ['/a'], readonlyPaths: ['/b'] },
			{ maskedPaths: ['/a'], readonlyPaths: ['/b'] },
		],
		[{ rootfs: '/r', readonly: true }, { root: { path: '/r', readonly: true } }],
		[{ rootfs: 'r' }, { root: { path: join(process.cwd(), 'r') } }],
		[{ rootfs: '/r', cwd: '/tmp' }, { cwd: '/tmp' }],
	] as [Options, object][]) {
		const made = init(options);
		t.match(made, expected, JSON.stringify(options));
		t.equal(findViolation(validators.initConfig, made), undefined, `${JSON.stringify(options)}: the shim takes it`);
	}
});

t.test('what the plan holds beside the init config', async (t) => {
	const seccomp = { defaultAction: 'SCMP_ACT_ALLOW' as const };
	t.match(plan({ seccomp, name: 'web', timeout: '2s', terminal: true }), {
		seccomp,
		name: 'web',
		timeout: 2000,
		terminal: 'relay',
	});
	t.equal(plan({ terminal: true, consoleSocket: '/s' }).terminal, 'socket');
	t.notOk('terminal' in plan({ consoleSize: { height: 1, width: 1 } }));
});

t.test('environment: that of the caller, or next to nothing with a root', async (t) => {
	const env = (options: Options) => specOf(['true'], options).process.env;
	const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
	t.ok(env({})?.includes(`PATH=${process.env.PATH}`));
	t.strictSame(env({ extendEnv: false, env: { A: '1' } }), ['A=1']);
	t.strictSame(env({ rootfs: '/r', env: { A: '1' } }), [path, 'A=1']);
	t.strictSame(env({ rootfs: '/r', env: { PATH: '/x' } }), ['PATH=/x']);
	t.strictSame(env({ rootfs: '/r', extendEnv: false }), []);
	t.ok(env({ rootfs: '/r', extendEnv: true })?.includes(`PATH=${process.env.PATH}`));
	t.strictSame(env({ rootfs: '/r', terminal: true })?.length, 2, 'and TERM');
});

t.test('who asks is a value: its environment, directory and capabilities, not those of this process', async (t) => {
	const caller = { capabilities: 1n, environment: { PATH: '/of/caller', TERM: 'dumb' }, directory: '/home/caller' };
	const of = (options: Options) => specOf(['true'], options, caller);
	t.match(of({}).process, { env: ['PATH=/of/caller', 'TERM=dumb'], cwd: '/home/caller' });
	t.match(of({ cwd: '../other' }).process, { cwd: '/home/other' });
	t.match(of({ rootfs: 'root', terminal: true, consoleSocket: 'socket' }), {
		root: { path: '/home/caller/root' },
		process: { env: [/^PATH=/, 'TERM=dumb'] },
		procready: { consoleSocket: '/home/caller/socket' },
	});
	const bind = { destination: '/data', type: 'bind', source: 'data', options: ['bind'] };
	t.match(of({ mounts: [bind] }).mounts?.at(-1), { source: '/home/caller/data' });
	t.match(specOf(of({}), { name: 'a' }, caller).process.cwd, '/home/caller');
	t.strictSame(of({ capAdd: ['ALL'] }).process.capabilities?.bounding, ['CAP_CHOWN']);
	const { directory: _, ...lost } = { ...caller };
	t.match(absolutePath('/a/../b', undefined), '/b');
	t.throws(() => absolutePath('b', undefined), { code: 'cwd-invalid', errno: 'ENOENT', message: /"b".*was removed/ });
	t.match(specOf(['true'], { cwd: '/' }, lost).process, { cwd: '/' });
	t.throws(() => specOf(['true'], {}, lost), { code: 'cwd-invalid' });
});

t.test('a mount takes the place of a usual one', async (t) => {
	const mounts = init({
		rootfs: '/r',
		mounts: [
			{ destination: '/dev/shm/', type: 'tmpfs', options: ['size=1m'] },
			{ destination: '/data', type: 'bind', source: 'data', options: ['rbind'] },
		],
		devices: ['/dev/fuse', '/dev/zero:/dev/nothing'],
	}).mounts;
	t.strictSame(
		mounts?.map(({ destination }) => destination),
		[
			'/proc',
			'/dev',
			'/dev/pts',
			'/dev/mqueue',
			'/sys',
			'/sys/fs/cgroup',
			'/dev/shm',
			'/data',
			'/dev/fuse',
			'/dev/nothing',
		],
	);
	t.equal(mounts?.[7]?.source, join(process.cwd(), 'data'));
	t.match(mounts?.[9], { type: 'bind', source: '/dev/zero', propagation: 'rprivate' });
	t.strictSame(
		init({ namespaces: { pid: 'host' } }).mounts,
		[ownCgroup],
		'no proc of other processes over the one there is',
	);
	const under = init({ rootfs: '/r', mounts: [{ destination: '/sys', type: 'tmpfs' }] }).mounts;
	t.strictSame(
		under?.flatMap(({ destination }) => (destination.startsWith('/sys') ? destination : [])),
		['/sys'],
		'none that it would cover',
	);
	t.strictSame(init({ namespaces: { mount: 'host' } }).mounts, undefined);
});

t.test('a user namespace: what the kernel does not mount there is bound from the host', async (t) => {
	const uidMappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
	const mapped = init({ rootfs: '/r', uidMappings, gidMappings: uidMappings });
	const at = (path: string) => mapped.mounts?.find(({ destination }) => destination === path);
	t.match(at('/sys'), { type: 'tmpfs' });
	for (const path of ['/sys/class', '/sys/devices', '/sys/kernel'])
		t.match(at(path), { type: 'bind', source: path, recursive: true, setRecursive: ['ro'] });
	t.notOk(at('/sys/fs'), 'where the host has its cgroups');
	t.match(at('/sys/fs/cgroup'), { source: '/cg/procready/id', set: readOnly }, 'CVE-2023-25809');
	t.match(JSON.stringify(mapped.mounts), 'gid=5');
	const { mounts } = init({ rootfs: '/r', namespaces: { user: 'new', network: 'new', ipc: 'host' } });
	t.match(mounts?.at(-2), { destination: '/sys', type: 'sysfs' });
	t.match(mounts?.at(-3), { destination: '/dev/mqueue', type: 'bind', source: '/dev/mqueue' });
	t.notMatch(JSON.stringify(mounts), 'gid=5');
	t.strictSame(plan({ namespaces: { user: 'new' } }).idMaps?.uids, [{ containerID: 0, hostID: 0, size: 1 }]);
	t.strictSame(plan({ uidMappings, gidMappings: uidMappings }).idMaps, { uids: uidMappings, gids: uidMappings });
	t.notOk('idMaps' in plan({ namespaces: { user: '/proc/1/ns/user' } }));
});

t.test('without root there is always a user namespace, with the caller as its root', async (t) => {
	const { init, idMaps, notes } = plan({ rootfs: '/r' }, rootless);
	t.equal(init.namespaces.user, 'new');
	t.strictSame(idMaps, {
		uids: [{ containerID: 0, hostID: 1000, size: 1 }],
		gids: [{ containerID: 0, hostID: 100, size: 1 }],
	});
	t.match(init.mounts?.at(-1), { destination: '/sys/fs/cgroup', type: 'bind', set: readOnly }, 'CVE-2023-25809');
	t.equal(init.capabilities?.bounding?.length, 11, 'all capabilities are there');
	t.strictSame(notes, []);
	t.equal(plan({}, rootless).init.namespaces.user, 'new');
	t.equal(plan({ namespaces: { user: '/x' } }, rootless).init.namespaces.user, '/x');
	const uidMappings = [{ containerID: 0, hostID: 5, size: 9 }];
	t.match(plan({ uidMappings }, rootless).idMaps, { uids: uidMappings, gids: [{ hostID: 100 }] });
});

t.test('an id that is not mapped is refused', async (t) => {
	const one = [{ containerID: 0, hostID: 0, size: 10 }];
	const mapped = { uidMappings: one, gidMappings: one };
	t.throws(
		() => plan({ user: '10', ...mapped }),
		refusal('/process/user/uid', /10 does not exist in the user namespace/),
	);
	t.throws(() => plan({ user: '9:10', ...mapped }), refusal('/process/user/gid'));
	t.throws(() => plan({ groups: [1, 10], ...mapped }), refusal('/process/user/additionalGids/1'));
	t.throws(() => plan({ user: '1' }, rootless), refusal('/process/user/uid'));
	t.doesNotThrow(() => plan({ user: '9:9', ...mapped }));
});

t.test('capabilities that the caller has not got', async (t) => {
	const held = allCapabilities & ~1n;
	const without = { ...v2, capabilities: held };
	const all = planOf(specOf(['true'], { capDrop: ['KILL'] }, { capabilities: held }), without, 'id');
	t.strictSame(all.notes, [], 'what is meant by all is what there is');
	t.equal(all.init.capabilities?.bounding?.length, 39);
	t.match(plan({ rootfs: '/r' }, without), { notes: [/does not get CAP_CHOWN/] });
});

t.test('what is wrong is named', async (t) => {
	for (const [options, where] of [
		[{ user: '1x' }, '/user'],
		[{ cwd: 'x', rootfs: '/r' }, '/cwd'],
		[{ cwd: '' }, '/cwd'],
		[{ env: { 'A=': '' } }, '/env/A='],
		[{ consoleSocket: '/s' }, '/consoleSocket'],
		[{ readonly: true }, '/readonly'],
		[
			{
				mounts: [
					{ destination: '/a', type: 'tmpfs' },
					{ destination: '/proc', type: 'tmpfs' },
				],
				rootfs: '/r',
			},
			'/mounts/1/type',
		],
		[{ mounts: [{ destination: 'a', type: 'tmpfs' }] }, '/mounts/0/destination'],
		[{ mounts: [{ destination: '/a', source: 'x', options: ['bind', 'x'] }] }, '/mounts/0/options/1'],
		[{ devices: ['fuse'] }, '/devices/0'],
		[{ devices: [{ path: '/x' }] }, '/devices/0/type'],
		[{ devices: [{ path: '/dev/x', type: 'p' }] }, '/linux/devices/0/path'],
		[{ sysctl: { 'vm.swappiness': 1 } }, '/sysctl/vm.swappiness'],
		[
			{
				uidMappings: [
					{ containerID: 0, hostID: 0, size: 2 },
					{ containerID: 1, hostID: 9, size: 2 },
				],
			},
			'/uidMappings/1',
		],
		[{ seccomp: { defaultAction: 'ALLOW' } }, '/seccomp/defaultAction'],
		[{ seccomp: { defaultAction: 'SCMP_ACT_NOTIFY' } }, '/seccomp/defaultAction'],
		[{ namespaces: { net: 'new' } }, '/namespaces/net'],
		[{ namespaces: { network: 'x' } }, '/namespaces/network'],
		[{ rootfs: '/r', namespaces: { mount: 'host' } }, '/root'],
		[{ fds: Array(251).fill('pipe') }, '/fds/250'],
		[{ timeOffsets: { boottime: '1' } }, '/timeOffsets/boottime'],
		[{ keyring: 'old' }, '/keyring'],
		[{ name: '' }, '/name'],
		[{ unknown: 1 }, '/unknown'],
	] as [object, string][])
		t.throws(() => plan(options), refusal(where), JSON.stringify(options).slice(0, 100));
	t.throws(() => specOf(['true'], { namespaces: { ipc: 'container:x' } }), refusal('/namespaces', /no container "x"/));
	for (const args of [[], [''], [1], 'true', undefined, null])
		t.throws(() => specOf(args as string[], {}), refusal('/args'), JSON.stringify(args));
});
