/** Limits that were changed while a program ran: which are in force, and which were hit when. */
import t from 'tap';
import { fileReader, readCounters } from '../../controller/cgroup/counters.js';
import { eventTeller } from '../../controller/cgroup/events.js';
import { ownChanges } from '../../controller/container/changes.js';
import { type Change, inForce } from '../../controller/model/change.js';
import type { Counters } from '../../controller/model/counters.js';
import { formerLimits } from '../../controller/report/former.js';
import { statsOf } from '../../controller/report/stats.js';
import { statsLine, statsTable } from '../../controller/report/stats-text.js';
import { usageOf } from '../../controller/report/usage.js';
import { verdictOf } from '../../controller/report/verdict.js';

const limit = (name: string, value: string) => ({ limit: name, asked: value, value, rounded: false });

const none = readCounters(fileReader([])); // all null

/** Counters that are zero but for these. */
function counted({ tasks = {}, memory = {}, cpu = {} }: { tasks?: object; memory?: object; cpu?: object }): Counters {
	const zero = <T extends object>(all: T): T =>
		Object.fromEntries(Object.keys(all).map((name) => [name, 0])) as unknown as T;
	return {
		...none,
		tasks: { ...zero(none.tasks), peak: null, ...tasks },
		memory: { ...zero(none.memory), peak: null, ...memory },
		cpu: { ...zero(none.cpu), ...cpu },
	};
}

const change = (wallTime: number, counters: Counters, ...limits: ReturnType<typeof limit>[]): Change => ({
	wallTime,
	counters,
	limits,
});

const rusage = { utime: 0, stime: 0, maxrss: 0, minflt: 0, majflt: 0, inblock: 0, oublock: 0, nvcsw: 0, nivcsw: 0 };

/** A cause is written `limit value hits`, with what it was until. */
function causes(launched: ReturnType<typeof limit>[], changes: Change[], end: Counters, signal: string | null = null) {
	const { causes } = verdictOf(
		{ exitCode: signal ? null : 0, signal, timedOut: false, killed: false },
		{ limits: inForce(launched, changes), ancestors: [], below: [], rlimits: [], seccomp: false, timeout: undefined },
		usageOf(end, rusage),
		formerLimits(launched, changes),
	);
	return causes.map(
		({ limit, value, hits, until, fatal }) =>
			`${limit} ${value} ${hits}${until === undefined ? '' : ` until ${until}`}${fatal ? '!' : ''}`,
	);
}

t.test('the last change of each limit is in force', async (t) => {
	const at = change(1, none, limit('pids.max', '2'), limit('cpu.max', 'max 100000'));
	t.strictSame(
		inForce([limit('pids.max', '1'), limit('memory.max', '3')], [at, change(2, none, limit('pids.max', '9'))]),
		[limit('pids.max', '9'), limit('memory.max', '3'), limit('cpu.max', 'max 100000')],
	);
});

t.test('each hit is that of the limit that was in force', async (t) => {
	const pids = (refused: number) => counted({ tasks: { refused } });
	const launched = [limit('pids.max', '2')];
	t.strictSame(causes(launched, [], pids(3)), ['pids.max 2 3']);
	t.strictSame(causes(launched, [change(5, pids(3), limit('pids.max', '8'))], pids(3)), ['pids.max 2 3 until 5']);
	t.strictSame(causes(launched, [change(5, pids(0), limit('pids.max', '8'))], pids(3)), ['pids.max 8 3']);
	t.strictSame(
		causes(launched, [change(5, pids(1), limit('pids.max', '8')), change(9, pids(3), limit('pids.max', '4'))], pids(7)),
		['pids.max 2 1 until 5', 'pids.max 8 2 until 9', 'pids.max 4 4'],
	);
	t.strictSame(
		causes(
			launched,
			[change(5, pids(1), limit('pids.max', '2')), change(9, pids(3), limit('memory.max', '4'))],
			pids(7),
		),
		['pids.max 2 7'],
		'one that was not changed is one',
	);
	t.strictSame(
		causes([], [change(5, pids(0), limit('pids.max', '8')), change(9, pids(3), limit('pids.max', 'max'))], pids(3)),
		['pids.max 8 3 until 9'],
		'none at first and none at last',
	);
});

t.test('memory and cpu likewise, and only what is in force at the end is fatal', async (t) => {
	const oom = (oomKills: number) => counted({ tasks: { peak: 1 }, memory: { max: oomKills, oom: oomKills, oomKills } });
	const launched = [limit('memory.max', '4096')];
	const changes = [change(5, oom(1), limit('memory.max', '8192'))];
	t.strictSame(causes(launched, changes, oom(1), 'SIGKILL'), ['memory.max 4096 1 until 5']);
	t.strictSame(causes(launched, changes, oom(3), 'SIGKILL'), ['memory.max 4096 1 until 5', 'memory.max 8192 2!']);

	const cpu = (throttledPeriods: number) => counted({ cpu: { periods: 10, throttledPeriods, throttled: 1000 } });
	t.strictSame(
		causes([limit('cpu.max', '1000 100000')], [change(5, cpu(4), limit('cpu.max', '2000 100000'))], cpu(5)),
		['cpu.max 1000 100000 4 until 5', 'cpu.max 2000 100000 1'],
	);
	const high = (high: number) => counted({ memory: { high } });
	t.strictSame(causes([limit('memory.high', '4096')], [change(5, high(2), limit('memory.high', 'max'))], high(2)), [
		'memory.high 4096 2 until 5',
	]);
});

t.test('changes are made one after the other, also after one that failed', async (t) => {
	const { all, alone, add } = ownChanges();
	const order: string[] = [];
	const step = (name: string) =>
		alone(async () => {
			order.push(`${name} begins`);
			await new Promise((resolve) => setImmediate(resolve));
			order.push(`${name} ends`);
			if (name === 'b') throw new Error(name);
			add(change(1, none));
			return name;
		});
	const outcomes = await Promise.allSettled(['a', 'b', 'c'].map(step));
	t.strictSame(
		order,
		['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]),
	);
	t.strictSame(
		outcomes.map(({ status }) => status),
		['fulfilled', 'rejected', 'fulfilled'],
	);
	t.equal(all().length, 2);
});

t.test('events: what has grown since the one before', async (t) => {
	for (const [version, kills] of [
		[1, 'memory.oom_control oom_kill'],
		[2, 'memory.events oom_kill'],
	] as const) {
		const tell = eventTeller([{ version, controllers: ['memory', 'pids'], path: '/none' }]);
		const told = (counters: Counters) =>
			tell(counters).map(({ limit, counter, increase, total }) => `${limit} ${counter} +${increase} = ${total}`);
		t.strictSame(told(counted({})), []);
		t.strictSame(told(counted({ tasks: { refused: 2 } })), ['pids.max pids.events max +2 = 2']);
		const elsewhere = counted({ tasks: { refused: 5 }, memory: { oomKills: version === 1 ? 0 : 1 } });
		t.strictSame(told(elsewhere), ['pids.max pids.events max +3 = 5'], 'a kill for the limit of another cgroup');
		const killed = counted({ tasks: { refused: 5 }, memory: { oom: version === 1 ? null : 1, oomKills: 1 } });
		t.strictSame(told(killed), [
			...(version === 1 ? [] : ['memory.max memory.events oom +1 = 1']),
			`memory.max ${kills} +1 = 1`,
		]);
		t.strictSame(told(killed), []);
		t.strictSame(told(none), [], 'the cgroup is gone');
	}
});

t.test('stats for people', async (t) => {
	const at = (wallTime: number, total: number, more: object = {}) =>
		statsOf(
			{
				...counted({ tasks: { current: 3, peak: 4, refused: 1 }, cpu: { total } }),
				...more,
			},
			{ wallTime, paused: wallTime > 2000, limits: [limit('pids.max', '4'), limit('memory.max', 'max')] },
		);
	t.equal(
		statsLine(at(1000, 500_000), undefined),
		'     1 s   tasks 3/4   memory 0 bytes   cpu 50 %   1 fork refused\n',
	);
	t.match(statsLine(at(2500, 800_000), at(1000, 500_000)), /cpu 20 % {3}1 fork refused {3}paused\n$/);
	t.match(statsLine(at(1000, 0, none), undefined), /tasks - {3}memory - {3}cpu -\n$/);
	t.equal(
		statsTable('web  pid 5', at(2500, 800_000), at(1000, 500_000)),
		'web  pid 5  paused, 2.5 s\n' +
			'  tasks    3 of 4, peak 4, 1 fork refused\n' +
			'  memory   0 bytes\n' +
			'  cpu      20 %, 800 ms in all\n',
	);
});
