/** What came after the end was not done, changed nothing, and is no limit that the peak before can be held against. */
import t from 'tap';
import { fileReader, readCounters } from '../../controller/cgroup/counters.js';
import type { Plan } from '../../controller/model/plan.js';
import { resultOf } from '../../controller/report/result.js';
import { reportText } from '../../controller/report/text.js';

const MiB = 2 ** 20;
const none = readCounters(fileReader([]));
const limit = (value: number) => ({ limit: 'memory.max', asked: String(value), value: String(value), rounded: false });
const rusage = { utime: 0, stime: 0, maxrss: 0, minflt: 0, majflt: 0, inblock: 0, oublock: 0, nvcsw: 0, nivcsw: 0 };

/** Ended 10 ms after the start. */
const result = (changedAt: number[]) =>
	resultOf({
		plan: { id: 'x', init: { args: ['x'] } } as unknown as Plan,
		exited: { type: 'procExited', time: 11_000, code: 0, rusage },
		counters: { ...none, memory: { ...none.memory, peak: 30 * MiB } },
		...{
			ancestors: [],
			below: [],
			counted: [],
			victims: [],
			startedAt: 1000,
			timedOut: false,
			killed: false,
			removed: [],
		},
		limits: [limit(40 * MiB)],
		changes: changedAt.map((wallTime) => ({ wallTime, limits: [limit(20 * MiB)], counters: none })),
		schedule: changedAt.map((time) => ({ time, when: 'at 9 ms', did: 'memory.max=20971520' })),
		unread: [],
	});

t.test('a change in time', async (t) => {
	const { limits, changes, schedule } = result([10]);
	t.match(limits, [{ value: String(20 * MiB) }]);
	t.equal(changes.length, 1);
	t.strictSame(schedule, [{ time: 10, when: 'at 9 ms', did: 'memory.max=20971520' }]);
	t.match(reportText(result([10])), /memory +peak 30 MiB\n/, 'which may be from before the change');
	t.match(reportText(result([10])), /changed +after 10 ms: memory\.max 20 MiB\n/);
});

t.test('a change after the end', async (t) => {
	const { limits, changes, schedule } = result([10.001]);
	t.match(limits, [{ value: String(40 * MiB) }]);
	t.strictSame(changes, []);
	t.match(schedule, [{ time: null, did: 'memory.max=20971520', error: 'the program had ended' }]);
	t.match(reportText(result([10.001])), /memory +peak 30 MiB of 40 MiB\n/);
});
