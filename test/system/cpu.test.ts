/** cpu.max throttles the program, and not its start. */
import t from 'tap';
import { run } from '../../controller/index.js';
import { probe, smallest } from '../support/paths.js';

t.test('a busy loop is throttled, and the report says how often and for how long', async (t) => {
	const { exitCode, usage, verdict, limits, wallTime } = await run([probe, 'spin', '400'], { limits: { cpu: 0.25 } });
	t.equal(exitCode, 0);
	t.strictSame(limits, [{ limit: 'cpu.max', asked: '25000 100000', value: '25000 100000', rounded: false }]);
	t.match(verdict, { outcome: 'passed', causes: [{ limit: 'cpu.max', value: '25000 100000', fatal: false }] });
	const { total, periods, throttledPeriods, throttled } = usage.cpu;
	// the clock that the probe reads began in the init, whose time is not in the account
	t.ok(total !== null && total > 350, `${total} ms of cpu time`);
	t.ok(periods && throttledPeriods && throttledPeriods <= periods, `${throttledPeriods} of ${periods} periods`);
	t.ok(throttled !== null && throttled > 400, `${throttled} ms of waiting`);
	t.ok(wallTime > 1000, `400 ms at a quarter of a processor took ${wallTime} ms`);
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
	const { limits } = await run([smallest], { limits: { cpu: 0.001 } });
	t.match(limits, [{ limit: 'cpu.max', value: '1000 1000000' }]);
});

t.test('the account is of the program alone', async (t) => {
	const { usage } = await run([probe, 'spin', '100']);
	const { total, user, system } = usage.cpu;
	t.ok(total !== null && total > 70 && total < 200, `${total} ms`);
	t.ok(user !== null && system !== null && Math.abs(user + system - (total ?? 0)) < 1, 'user and system add up');
	t.ok(usage.rusage.utime + usage.rusage.stime >= 70, `rusage says ${usage.rusage.utime} ms`);
});
