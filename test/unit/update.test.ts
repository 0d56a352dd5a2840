/** Updates are planned like a launch: which files are told what, in which order, and how that is undone. */
import t from 'tap';
import { inOrder, undoing } from '../../controller/cgroup/change.js';
import type { Host } from '../../controller/model/host.js';
import type { Limits } from '../../controller/model/limit-options.js';
import { planOf } from '../../controller/plan/plan.js';
import { specOf } from '../../controller/plan/specify.js';
import { updateOf } from '../../controller/plan/update.js';
import { hostOf } from '../support/hosts.js';

const v2 = hostOf([{ version: 2, controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'] }]);
const v1 = hostOf(
	['cpu', 'cpuacct', 'cpuset', 'memory', 'blkio', 'freezer', 'pids'].map((name) => ({
		version: 1,
		controllers: [name],
	})),
);
const hybrid: Host = {
	...v1,
	hierarchies: [...v1.hierarchies, ...hostOf([{ version: 2, controllers: ['hugetlb'] }]).hierarchies],
};

const plan = (host: Host, limits: Limits = {}) => planOf(specOf(['true'], { limits }), host, 'id');
const applied = (limits: Record<string, string>) =>
	Object.entries(limits).map(([limit, value]) => ({ limit, asked: value, value, rounded: false }));

/** `path = value` for each file, in the order in which they would be written over `held`. */
function writes(host: Host, limits: Limits, inForce: Record<string, string> = {}, held: Record<string, string> = {}) {
	const places = plan(host);
	return inOrder(updateOf(limits, applied(inForce), places, host), (_, file) => held[file]).flatMap(
		({ directory, files }) => files.map(({ file, value }) => `${directory.path}/${file} = ${value}`),
	);
}

t.test('where a container can be put later', async (t) => {
	const paths = (host: Host) => plan(host).spare.map(({ path, controllers }) => `${path} ${controllers}`);
	t.strictSame(paths(v2), ['/cg/procready/id cpuset,hugetlb'], 'v2: where it is');
	const later = ['/cg/cpuset/procready/id cpuset', '/cg/blkio/procready/id blkio', '/cg/freezer/procready/id freezer'];
	t.strictSame(paths(v1), later);
	t.strictSame(paths(hybrid), [...later, '/cg/procready/id hugetlb']);
	const noFreezer = hostOf([
		{ version: 1, controllers: ['pids'] },
		{ version: 2, controllers: [] },
	]);
	t.strictSame(paths(noFreezer), ['/cg/procready/id '], 'v2 can freeze');
	const { directories, bases } = plan(hybrid).init.cgroup;
	t.strictSame(
		directories.filter((path) => /cpuset|freezer|cg.procready/.test(path)),
		['/cg/cpuset/procready/id', '/cg/freezer/procready/id', '/cg/procready/id'],
		'the shim removes them too',
	);
	t.equal(bases.length, directories.length);
	t.strictSame(plan(v2).init.cgroup.directories, ['/cg/procready/id']);
	t.strictSame(
		plan(v1, { cpus: '0' }).spare.map(({ controllers }) => controllers.join()),
		['blkio', 'freezer'],
	);
});

t.test('v2: what is named and no more', async (t) => {
	t.strictSame(writes(v2, { pids: 4, cpu: 0.5, cpuWeight: 50, cpus: '0' }), [
		'/cg/procready/id/cpu.weight = 50',
		'/cg/procready/id/cpuset.cpus = 0',
		'/cg/procready/id/pids.max = 4',
		'/cg/procready/id/cpu.max = 50000 100000',
	]);
	t.strictSame(writes(v2, { hugetlb: { '2MB': '2M' } }), ['/cg/procready/id/hugetlb.2MB.max = 2097152']);
});

t.test('memory by itself leaves swap as it is, or forbids it where it had no limit', async (t) => {
	const max = '/cg/procready/id/memory.max = 1048576';
	for (const [inForce, expected] of [
		[{}, ['/cg/procready/id/memory.swap.max = 0', max]],
		[{ 'memory.max': 'max', 'memory.swap.max': 'max' }, ['/cg/procready/id/memory.swap.max = 0', max]],
		[{ 'memory.max': '4096', 'memory.swap.max': '0' }, [max]],
		[{ 'memory.max': '4096', 'memory.swap.max': '8192' }, [max]],
	] as [Record<string, string>, string[]][])
		t.strictSame(writes(v2, { memory: '1M' }, inForce), expected, JSON.stringify(inForce));
	t.strictSame(writes(v2, { memory: '1M', swap: '2M' }, { 'memory.swap.max': '0' }), [
		'/cg/procready/id/memory.swap.max = 2097152',
		max,
	]);
	t.strictSame(writes(v2, { memory: 'max' }, { 'memory.max': '4096', 'memory.swap.max': '0' }), [
		'/cg/procready/id/memory.swap.max = max',
		'/cg/procready/id/memory.max = max',
	]);
});

t.test('v1: the sum of memory and swap, whichever of them is named, the larger one at any time', async (t) => {
	const [memory, sum] = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];
	const order = (limits: Limits, inForce: [memory: number, swap: number]) =>
		writes(
			v1,
			limits,
			{ 'memory.max': String(inForce[0]), 'memory.swap.max': String(inForce[1]) },
			{ [memory]: String(inForce[0]), [sum]: String(inForce[0] + inForce[1]) },
		).map((write) => write.replace('/cg/memory/procready/id/', ''));
	t.strictSame(order({ memory: 100 }, [50, 20]), [`${sum} = 120`, `${memory} = 100`], 'raised');
	t.strictSame(order({ memory: 30 }, [50, 20]), [`${memory} = 30`, `${sum} = 50`], 'lowered');
	t.strictSame(order({ swap: 5 }, [50, 20]), [`${sum} = 55`]);
	t.strictSame(order({ memory: 60, swap: 0 }, [50, 20]), [`${memory} = 60`, `${sum} = 60`]);
	t.strictSame(order({ memory: 'max', swap: 'max' }, [50, 20]), [`${sum} = -1`, `${memory} = -1`]);
});

t.test('quota, period and burst in an order that is never refused', async (t) => {
	const path = '/cg/procready/id';
	const order = (limits: Limits, quota: string) =>
		writes(v2, limits, {}, { 'cpu.max': quota }).map((write) => write.replace(`${path}/`, ''));
	t.strictSame(order({ cpu: 0.5, cpuBurst: 9 }, '10000 100000'), ['cpu.max = 50000 100000', 'cpu.max.burst = 9']);
	t.strictSame(order({ cpu: 0.5, cpuBurst: 9 }, '90000 100000'), ['cpu.max.burst = 9', 'cpu.max = 50000 100000']);
	t.strictSame(order({ cpu: 0.5, cpuBurst: 9 }, 'max 100000'), ['cpu.max.burst = 9', 'cpu.max = 50000 100000']);
	const [quota, period] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'];
	const files = (cpu: string | number, held: string) =>
		writes(v1, { cpu }, {}, { [quota]: held }).map((write) => write.replace(/.*\//, ''));
	t.strictSame(files('5000 10000', '50000'), [`${quota} = 5000`, `${period} = 10000`], 'lowered');
	t.strictSame(files('50000 100000', '5000'), [`${period} = 100000`, `${quota} = 50000`], 'raised');
	t.strictSame(files('max', '5000'), [`${quota} = -1`, `${period} = 100000`]);
	t.strictSame(files(1, '-1'), [`${quota} = 100000`, `${period} = 100000`]);
});

t.test('v1: controllers that it has no directory for get one', async (t) => {
	t.strictSame(writes(v1, { cpus: '0', io: [{ device: '8:0', rbps: 5 }] }), [
		'/cg/cpuset/procready/id/cpuset.cpus = 0',
		'/cg/blkio/procready/id/blkio.throttle.read_bps_device = 8:0 5',
	]);
});

t.test('what cannot be changed', async (t) => {
	for (const [host, limits, error] of [
		[v2, {}, { code: 'option-invalid', where: '/limits' }],
		[v2, { devices: [] }, { code: 'option-invalid', where: '/limits/devices' }],
		[v2, { nope: 1 }, { code: 'option-invalid', where: '/limits/nope' }],
		[v1, { memoryHigh: '1M' }, { code: 'file-unknown' }],
		[v1, { hugetlb: { '2MB': '2M' } }, { code: 'controller-missing', message: /this host has no cgroup controller/ }],
	] as [Host, Limits, { code: string; where?: string; message?: RegExp }][])
		t.throws(() => writes(host, limits), error, JSON.stringify(limits));
	const withNet: Host = {
		...v1,
		hierarchies: [...v1.hierarchies, ...hostOf([{ version: 1, controllers: ['net_cls'] }]).hierarchies],
	};
	t.throws(() => writes(withNet, { set: { 'net_cls.classid': 1 } }), {
		code: 'controller-missing',
		message: /must be given at its start/,
	});
});

t.test('what undoes a write', async (t) => {
	for (const [file, value, held, expected] of [
		['pids.max', '5', 'max', 'max'],
		['memory.max', '4096', '8192', '8192'],
		['cpu.max', '1000 2000', 'max 100000', 'max 100000'],
		['cpuset.cpus', '0', '', '\n'],
		['io.weight', '50', 'default 100\n8:0 20', 'default 100'],
		['io.weight', 'default 50', 'default 100\n8:0 20', 'default 100'],
		['io.weight', '8:0 50', 'default 100\n8:0 20', '8:0 20'],
		['io.weight', '8:16 50', 'default 100\n8:0 20', '8:16 default'],
		['io.max', '8:0 rbps=1', '8:0 rbps=2 wbps=max riops=max wiops=max', '8:0 rbps=2 wbps=max riops=max wiops=max'],
		['io.max', '8:0 rbps=1', '8:16 rbps=2 wbps=max riops=max wiops=max', '8:0 rbps=max wbps=max riops=max wiops=max'],
		['io.max', '8:0 rbps=1', '', '8:0 rbps=max wbps=max riops=max wiops=max'],
		['blkio.throttle.read_bps_device', '8:0 5', '8:0 7', '8:0 7'],
		['blkio.throttle.write_iops_device', '8:0 5', '8:16 7', '8:0 0'],
		['rdma.max', 'mlx4_0 hca_handle=2', 'mlx4_0 hca_handle=max hca_object=5', 'mlx4_0 hca_handle=max hca_object=5'],
		['misc.max', 'sev 2', 'sev max\nsev_es 5', 'sev max'],
		['memory.oom_control', '1', 'oom_kill_disable 0\nunder_oom 0\noom_kill 0', '0'],
	] as const)
		t.equal(undoing(file, value, held), expected, `${file} ${value}`);
});
