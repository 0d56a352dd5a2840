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

t.test(
	'more resident in one process than memory.max allows has a line that says why, and nothing else has',
	async (t) => {
		const used = (maxrss: number | null, changedAt: number[] = []) => {
			const one = result(changedAt);
			return reportText({ ...one, usage: { ...one.usage, rusage: { ...one.usage.rusage, maxrss } } });
		};
		t.match(
			used(41 * MiB),
			/\n {4}resident +up to 41 MiB in one process, above memory\.max: this counts pages of files, /,
		);
		for (const maxrss of [null, 0, 40 * MiB]) t.notMatch(used(maxrss), 'resident', String(maxrss));
		t.notMatch(used(41 * MiB, [9]), 'resident', 'of a limit that was changed nobody knows which it was more than');
	},
);

t.test('colours: the outcome stands out, a fatal cause is red, any other yellow, the account pale', async (t) => {
	const one = result([]);
	const cause = (fatal: boolean | null) => ({
		...{ limit: 'memory.max', level: 'self' as const, value: '1', hits: 1, evidence: '', fatal, sentence: `${fatal}.` },
	});
	const verdict = { ...one.verdict, causes: [cause(true), cause(null), cause(false)] };
	const told = reportText({ ...one, verdict, notes: ['odd \x1b[2J'] }, true).split('\n');
	t.equal(told[0], '\x1b[1mprocready: x exited with status 0 after 10 ms\x1b[0m');
	t.equal(told[1], '\x1b[31m  memory.max: true.\x1b[0m');
	t.equal(told[2], '\x1b[31m  memory.max: null.\x1b[0m');
	t.equal(told[3], '\x1b[33m  memory.max: false.\x1b[0m');
	t.equal(told[4], '\x1b[2m    memory   peak 30 MiB of 40 MiB\x1b[0m');
	t.ok(told.includes('\x1b[33m    note     odd \\x1b[2J\x1b[0m'), 'what is not its own stays visible');
	t.notMatch(reportText({ ...one, verdict }), '\x1b');
});

t.test('where no limit is known to have been hit it is said so, and not where one was', async (t) => {
	const one = result([]);
	t.match(reportText(one), /^procready: .*\n {2}No limit was seen to be hit\.\n {4}memory /);
	const cause = {
		limit: 'pids.max',
		level: 'self' as const,
		value: '1',
		hits: 1,
		evidence: '',
		fatal: false,
		sentence: 'Hit.',
	};
	t.notMatch(reportText({ ...one, verdict: { ...one.verdict, causes: [cause] } }), 'No limit');
	t.notMatch(reportText({ ...one, exitCode: null, signal: 'SIGKILL' }), 'No limit', 'a riddle has its own sentence');
});
