/** What the controller makes of options is an init config, to the schema and to the shim. */
import t from 'tap';
import type { Host } from '../../controller/model/host.js';
import type { Options } from '../../controller/model/options.js';
import { planOf } from '../../controller/plan/plan.js';
import { specOf } from '../../controller/plan/specify.js';
import { schemaVerdict, shimVerdict } from './readers.js';

const root = { uid: 0, gid: 0, capabilities: (1n << 41n) - 1n, bounding: (1n << 41n) - 1n };
const at = (version: 1 | 2, controllers: string[], mountPoint: string) => ({
	version,
	controllers,
	mountPoint,
	own: mountPoint,
});

const v1 = ['cpu', 'cpuacct', 'memory', 'pids'].map((name) => at(1, [name], `/nonexistent/${name}`));

const hostOf = (mounted: ReturnType<typeof at>[]): Host => ({
	...root,
	hierarchies: mounted.map((one) => ({ ...one, base: `${one.mountPoint}/procready` })),
	cgroupMounts: [...mounted, at(1, ['name=systemd'], '/nonexistent/systemd')].map((one) => ({
		...one,
		frame: '/nonexistent',
	})),
});

const hosts: Record<string, Host> = {
	v2: hostOf([at(2, ['cpu', 'memory', 'pids'], '/nonexistent')]),
	v1: hostOf(v1),
};

const all: Options[] = [
	{},
	{ env: { A: '=', B: '' }, extendEnv: false, cwd: '/tmp' },
	{ limits: { pids: 1, memory: '64K', cpu: 0.1 } },
	...['0', '1000:1000', 'name', 'name:group', '0:group', 'name:7'].map((user) => ({ user })),
	{ groups: [0, 4294967294, 'audio'] },
	{ umask: 0, noNewPrivileges: true },
	{ capAdd: ['ALL'], capDrop: ['chown', 'CAP_SYS_ADMIN'] },
	{ capDrop: ['ALL'] },
	{ capabilities: { bounding: ['CAP_KILL'] } },
	{ rlimits: { nofile: '1024:4096', core: 0, memlock: 'unlimited', rttime: '1:unlimited' } },
	{ oomScoreAdj: -1000 },
	{ nice: -20 },
	{ scheduler: { policy: 'SCHED_FIFO', priority: 99 } },
	{ ioPriority: { class: 'IOPRIO_CLASS_IDLE' } },
	{ cpuAffinity: '0-3,1023' },
	{ personality: 'LINUX32', keyring: 'new' },
	{ terminal: true, consoleSize: { height: 65535, width: 0 } },
	{ terminal: true, consoleSocket: '/nonexistent/socket' },
	{ fds: ['ignore', 'inherit'] },
	{ namespaces: { network: 'new', user: 'new', time: 'new', cgroup: 'host' } },
	{ namespaces: { network: '/proc/1/ns/net', pid: 'host', ipc: '/proc/1/ns/ipc' } },
	{
		uidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
		gidMappings: [{ containerID: 0, hostID: 100000, size: 65536 }],
	},
	{ timeOffsets: { monotonic: -1, boottime: 86400.5 } },
	{ hostname: 'box', domainname: 'example', sysctl: { 'kernel.shmmax': 4096 } },
	{ init: true },
	{ refuseForks: [] },
	{ refuseForks: [3, 9007199254740991, 1] },
	{ parentDeathSignal: 'SIGTERM' },
	{ mounts: [{ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=1m', 'mode=1777'] }] },
	{ devices: ['/dev/null:/dev/nothing'], maskedPaths: ['/proc/kcore'], readonlyPaths: ['/proc/sys'] },
	{ rootfs: '/nonexistent/root' },
	{ rootfs: '/nonexistent/root', readonly: true, terminal: true, user: 'name', namespaces: { user: 'new' } },
	{
		rootfs: '/nonexistent/root',
		mounts: [
			{ destination: '/src', type: 'bind', source: '/usr/src', options: ['rbind', 'ro', 'rprivate'] },
			{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' },
		],
	},
];

t.test('of every option', async (t) => {
	for (const [host, facts] of Object.entries(hosts))
		for (const options of all) {
			const { init } = planOf(specOf(['true'], options), facts, 'id');
			const text = Buffer.from(JSON.stringify(init));
			const name = `${host}: ${JSON.stringify(options)}`;
			t.equal(schemaVerdict(text), 'accepted', `${name}: schema`);
			t.equal(await shimVerdict(text), 'accepted', `${name}: shim`);
		}
});
