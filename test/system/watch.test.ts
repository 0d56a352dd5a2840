/** Watching a container that runs: what it uses, again and again, and what it hits. */
import { once } from 'node:events';
import t from 'tap';
import { attach, Container, type LimitEvent, type LiveContainer, type Stats } from '../../controller/index.js';
import { obedient } from '../support/obedient.js';
import { probe } from '../support/paths.js';
import { isV2 } from '../support/places.js';

const MiB = 2 ** 20;
const name = `watched-${process.pid}`;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const item of items) list.push(item);
	return list;
}

/** The names of what is there, without the values. */
function shape(value: unknown): unknown {
	if (typeof value !== 'object' || value === null) return typeof value;
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]));
}

t.test('stats: tasks, memory and cpu time are those of the program', async (t) => {
	const script = `${probe} hoard ${16 * MiB} >/dev/null & ${probe} spin 200; echo spun; wait`;
	await using container = await Container.launch(['/bin/sh', '-c', script], { limits: { pids: 3, memory: '64M' } });
	await once(container.stdout as NodeJS.EventEmitter, 'data');
	while (((await container.stats()).memory.current ?? 0) < 16 * MiB);
	const { time, wallTime, paused, tasks, memory, cpu, limits } = await container.stats();
	t.ok(Math.abs(time - Date.now()) < 60_000);
	t.ok(wallTime > 0);
	t.equal(paused, false);
	t.match(tasks, { current: 2, refused: 0 });
	if (tasks.peak !== null) t.equal(tasks.peak, 3);
	t.ok((memory.current ?? 0) < 20 * MiB, `${memory.current}`);
	t.ok((memory.peak ?? Number.POSITIVE_INFINITY) >= 16 * MiB);
	t.ok((cpu.total ?? 0) >= 200, `${cpu.total} ms`);
	t.strictSame(limits, container.limits);
	container.kill();
	await container.wait();
	await t.rejects(container.stats(), { code: 'not-running' });
});

t.test('samples: from now on to the end, the last is what the result says', async (t) => {
	const container = await Container.launch([probe, 'spin', '300']);
	const samples = await all(container.samples({ interval: 20 }));
	const { usage, wallTime } = await container.wait();
	t.ok(samples.length > 3, `${samples.length}`);
	for (const [index, sample] of samples.slice(1).entries()) {
		const before = samples[index] as Stats;
		t.ok(sample.time >= before.time && sample.wallTime > before.wallTime);
		t.ok((sample.cpu.total ?? 0) >= (before.cpu.total ?? 0));
	}
	const last = samples.at(-1) as Stats;
	t.match(usage, { tasks: { refused: 0 } });
	for (const resource of ['cpu', 'io', 'pressure'] as const) t.strictSame(last[resource], usage[resource], resource);
	t.match(last.tasks, usage.tasks);
	t.match(last.memory, usage.memory);
	t.ok(last.wallTime >= wallTime);
	t.strictSame((await all(container.samples())).length, 1, 'afterwards there is that one');
});

t.test('samples can be had many times, left at any time, and ended by a signal', async (t) => {
	await using container = await Container.launch(['sleep', '86460.1']);
	for await (const sample of container.samples({ interval: '1h' })) {
		t.equal(sample.tasks.current, 1);
		break;
	}
	const controller = new AbortController();
	const three = [1, 2, 3].map(() => all(container.samples({ interval: 5, signal: controller.signal })));
	setTimeout(() => controller.abort(), 100);
	for (const samples of await Promise.all(three)) t.ok(samples.length > 1);
	t.strictSame(await all(container.samples({ signal: AbortSignal.abort() })), []);
	await t.rejects(all(container.samples({ interval: 0 })), { code: 'option-invalid', where: '/interval' });
	await t.rejects(all(container.events({ interval: 'soon' })), { code: 'option-invalid', where: '/interval' });
	const long = all(container.samples({ interval: '1h' }));
	container.kill();
	t.ok((await long).length >= 1, 'the end comes at once, however long the interval');
});

/** The increases of one counter. */
const increases = (events: LimitEvent[], name: string) =>
	events.filter(({ counter }) => counter === name).map(({ increase }) => increase);
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

const oomKill = isV2 ? 'memory.events oom_kill' : 'memory.oom_control oom_kill';

t.test('events: refused forks, one after the other', async (t) => {
	const program = await obedient({ limits: { pids: 4 } });
	const events = program.container.events({ interval: 5 })[Symbol.asyncIterator]();
	for (let total = 1; total <= 10; total++) {
		t.equal(await program.tell('forks'), 3);
		const { value } = await events.next();
		t.match(value, { limit: 'pids.max', counter: 'pids.events max', increase: 1, total, time: Number });
	}
	program.container.stdin?.end();
	t.equal((await events.next()).done, true, 'they end with the container');
	t.equal((await program.container.wait()).usage.tasks.refused, 10);
});

t.test('events: processes killed for lack of memory', async (t) => {
	const program = await obedient({ limits: { memory: '32M' } });
	const told = all(program.container.events({ interval: 5 }));
	for (let round = 0; round < 5; round++) t.equal(await program.tell(`touch ${64 * MiB}`), -9);
	program.container.stdin?.end();
	const events = await told;
	const { usage } = await program.container.wait();
	t.equal(sum(increases(events, oomKill)), 5);
	t.equal(usage.memory.oomKills, 5);
	for (const { limit } of events) t.equal(limit, 'memory.max');
	const reached = increases(events, isV2 ? 'memory.events max' : 'memory.failcnt');
	t.equal(sum(reached), usage.memory.limitHits ?? 0, 'v1 cannot count them where swap has the same limit');
	for (const counter of new Set(events.map(({ counter }) => counter))) {
		const mine = events.filter((event) => event.counter === counter);
		t.strictSame(
			mine.map(({ total }) => total),
			mine.map((_, index) => sum(mine.slice(0, index + 1).map(({ increase }) => increase))),
		);
	}
});

t.test('events: nothing that happened before the first look is lost, also at the very end', async (t) => {
	const container = await Container.launch([probe, 'forks'], { limits: { pids: 3 } });
	await container.wait();
	for (const events of [container.events(), container.events({ interval: '1h' })])
		t.match(await all(events), [{ limit: 'pids.max', increase: 1, total: 1 }]);

	for (let round = 0; round < 20; round++) {
		const quick = await Container.launch([probe, 'forks'], { limits: { pids: 1 + (round % 4) } });
		t.strictSame(increases(await all(quick.events()), 'pids.events max'), [1]);
	}
	const idle = await Container.launch(['true']);
	t.strictSame(await all(idle.events()), []);
});

t.test('events end when a signal fires, or the loop is left', async (t) => {
	await using program = await obedient({ limits: { pids: 2 } });
	const controller = new AbortController();
	const told = all(program.container.events({ interval: 5, signal: controller.signal }));
	await program.tell('forks');
	for await (const event of program.container.events({ interval: 5 })) {
		t.equal(event.total, 1);
		break;
	}
	controller.abort();
	t.equal((await told).length <= 1, true);
});

t.test('memory.high is told too', { skip: !isV2 && 'kernel: cgroup v1 has none' }, async (t) => {
	const container = await Container.launch([probe, 'touch', String(32 * MiB)], { limits: { memoryHigh: '16M' } });
	const events = await all(container.events());
	t.match(events, [{ limit: 'memory.high', counter: 'memory.events high' }]);
	t.equal(sum(increases(events, 'memory.events high')), (await container.wait()).usage.memory.highHits);
});

t.test('by its name the same is seen as by who started it', async (t) => {
	const program = await obedient({ name, limits: { pids: 3, memory: '64M' } });
	const { container } = program;
	const found: LiveContainer = attach(name);
	t.match(found, { id: container.id, pid: container.pid, name, args: container.args });
	t.strictSame(found.limits, container.limits);
	t.strictSame(shape(await found.stats()), shape(await container.stats()));
	await program.tell('spin 100');
	const [own, other] = [await container.stats(), await found.stats()];
	t.ok((other.cpu.total ?? 0) >= (own.cpu.total ?? 0), 'counted from the same moment on');
	t.ok((other.cpu.total ?? 0) < (own.cpu.total ?? 0) + 50);

	const samples = all(found.samples({ interval: 10 }));
	const events = all(found.events({ interval: 10 }));
	for (let round = 0; round < 3; round++) t.equal(await program.tell('forks'), 2);
	await program.tell('spin 200');
	container.stdin?.end();
	const { usage } = await container.wait();
	t.equal(sum(increases(await events, 'pids.events max')), 3);
	const seen = await samples;
	t.ok(seen.length > 3);
	t.ok((seen.at(-1)?.cpu.total ?? 0) > 200);
	t.ok((seen.at(-1)?.cpu.total ?? 0) <= (usage.cpu.total ?? 0));
	for (const sample of seen) t.equal(typeof sample.memory.current, 'number', 'none of a container that is gone');
	t.throws(() => attach(name), { code: 'not-running' });
	await t.rejects(found.stats(), { code: 'not-running' });
});
