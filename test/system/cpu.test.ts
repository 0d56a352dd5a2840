/** cpu.max throttles the program, and not its start. */
// alone: a quota and a weight show only where there is more of a processor to have
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Container, type Limits, type RunResult, run } from '../../controller/index.js';
import { measured } from '../support/measured.js';
import { probe, smallest } from '../support/paths.js';
import { processors } from '../support/places.js';

t.test('a busy loop is throttled, and the report says how often and for how long', async (t) => {
	const { exitCode, usage, verdict, limits, wallTime } = await run([probe, 'spin', '400'], { limits: { cpu: 0.25 } });
	t.equal(exitCode, 0);
	t.strictSame(limits, [{ limit: 'cpu.max', asked: '25000 100000', value: '25000 100000', rounded: false }]);
	t.match(verdict, { outcome: 'passed', causes: [{ limit: 'cpu.max', value: '25000 100000', fatal: false }] });
	const { total, periods, throttledPeriods, throttled } = usage.cpu;
	// the clock that the probe reads began in the init, whose time is not in the account
	t.ok(total !== null && total > 350, `${total} ms of cpu time`);
	t.ok(periods && throttledPeriods && throttledPeriods <= periods, `${throttledPeriods} of ${periods} periods`);
	t.ok(throttled, `${throttled} ms of waiting`);
	t.ok(wallTime > 1000, `400 ms at a quarter of a processor took ${wallTime} ms`);
});

/**
 * Of whole periods, as the kernel has counted them: it never uses more than its quota in those it ran in, and never less
 * in those it was throttled in. So whatever else the machine does, both must hold.
 */
t.test('what it uses is what was asked for, within 5 %, in 5 seconds of work', async (t) => {
	const measure = async ([cpu, tasks]: [number, number]) => {
		const work = `${probe} spin ${(cpu * 5000) / tasks}`;
		const { usage } = await run(['/bin/sh', '-c', `${`${work} & `.repeat(tasks)} wait`], { limits: { cpu } });
		const { total, periods, throttledPeriods } = usage.cpu;
		if (total === null || periods === null || throttledPeriods === null) throw new Error('it is not counted');
		const quota = cpu * 100;
		const what = `${cpu}: ${total} ms in ${periods} periods, throttled in ${throttledPeriods}`;
		t.ok(total >= cpu * 5000, what);
		t.ok(total <= periods * quota * 1.05, `${what}: not more`);
		t.ok(total >= throttledPeriods * quota * 0.95, `${what}: not less`);
		t.ok(throttledPeriods > 0, what);
	};
	// side by side: together they want one processor
	await Promise.all(
		(
			[
				[0.1, 1],
				[0.5, 1],
				[0.4, 2],
			] as [number, number][]
		).map(measure),
	);
});

/** Two that want the same processor all the time: how much more of it the first has got. */
async function ratio(first: Limits, second: Limits): Promise<number> {
	const [cpus = 0] = processors;
	const program = [probe, 'spin', '600000'];
	await using one = await Container.launch(program, { limits: { cpus: [cpus], ...first } });
	await using other = await Container.launch(program, { limits: { cpus: [cpus], ...second } });
	const used = async (container: Container) => (await container.stats()).cpu.total ?? 0;
	const before = [await used(one), await used(other)];
	let now = before;
	const since = (i: number) => (now[i] ?? 0) - (before[i] ?? 0);
	do {
		await sleep(100);
		now = [await used(one), await used(other)];
	} while (since(0) + since(1) < 2000);
	return since(0) / since(1);
}

t.test('the weight is the share of a processor that two want', async (t) => {
	for (const [what, first, second, least, most] of [
		['the same', { cpuWeight: 100 }, { cpuWeight: 100 }, 0.8, 1.25],
		['four times as much', { cpuWeight: 400 }, { cpuWeight: 100 }, 3.2, 5],
		['one that is idle leaves it to the other', {}, { cpuIdle: true }, 20, Number.POSITIVE_INFINITY],
	] as const) {
		const isExpected = (value: number) => value > least && value <= most;
		const value = await measured(() => ratio(first, second), isExpected);
		t.ok(isExpected(value), `${what}: ${value}`);
	}
});

t.test('without contention nothing is throttled', async (t) => {
	for (const cpu of [8, 'max']) {
		const { verdict, usage } = await run([probe, 'spin', '20'], { limits: { cpu } });
		t.strictSame(verdict.causes, [], `cpu ${cpu}`);
		t.notOk(usage.cpu.throttledPeriods);
	}
});

t.test('the pair of the kernel is taken as it is', async (t) => {
	const { limits } = await run([smallest], { limits: { cpu: '20000 50000' } });
	t.match(limits, [{ limit: 'cpu.max', value: '20000 50000', rounded: false }]);
});

t.test('the smallest share is one thousandth', async (t) => {
	// where the machine itself stood still for a second, that second is charged too, and a thousand of them are waited for:
	// then what is killed ends all the same, and a launch that did not get as far is tried again
	const launch = async (tries: number): Promise<RunResult> =>
		run([smallest], { limits: { cpu: 0.001 }, timeout: 20_000, setupTimeout: 20_000 }).catch((error) => {
			if (error.code !== 'setup-timed-out' || tries === 1) throw error;
			return launch(tries - 1);
		});
	const { limits } = await launch(5);
	t.match(limits, [{ limit: 'cpu.max', value: '1000 1000000' }]);
});

t.test('the account is of the program alone', async (t) => {
	const { usage } = await run([probe, 'spin', '100']);
	const { total, user, system } = usage.cpu;
	t.ok(total !== null && total > 70 && total < 200, `${total} ms`);
	t.ok(user !== null && system !== null && Math.abs(user + system - (total ?? 0)) < 1, 'user and system add up');
	const { utime, stime } = usage.rusage;
	t.ok((utime ?? 0) + (stime ?? 0) >= 70, `rusage says ${utime} ms`);
});
