/** Plans are pure: what will be written, where and when, on hosts that this machine is not. */
import t from 'tap';
import type { Host } from '../../controller/model/host.js';
import type { Options } from '../../controller/model/options.js';
import type { Resources } from '../../controller/model/resources.js';
import { planOf } from '../../controller/plan/plan.js';
import { specOf } from '../../controller/plan/specify.js';
import { v1, v2 } from '../support/hosts.js';

const plan = (options: Options, host = v2) =>
	planOf(specOf(['true'], { extendEnv: false, cwd: '/', ...options }), host, 'id');

const resources = (resources: Resources, host = v2) => {
	const spec = specOf(['true'], {});
	return planOf({ ...spec, linux: { ...spec.linux, resources } }, host, 'id');
};

/** `when limit: path = value` for each file, in the order of writing. */
const writes = ({ early, late }: ReturnType<typeof planOf>) =>
	[
		...early.map((write) => ({ when: 'early', ...write })),
		...late.map((write) => ({ when: 'late', ...write })),
	].flatMap(({ when, directory, files }) =>
		files.map(({ file, value }) => `${when} ${directory.path}/${file} = ${value}`),
	);

t.test('v2: swap is forbidden first, cpu is limited last', async (t) => {
	t.strictSame(writes(plan({ limits: { cpu: 0.5, pids: 4, memory: '64M' } })), [
		'late /cg/procready/id/memory.swap.max = 0',
		'late /cg/procready/id/memory.max = 67108864',
		'late /cg/procready/id/pids.max = 4',
		'late /cg/procready/id/cpu.max = 50000 100000',
	]);
});

t.test('v1: other files, other order, the sum of memory and swap', async (t) => {
	t.strictSame(writes(plan({ limits: { cpu: 0.5, pids: 4, memory: '64M' } }, v1)), [
		'late /cg/memory/procready/id/memory.limit_in_bytes = 67108864',
		'late /cg/memory/procready/id/memory.memsw.limit_in_bytes = 67108864',
		'late /cg/pids/procready/id/pids.max = 4',
		'late /cg/cpu/procready/id/cpu.cfs_period_us = 100000',
		'late /cg/cpu/procready/id/cpu.cfs_quota_us = 50000',
	]);
});

t.test('no limit is -1 on v1', async (t) => {
	t.strictSame(writes(plan({ limits: { cpu: 'max', pids: 'max', memory: 'max' } }, v1)), [
		'late /cg/memory/procready/id/memory.limit_in_bytes = -1',
		'late /cg/memory/procready/id/memory.memsw.limit_in_bytes = -1',
		'late /cg/pids/procready/id/pids.max = max',
		'late /cg/cpu/procready/id/cpu.cfs_period_us = 100000',
		'late /cg/cpu/procready/id/cpu.cfs_quota_us = -1',
	]);
});

t.test('early settings and late limits are kept apart', async (t) => {
	const set = {
		'memory.high': '32M',
		'cpu.weight': 50,
		'cpuset.cpus': '0',
		'memory.oom.group': 1,
		'io.max': '8:0 rbps=1',
	};
	t.strictSame(writes(plan({ limits: { set, pids: 1 } })), [
		'early /cg/procready/id/memory.oom.group = 1',
		'early /cg/procready/id/cpu.weight = 50',
		'early /cg/procready/id/cpuset.cpus = 0',
		'late /cg/procready/id/memory.high = 33554432',
		'late /cg/procready/id/pids.max = 1',
		'late /cg/procready/id/io.max = 8:0 rbps=1',
	]);
});

t.test('a swap limit that is named is taken as it is', async (t) => {
	t.strictSame(writes(plan({ limits: { memory: '1M', set: { 'memory.swap.max': '2M' } } })), [
		'late /cg/procready/id/memory.swap.max = 2097152',
		'late /cg/procready/id/memory.max = 1048576',
	]);
	t.strictSame(writes(plan({ limits: { memory: '1M', set: { 'memory.swap.max': '2M' } } }, v1)), [
		'late /cg/memory/procready/id/memory.limit_in_bytes = 1048576',
		'late /cg/memory/procready/id/memory.memsw.limit_in_bytes = 3145728',
	]);
});

t.test('OCI resources: exactly what they name', async (t) => {
	t.strictSame(writes(resources({ memory: { limit: 4096 } })), ['late /cg/procready/id/memory.max = 4096']);
	t.strictSame(writes(resources({ memory: { limit: 4096, swap: 12_288 } })), [
		'late /cg/procready/id/memory.swap.max = 8192',
		'late /cg/procready/id/memory.max = 4096',
	]);
	t.strictSame(writes(resources({ memory: { limit: -1, swap: -1 } })), [
		'late /cg/procready/id/memory.swap.max = max',
		'late /cg/procready/id/memory.max = max',
	]);
	t.strictSame(writes(resources({ pids: { limit: 0 } })), ['late /cg/procready/id/pids.max = 0'], 'runtime-spec 1.3');
	t.strictSame(writes(resources({ pids: { limit: -1 } })), ['late /cg/procready/id/pids.max = max']);
	t.strictSame(writes(resources({ cpu: { quota: 5000 } })), ['late /cg/procready/id/cpu.max = 5000 100000']);
	t.strictSame(writes(resources({ cpu: { period: 50_000 } })), ['late /cg/procready/id/cpu.max = max 50000']);
	t.strictSame(writes(resources({})), []);
});

t.test('the init config', async (t) => {
	t.match(plan({ limits: { pids: 1 } }).init, {
		args: ['true'],
		env: [],
		cwd: '/',
		cgroup: { path: '/cg/procready/id', directories: ['/cg/procready/id'], bases: ['/cg/procready'] },
	});
	const { cgroup } = plan({}, v1).init;
	t.notOk('path' in cgroup, 'v1 has no cgroup to clone into');
	t.strictSame(
		cgroup.directories,
		['cpu', 'cpuacct', 'memory', 'pids', 'cpuset'].map((name) => `/cg/${name}/procready/id`),
		'every hierarchy that is accounted, and those that may be needed later',
	);
});

t.test('what the host cannot do is an error', async (t) => {
	for (const [set, code] of [
		['quantum.max', 'controller-missing'],
		['cgroup.procs', 'file-unknown'],
		['cgroup.freeze', 'file-unknown'],
	] as const)
		t.throws(() => plan({ limits: { set: { [set]: '1' } } }), { code, where: set });
	t.throws(() => plan({ limits: { set: { 'cgroup.max.depth': 1 } } }, v1), { code: 'controller-missing' });
	t.strictSame(writes(plan({ limits: { set: { 'cgroup.max.depth': 1 } } })), [
		'late /cg/procready/id/cgroup.max.depth = 1',
	]);
	const noPlace: Host = {
		...v2,
		hierarchies: [
			{
				version: 2,
				controllers: ['pids'],
				mountPoint: '/cg',
				own: '/cg/here',
				obstacle: { finding: '/cg/here holds processes', advice: 'move them' },
			},
		],
	};
	t.throws(() => plan({}, noPlace), { code: 'cgroup-missing', message: /^\/cg\/here holds processes: move them; / });
});

t.test('a controller that is not delegated: who has to change what', async (t) => {
	for (const [own, message] of [
		[
			'/cg/user.slice/user@1000.service/app.slice',
			/user@\.service\.d\/delegate\.conf and log in again; see procready doctor$/,
		],
		[
			'/cg/system.slice/ci.service/jobs',
			/into \/etc\/systemd\/system\/ci\.service\.d\/delegate\.conf and restart ci\.service; /,
		],
		['/cg/x.slice/one.scope', /: start procready in systemd-run --scope -p Delegate=yes; /],
		['/cg/docker', /: whoever owns the cgroups above has to write \+io to their cgroup\.subtree_control; /],
	] as const) {
		const [first] = v2.hierarchies as [Host['hierarchies'][number]];
		const host: Host = { ...v2, hierarchies: [{ ...first, own, controllers: ['pids'], withheld: ['io'] }] };
		t.throws(
			() => plan({ limits: { io: [{ device: '8:0', rbps: 1 }] } }, host),
			{ code: 'controller-missing', message },
			own,
		);
	}
});
