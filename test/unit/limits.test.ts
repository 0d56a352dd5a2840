/** Limits as people and OCI write them, on hosts of either kind: which file gets which value, and what is refused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from '../../controller/flags/arguments.js';
import { limitFlags, limitsOf as limitsOfFlags } from '../../controller/flags/limits.js';
import type { Limits } from '../../controller/model/limit-options.js';
import { limits as table } from '../../controller/model/limits.js';
import { v1Of } from '../../controller/model/limits-v1.js';
import type { Resources } from '../../controller/model/resources.js';
import type { Spec } from '../../controller/model/spec.js';
import { sameValue } from '../../controller/model/values.js';
import { deviceProgram } from '../../controller/plan/device-program.js';
import { resourcesOf } from '../../controller/plan/limit-options.js';
import { planOf } from '../../controller/plan/plan.js';
import { limitsOf } from '../../controller/plan/resources.js';
import { specOf } from '../../controller/plan/specify.js';
import { hostOf } from '../support/hosts.js';
import { top } from '../support/paths.js';

const controllers = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'];
const v2 = hostOf([{ version: 2, controllers }]);
const v1 = hostOf(
	['cpuset', 'cpu', 'cpuacct', 'blkio', 'memory', 'hugetlb', 'pids', 'rdma', 'misc', 'devices', 'net_cls'].map(
		(name) => ({ version: 1, controllers: [name] }),
	),
);

function specWith(resources: Resources): Spec {
	const spec = specOf(['true'], {});
	return { ...spec, linux: { ...spec.linux, resources } };
}

/** `file=value` of each write that is meant for these resources, the early ones first. */
function writes(resources: Resources, host = v2): string[] {
	const { early, late } = planOf(specWith(resources), host, 'id');
	return [...early, ...late].flatMap(({ files }) => files.map(({ file, value }) => `${file}=${value}`));
}

const written = (limits: Limits, host = v2) => writes(resourcesOf(limits), host);

t.test('each option is a file of v2', async (t) => {
	const cases: [Limits, string[]][] = [
		[{ pids: 4 }, ['pids.max=4']],
		[{ memory: '1M' }, ['memory.swap.max=0', 'memory.max=1048576']],
		[{ memory: '1M', swap: '2M' }, ['memory.swap.max=2097152', 'memory.max=1048576']],
		[{ memory: '1M', swap: 'max' }, ['memory.swap.max=max', 'memory.max=1048576']],
		[{ swap: 0 }, ['memory.swap.max=0']],
		[
			{ memoryHigh: '1M', memoryLow: '2M', memoryMin: 0 },
			['memory.min=0', 'memory.low=2097152', 'memory.high=1048576'],
		],
		[{ oomGroup: true }, ['memory.oom.group=1']],
		[{ cpu: 0.5, cpuBurst: 20_000 }, ['cpu.max.burst=20000', 'cpu.max=50000 100000']],
		[{ cpuWeight: 10, cpuIdle: false }, ['cpu.weight=10', 'cpu.idle=0']],
		[{ cpus: '0-3,7', mems: [0] }, ['cpuset.cpus=0-3,7', 'cpuset.mems=0']],
		[
			{
				io: [
					{ device: '8:0', rbps: '1M', wiops: 'max' },
					{ device: '8:16', wbps: 'max' },
				],
			},
			['io.max=8:0 rbps=1048576 wiops=max', 'io.max=8:16 wbps=max'],
		],
		[{ ioWeight: 200 }, ['io.weight=200']],
		[{ hugetlb: { '2MB': '4M', '1GB': 0 } }, ['hugetlb.2MB.max=4194304', 'hugetlb.1GB.max=0']],
		[{ rdma: { mlx5_0: { hcaHandles: 2 } } }, ['rdma.max=mlx5_0 hca_handle=2 hca_object=max']],
		[{ misc: { sev: 5, sev_es: 'max' } }, ['misc.max=sev 5', 'misc.max=sev_es max']],
		[{ set: { 'memory.zswap.max': '1M' } }, ['memory.zswap.max=1M']],
		[
			{ set: { 'memory.max': '1M', 'cpu.max': '0.5' } },
			['memory.swap.max=0', 'memory.max=1048576', 'cpu.max=50000 100000'],
		],
		[{ set: { 'io.max': '8:0 rbps=1M\n8:16 wiops=max' } }, ['io.max=8:0 rbps=1048576', 'io.max=8:16 wiops=max']],
		[{ cpu: 0.5, cpuBurst: 50_000 }, ['cpu.max.burst=50000', 'cpu.max=50000 100000']],
	];
	for (const [limits, expected] of cases) t.strictSame(written(limits), expected, JSON.stringify(limits));
});

t.test('and of v1, in its own words', async (t) => {
	const cases: [Limits, string[]][] = [
		[{ pids: 4 }, ['pids.max=4']],
		[{ memory: '1M' }, ['memory.limit_in_bytes=1048576', 'memory.memsw.limit_in_bytes=1048576']],
		[{ memory: '1M', swap: '2M' }, ['memory.limit_in_bytes=1048576', 'memory.memsw.limit_in_bytes=3145728']],
		[{ cpu: 0.5, cpuBurst: 20_000 }, ['cpu.cfs_burst_us=20000', 'cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=50000']],
		[{ cpuWeight: 10 }, ['cpu.shares=102']],
		[{ cpuIdle: true }, ['cpu.idle=1']],
		[{ cpus: '0' }, ['cpuset.cpus=0']],
		[
			{ io: [{ device: '8:0', rbps: '1M', wiops: 'max' }] },
			['blkio.throttle.read_bps_device=8:0 1048576', 'blkio.throttle.write_iops_device=8:0 0'],
		],
		[{ ioWeight: 200 }, ['blkio.bfq.weight=200']],
		[{ hugetlb: { '2MB': '4M' } }, ['hugetlb.2MB.limit_in_bytes=4194304']],
		[{ set: { 'memory.swappiness': 10 } }, ['memory.swappiness=10']],
	];
	for (const [limits, expected] of cases) t.strictSame(written(limits, v1), expected, JSON.stringify(limits));
	for (const limits of [{ memoryHigh: '1M' }, { memoryLow: '1M' }, { memoryMin: '1M' }, { oomGroup: true }])
		t.throws(() => written(limits, v1), { code: 'file-unknown', message: /cgroup v1 has no such limit/ });
});

t.test('what is no value of an option is refused by its name', async (t) => {
	for (const [limits, where] of [
		[{ cpuWeight: 0 }, '/limits/cpuWeight'],
		[{ cpuWeight: 10_001 }, '/limits/cpuWeight'],
		[{ ioWeight: 1.5 }, '/limits/ioWeight'],
		[{ cpuBurst: -1 }, '/limits/cpuBurst'],
		[{ cpu: 0.5, cpuBurst: 50_001 }, '/limits/cpuBurst'],
		[{ cpu: 0.5, set: { 'cpu.max.burst': 50_001 } }, '/limits/cpuBurst'],
		[{ set: { 'memory.max': '' } }, '/limits/set/memory.max'],
		[{ set: { 'memory.zswap.max': ' ' } }, '/limits/set/memory.zswap.max'],
		[{ set: { 'cpu.max': '1' } }, '/limits/set/cpu.max'],
		[{ memoryHigh: '1KB' }, '/limits/memoryHigh'],
		[{ swap: 'none' }, '/limits/swap'],
		[{ cpus: '0-' }, '/limits/cpus'],
		[{ cpus: '' }, '/limits/cpus'],
		[{ mems: 'all' }, '/limits/mems'],
		[{ io: [{ device: '8:0' }] }, '/limits/io/0'],
		[{ io: [{ device: '/dev/null', rbps: 1 }] }, '/limits/io/0/device'],
		[{ io: [{ device: '/no/such', rbps: 1 }] }, '/limits/io/0/device'],
		[{ io: [{ device: '8:0', rbps: '1KB' }] }, '/limits/io/0/rbps'],
		[{ hugetlb: { '2M': 1 } }, '/limits/hugetlb/2M'],
		[{ memoryHigh: 1, set: { 'memory.high': 1 } }, '/limits/set/memory.high'],
	] as [Limits, string][])
		t.throws(() => resourcesOf(limits), { code: 'option-invalid', where }, JSON.stringify(limits));
});

t.test('linux.resources of OCI', async (t) => {
	const both: [Resources, string[], string[]][] = [
		[
			{ memory: { limit: 1 << 20, reservation: 1 << 19, swap: 1 << 21 } },
			['memory.swap.max=1048576', 'memory.low=524288', 'memory.max=1048576'],
			['memory.soft_limit_in_bytes=524288', 'memory.limit_in_bytes=1048576', 'memory.memsw.limit_in_bytes=2097152'],
		],
		[{ cpu: { shares: 1024 } }, ['cpu.weight=100'], ['cpu.shares=1024']],
		[{ cpu: { shares: 2 } }, ['cpu.weight=1'], ['cpu.shares=2']],
		[{ cpu: { shares: 262_144 } }, ['cpu.weight=10000'], ['cpu.shares=262144']],
		[{ cpu: { shares: 0, cpus: '', mems: '' } }, [], []],
		[
			{ cpu: { cpus: '0,1', mems: '0', idle: 1 } },
			['cpu.idle=1', 'cpuset.cpus=0,1', 'cpuset.mems=0'],
			['cpu.idle=1', 'cpuset.cpus=0,1', 'cpuset.mems=0'],
		],
		[
			{ blockIO: { weight: 10, weightDevice: [{ major: 8, minor: 0, weight: 1000 }] } },
			['io.weight=default 1', 'io.weight=8:0 10000'],
			['blkio.bfq.weight=10', 'blkio.bfq.weight_device=8:0 1000'],
		],
		[
			{
				blockIO: {
					throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1024 }],
					throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 0 }],
				},
			},
			['io.max=8:0 rbps=1024 wiops=max'],
			['blkio.throttle.read_bps_device=8:0 1024', 'blkio.throttle.write_iops_device=8:0 0'],
		],
		[
			{ hugepageLimits: [{ pageSize: '2MB', limit: 4096 }] },
			['hugetlb.2MB.max=4096'],
			['hugetlb.2MB.limit_in_bytes=4096'],
		],
		[{ pids: { limit: 0 }, unified: { 'pids.max': '7' } }, ['pids.max=7'], ['pids.max=7']],
	];
	for (const [resources, onV2, onV1] of both) {
		t.strictSame(writes(resources), onV2, `v2 ${JSON.stringify(resources)}`);
		t.strictSame(writes(resources, v1), onV1, `v1 ${JSON.stringify(resources)}`);
	}
	t.strictSame(writes({ network: { classID: 1_048_577 } }, v1), ['net_cls.classid=1048577']);
	t.throws(() => writes({ network: { classID: 1 } }), { code: 'controller-missing', where: 'net_cls.classid' });
	t.strictSame(writes({ memory: { swappiness: 10, disableOOMKiller: true, useHierarchy: true } }, v1), [
		'memory.swappiness=10',
		'memory.oom_control=1',
	]);
	for (const memory of [{ swap: 5 }, { limit: 10, swap: 5 }])
		t.throws(() => limitsOf({ memory }), { code: 'option-invalid', where: '/linux/resources/memory/swap' });
});

t.test('device rules: files of v1, and on v2 a program for the shim', async (t) => {
	const devices = [
		{ allow: false },
		{ allow: true, type: 'c' as const, major: 1, minor: 3, access: 'rw' },
		{ allow: true, type: 'b' as const },
	];
	t.strictSame(writes({ devices }, v1), ['devices.deny=a', 'devices.allow=c 1:3 rw', 'devices.allow=b *:* rwm']);
	const { early, init } = planOf(specWith({ devices }), v2, 'id');
	t.match(early, [{ limit: 'devices', asked: 'deny a; allow c 1:3 rw; allow b *:* rwm', files: [] }]);
	t.match(init.cgroup.deviceProgram, /^([0-9a-f]{16})+$/);
});

t.test(
	'device rules: nothing follows on a rule for every access, the kernel would refuse such a program',
	async (t) => {
		const allowed = 'b700000001000000' + '9500000000000000';
		const denied = 'b700000000000000' + '9500000000000000';
		const bytes = { allow: true, type: 'c' as const, major: 1 };
		t.ok(deviceProgram([bytes]).endsWith(allowed + allowed));
		t.ok(deviceProgram([{ allow: false }, bytes]).endsWith(allowed + denied));
		t.equal(deviceProgram([bytes, { allow: false }]), deviceProgram([{ allow: false }]));
		t.ok(deviceProgram([{ allow: false, access: 'w' }]).endsWith(denied + allowed));
	},
);

t.test('what the kernel holds is compared by its meaning', async (t) => {
	for (const [asked, held] of [
		['64K', '65536'],
		['0-1', '0,1'],
		['100', 'default 100'],
		['8:0 rbps=1M', '8:0 rbps=1048576 wbps=max riops=max wiops=max'],
		['8:0 rbps=max', ''],
		['sev 5', 'sev 5\nsev_es max'],
	] as const)
		t.ok(sameValue(asked, held), `${asked} is ${held}`);
	for (const [asked, held] of [
		['64K', '65535'],
		['0-1', '0'],
		['8:0 rbps=1M', '8:0 rbps=1048575'],
		['8:0 rbps=1M', '8:16 rbps=1048576'],
		['max', '9'],
		['1000001', '999424'],
		['0-99999999999', '0-99999999998'],
	] as const)
		t.notOk(sameValue(asked, held), `${asked} is not ${held}`);
});

t.test('each limit of the table has its flag, and controller/cli/README.md lists them all', async (t) => {
	const readme = readFileSync(join(top, 'controller/cli/README.md'), 'utf8');
	for (const row of table) {
		const oci = 'oci' in row ? `\`${row.oci}\`` : '';
		const option = 'option' in row ? `\`${row.option}\`` : '';
		const files = v1Of(row.name.replace('*', '2MB'))?.files.filter(
			(file) => file !== 'memory.limit_in_bytes' || row.name === 'memory.max',
		);
		const onV1 = files?.map((file) => `\`${file.replace('2MB', '*')}\``).join(', ') ?? '–';
		const line = `| \`${row.name}\` | ${onV1} | ${option} | ${oci} | ${row.when} | ${row.unit} | ${row.text} |`;
		t.ok(readme.includes(`${line}\n`), line);
		if (!('option' in row)) continue;
		const flag = row.name.replace('.*', '').replaceAll('.', '-') as keyof typeof limitFlags;
		t.equal(limitFlags[flag]?.option, `limits.${row.option}`, `--${flag}`);
	}
});

t.test('flags say the same as options', async (t) => {
	const limits = (...argv: string[]) => limitsOfFlags(parse(argv, limitFlags, 'run').values);
	t.strictSame(limits('--io-max', '8:0 rbps=1M wiops=5', '--io-max=/dev/sdb wbps=max'), {
		io: [
			{ device: '8:0', rbps: '1M', wiops: '5' },
			{ device: '/dev/sdb', wbps: 'max' },
		],
	});
	t.strictSame(limits('--device-rule', 'deny a', '--device-rule', 'allow c 1:* r'), {
		devices: [{ allow: false }, { allow: true, type: 'c', major: 1, access: 'r' }],
	});
	t.strictSame(limits('--hugetlb-max', '2MB=4M', '--rdma-max', 'mlx hca_handle=2', '--misc-max', 'sev=5'), {
		hugetlb: { '2MB': '4M' },
		rdma: { mlx: { hcaHandles: 2 } },
		misc: { sev: 5 },
	});
	for (const argv of [
		['--io-max', '8:0 speed=1'],
		['--io-max', '8:0 riops=1M'],
		['--device-rule', 'allow'],
		['--device-rule', 'allow c 1'],
		['--device-rule', 'permit a'],
		['--cpu-weight', 'much'],
		['--hugetlb-max', '2MB'],
		['--misc-max', 'sev=many'],
		['--rdma-max', 'mlx handles=1'],
	])
		t.throws(() => limits(...argv), { code: 'option-invalid', where: argv[0] as string }, argv.join(' '));
});
