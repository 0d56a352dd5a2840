/** Other limits for a container that runs: they bind from then on, or nothing has changed. */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { type AppliedLimit, Container, type Limits, run } from '../../controller/index.js';
import { leftoversAfter } from '../support/leftovers.js';
import { obedient } from '../support/obedient.js';
import { probe } from '../support/paths.js';
import { fileOf, hasController, isV2 } from '../support/places.js';

const MiB = 2 ** 20;

const names = (limits: readonly AppliedLimit[]) => limits.map(({ limit, value }) => `${limit} ${value}`).sort();

t.test('tasks: raised, lowered, below what there are, and none at all', async (t) => {
	await using program = await obedient({ limits: { pids: 4 } });
	const { container } = program;
	t.equal(await program.tell('forks'), 3);
	for (const pids of [5, 6, 7, 3, 2, 1, 8, 0, 4]) {
		t.match(await container.update({ pids }), [{ limit: 'pids.max', value: String(pids), rounded: false }]);
		t.equal(await program.tell('forks'), Math.max(pids, 1) - 1, `pids.max ${pids}`);
	}
	await container.update({ pids: 'max' });
	t.equal(await program.tell('touch 1'), 0);
});

t.test('a limit below the tasks there are refuses forks and ends nobody', async (t) => {
	await using container = await Container.launch(['/bin/sh', '-c', 'sleep 86440.1 & sleep 86440.1 & wait']);
	while ((await container.stats()).tasks.current !== 3) await container.stats();
	await container.update({ pids: 2 });
	t.equal((await container.stats()).tasks.current, 3);
	await t.rejects(container.exec(['true']), { code: 'tasks-exhausted' });
	await container.update({ pids: 4 });
	t.match(await (await container.exec(['true'])).wait(), { exitCode: 0 });
});

t.test('memory: raised and lowered, and the new limit kills what does not fit', async (t) => {
	await using program = await obedient({ limits: { memory: '64M' } });
	const { container } = program;
	const touched = (mib: number) => program.tell(`touch ${mib * MiB}`);
	t.equal(await touched(32), 0);
	for (const [memory, fits] of [
		['32M', false],
		['128M', true],
		['24M', false],
		['31M', false],
		['64M', true],
		['max', true],
		['30M', false],
	] as const) {
		await container.update({ memory });
		t.equal(await touched(32), fits ? 0 : -9, memory);
	}
	// the order is that in which the kernel takes them, another one on v1
	const inForce = new Map(container.limits.map(({ limit, value }) => [limit, value]));
	t.strictSame([...inForce.keys()].sort(), ['memory.max', 'memory.swap.max']);
	t.equal(inForce.get('memory.max'), String(30 * MiB));
});

t.test('memory and swap are changed in whatever order the kernel needs', async (t) => {
	await using container = await Container.launch(['sleep', '86440.2'], { limits: { memory: '16M', swap: '16M' } });
	const held = () => {
		const [memory, swap] = isV2
			? ['memory.max', 'memory.swap.max']
			: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'];
		const limit = Number(readFileSync(fileOf(container, memory), 'utf8'));
		return [limit / MiB, (Number(readFileSync(fileOf(container, swap), 'utf8')) - (isV2 ? 0 : limit)) / MiB];
	};
	for (const [memory, swap] of [
		[64, 64],
		[8, 8],
		[8, 64],
		[64, 8],
		[16, 100],
		[100, 0],
		[8, 8],
		[20, 0],
	] as const) {
		await container.update({ memory: `${memory}M`, swap: swap === 0 ? 0 : `${swap}M` });
		t.strictSame(held(), [memory, swap]);
	}
	await container.update({ swap: '10M' });
	t.strictSame(held(), [20, 10], 'swap alone leaves memory as it is');
	await container.update({ memory: '30M' });
	t.strictSame(held(), [30, 10], 'and memory alone swap');
});

t.test('a memory limit by itself forbids swap where there was no limit of it', async (t) => {
	await using container = await Container.launch(['sleep', '86440.3']);
	await container.update({ memory: '16M' });
	t.match(container.limits, [
		{ limit: isV2 ? 'memory.swap.max' : 'memory.max' },
		{ limit: isV2 ? 'memory.max' : 'memory.swap.max' },
	]);
	t.equal(container.limits.find(({ limit }) => limit === 'memory.swap.max')?.value, '0');
});

t.test('less memory than is in use is refused, and nobody is killed', async (t) => {
	await using container = await Container.launch(['/bin/sh', '-c', `${probe} hoard ${16 * MiB} & wait`], {
		limits: { memory: '32M', pids: 5 },
	});
	while (((await container.stats()).memory.current ?? 0) < 16 * MiB) await container.stats();
	await t.rejects(container.update({ memory: '8M', pids: 6 }), {
		code: 'limit-too-small',
		where: 'memory.max',
		message: /^memory.max: 8388608 is less than the \d+ bytes that are in use and cannot be reclaimed/,
	});
	t.match(await container.stats(), { memory: { oomKills: 0 }, tasks: { current: 2 } });
	t.strictSame(names(container.limits), ['memory.max 33554432', 'memory.swap.max 0', 'pids.max 5']);
});

t.test('cpu: throttled after it is lowered, and not after it is raised', async (t) => {
	await using container = await Container.launch([probe, 'spin', '100000000'], { limits: { cpuBurst: 0 } });
	const throttled = async () => (await container.stats()).cpu.throttledPeriods ?? 0;
	t.equal(await throttled(), 0);
	t.match(await container.update({ cpu: 0.2 }), [{ limit: 'cpu.max', value: '20000 100000' }]);
	while ((await throttled()) < 4);
	await container.update({ cpu: '50000 50000' });
	await container.update({ cpu: 'max' });
	const before = await throttled();
	const { cpu } = await container.stats();
	while (((await container.stats()).cpu.total ?? 0) < (cpu.total ?? 0) + 500);
	t.ok((await throttled()) <= before + 1, 'the period that had begun is the last');
});

t.test('a quota and its burst, up and down', async (t) => {
	await using container = await Container.launch(['sleep', '86440.4'], { limits: { cpu: 0.5, cpuBurst: 50_000 } });
	for (const [cpu, cpuBurst] of [
		[0.8, 80_000],
		[0.2, 20_000],
		['5000 10000', 5000],
		['800000 1000000', 800_000],
		['max', 0],
	] as const)
		t.match(
			(await container.update({ cpu, cpuBurst })).map(({ limit, rounded }) => `${limit} ${rounded}`).sort(),
			['cpu.max false', 'cpu.max.burst false'],
			`${cpu}`,
		);
	await container.update({ cpu: 0.5, cpuBurst: 50_000 });
	await t.rejects(container.update({ cpu: 0.2, pids: 3 }), { code: 'limit-refused', where: 'cpu.max' });
	t.equal(
		container.limits.find(({ limit }) => limit === 'pids.max'),
		undefined,
	);
	t.match(readFileSync(fileOf(container, 'pids.max'), 'utf8'), 'max', 'what was written before is taken back');
});

const skip = !hasController('cpuset') && 'kernel: no cpuset';

t.test('processors, also where the container had no cpuset: all in it moves', { skip }, async (t) => {
	const container = await Container.launch(['/bin/sh', '-c', 'sleep 86440.5 & sleep 86440.5 & wait']);
	while ((await container.stats()).tasks.current !== 3) await container.stats();
	const before = await container.exec(['sleep', '86440.6']);
	t.match(await container.update({ cpus: '0' }), [{ limit: 'cpuset.cpus', value: '0' }]);
	const after = await container.exec(['sleep', '86440.6']);
	const allowed = (pid: number) => /^Cpus_allowed_list:\t(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	const children = readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, 'utf8').trim().split(' ');
	t.equal(children.length, 2);
	for (const pid of [container.pid, before.pid, after.pid, ...children.map(Number)]) t.equal(allowed(pid), '0');
	container.kill();
	await container.wait();
	t.strictSame(await leftoversAfter('86440.'), []);
});

t.test('every other limit of this host', async (t) => {
	await using container = await Container.launch(['sleep', '86440.7']);
	const disk = readdirSync('/sys/block').find((name) => !/^(loop|ram|zram|sr)/.test(name));
	const asked: Limits[] = [
		...[{ cpuWeight: 50 }, { cpuWeight: 200 }, { cpuIdle: true }, { cpuIdle: false }],
		...(isV2
			? [{ memoryHigh: '32M' }, { memoryLow: '1M', memoryMin: 0 }, { oomGroup: true }, { oomGroup: false }]
			: []),
		...(hasController('hugetlb') ? [{ hugetlb: { '2MB': '4M' } }, { hugetlb: { '2MB': 'max' } }] : []),
		...(disk && hasController(isV2 ? 'io' : 'blkio')
			? [{ io: [{ device: `/dev/${disk}`, rbps: '1M', wiops: 100 }] }, { io: [{ device: `/dev/${disk}`, rbps: '2M' }] }]
			: []),
		...(hasController('cpuset') ? [{ mems: '0' }] : []),
	];
	for (const limits of asked)
		for (const { rounded, limit } of await container.update(limits)) t.equal(rounded, false, limit);
});

t.test('a value that the kernel refuses changes nothing, whatever was written before', async (t) => {
	await using container = await Container.launch(['sleep', '86440.8'], {
		limits: { memory: '16M', pids: 3, cpuWeight: 50, cpu: 0.5 },
	});
	const before = container.limits;
	for (const limits of [
		{ memory: '32M', pids: 9, cpuWeight: 100, cpu: '20000000000000 1000000' },
		{ memory: '8M', swap: '1M', pids: 9, set: { 'cpu.max': '20000000000000 1000000' } },
		{ memory: 'max', cpu: '20000000000000 1000000' },
	] as Limits[])
		await t.rejects(container.update(limits), { code: 'limit-refused' }, JSON.stringify(limits));
	t.strictSame(container.limits, before);
	for (const { limit, value } of await container.update({ memory: '16M', pids: 3, cpuWeight: 50, cpu: 0.5 }))
		t.equal(before.find((one) => one.limit === limit)?.value, value, limit);
	t.equal(readFileSync(fileOf(container, 'pids.max'), 'utf8'), '3\n');
	t.equal(
		readFileSync(fileOf(container, isV2 ? 'memory.max' : 'memory.limit_in_bytes'), 'utf8').trim(),
		String(16 * MiB),
	);
});

t.test('what cannot be', async (t) => {
	await using container = await Container.launch(['sleep', '86440.9']);
	for (const [limits, error] of [
		[{}, { code: 'option-invalid', where: '/limits' }],
		[{ pids: -1 }, { code: 'option-invalid', where: '/limits/pids' }],
		[{ pid: 1 }, { code: 'option-invalid', where: '/limits/pid' }],
		[{ devices: [{ allow: false }] }, { code: 'option-invalid', where: '/limits/devices' }],
		[{ set: { 'memory.none': '1' } }, { code: 'file-unknown' }],
		[{ set: { 'quantum.max': '1' } }, { code: 'controller-missing' }],
	] as [Limits, { code: string; where?: string }][])
		await t.rejects(container.update(limits), error, JSON.stringify(limits));
	container.kill();
	await container.wait();
	await t.rejects(container.update({ pids: 1 }), { code: 'not-running' });
});

t.test('twenty at once: one after the other, and the last is in force', async (t) => {
	await using container = await Container.launch(['sleep', '86440.10']);
	const all = await Promise.all(
		Array.from({ length: 20 }, (_, i) => container.update({ pids: i + 1, memory: `${(i % 2) + 1}0M` })),
	);
	t.strictSame(
		all.map((limits) => limits.find(({ limit }) => limit === 'pids.max')?.value),
		Array.from({ length: 20 }, (_, i) => String(i + 1)),
	);
	t.equal(readFileSync(fileOf(container, 'pids.max'), 'utf8'), '20\n');
	t.equal(container.limits.find(({ limit }) => limit === 'memory.max')?.value, String(20 * MiB));
});

t.test('the result: what is in force at the end, and what was hit before', async (t) => {
	const program = await obedient({ limits: { pids: 2 } });
	const { container } = program;
	t.equal(await program.tell('forks'), 1);
	await container.update({ pids: 5 });
	t.equal(await program.tell('forks'), 4);
	await container.update({ pids: 50, memory: '64M' });
	t.equal(await program.tell('touch 1'), 0);
	container.stdin?.end();
	const { limits, changes, verdict, usage } = await container.wait();
	t.strictSame(names(limits), ['memory.max 67108864', 'memory.swap.max 0', 'pids.max 50']);
	t.strictSame(
		changes.map(({ limits }) => limits.map(({ limit }) => limit).sort()),
		[['pids.max'], ['memory.max', 'memory.swap.max', 'pids.max']],
	);
	t.equal(usage.tasks.refused, 2);
	t.match(verdict.causes, [
		{ limit: 'pids.max', value: '2', hits: 1, until: Number, sentence: /1 fork refused\. It was changed to 5 after/ },
		{ limit: 'pids.max', value: '5', hits: 1, until: Number, sentence: /1 fork refused\. It was changed to 50 after/ },
	]);
	t.equal(verdict.causes.length, 2);
	t.ok((changes[0]?.wallTime ?? 0) < (changes[1]?.wallTime ?? 0));
	t.strictSame((await run(['true'])).changes, []);
});

t.test('a program killed by a limit that it was given later', async (t) => {
	const program = await obedient({ limits: { memory: '256M' } });
	t.equal(await program.tell(`touch ${64 * MiB}`), 0);
	await program.container.update({ memory: '32M' });
	t.equal(await program.tell(`touch ${64 * MiB}`), -9);
	program.container.stdin?.end();
	const { verdict } = await program.container.wait();
	t.match(verdict.causes, [{ limit: 'memory.max', value: String(32 * MiB), fatal: false }]);
	t.equal(verdict.causes.length, 1);
});
