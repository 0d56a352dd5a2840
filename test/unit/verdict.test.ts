/** Every way to end or to be slowed down, told apart by its evidence. */
import t from 'tap';
import type { OtherLimit } from '../../controller/model/applied-limit.js';
import type { InForce } from '../../controller/report/cause.js';
import type { Usage } from '../../controller/report/usage.js';
import { verdictOf } from '../../controller/report/verdict.js';
import { bytes, count, duration } from '../../controller/report/words.js';

const memoryNone = { limitHits: 0, highHits: 0, swapHits: 0, oom: 0, oomKills: 0 };

const usage = ({ tasks = {}, memory = {}, cpu = {} }: { tasks?: object; memory?: object; cpu?: object } = {}) =>
	({
		tasks: { peak: 1, refused: 0, ...tasks },
		memory: { ...{ peak: 4096, swapPeak: null, groupKills: 0 }, ...memoryNone, ...memory },
		cpu: { total: 1, user: 1, system: 0, periods: 0, throttledPeriods: 0, throttled: 0, ...cpu },
		rusage: { utime: 1, stime: 1 },
	}) as Usage;

const limit = (name: string, value: string) => ({ limit: name, asked: value, value, rounded: false });
const above = (name: OtherLimit['limit'], value: string, hits: number | null): OtherLimit => ({
	limit: name,
	path: '/cg/above',
	value,
	hits,
	counter: 'counter',
});

const none: InForce = { limits: [], ancestors: [], below: [], rlimits: [], seccomp: false, timeout: undefined };
const exited = (exitCode: number) => ({ exitCode, signal: null, timedOut: false, killed: false });
const ended = (signal: string, more: object = {}) => ({
	exitCode: null,
	signal,
	timedOut: false,
	killed: false,
	...more,
});

/** With what the process had at its end. */
const died = (signal: string, cpuTime: number, ...limits: [type: string, soft: number, hard: number][]) =>
	ended(signal, { process: { cpuTime, rlimits: limits.map(([type, soft, hard]) => ({ type, soft, hard })) } });

const max64K = { limits: [limit('memory.max', '65536')] };
const pages = (hits: number) => ({
	counted: [{ limit: 'hugetlb.2MB.max', value: '2097152', hits, counter: 'hugetlb.2MB.events max' }],
});
const rlimit = (type: string, soft: number, hard = soft) => ({ rlimits: [{ type, soft, hard }] });

type Way = [
	name: string,
	how: ReturnType<typeof exited> | ReturnType<typeof ended>,
	inForce: Partial<InForce>,
	used: Parameters<typeof usage>[0],
	outcome: string,
	causes: string[],
];

/** A cause is written `limit level hits`, with a `!` where it was fatal. */
const ways: Way[] = [
	['it passed', exited(0), {}, {}, 'passed', []],
	['it failed by itself', exited(1), max64K, {}, 'failed', []],
	[
		'its own memory limit',
		ended('SIGKILL'),
		max64K,
		{ memory: { limitHits: 3, oom: 1, oomKills: 1 } },
		'signaled',
		['memory.max self 3!'],
	],
	[
		'its own memory limit, v1',
		ended('SIGKILL'),
		max64K,
		{ memory: { limitHits: 3, oom: null, oomKills: 1 } },
		'signaled',
		['memory.max self 3!'],
	],
	[
		'its own memory limit, v1 without swap',
		ended('SIGKILL'),
		max64K,
		{ memory: { limitHits: 0, oom: null, oomKills: 1, peak: 65_536 } },
		'signaled',
		['memory.max self 1!'],
	],
	[
		'a child only',
		exited(0),
		max64K,
		{ memory: { limitHits: 3, oom: 1, oomKills: 1 } },
		'passed',
		['memory.max self 3'],
	],
	['reclaimed in time', exited(0), max64K, { memory: { limitHits: 3 } }, 'passed', ['memory.max self 3']],
	[
		'the limit above',
		ended('SIGKILL'),
		{ ancestors: [above('memory.max', '4096', 2)] },
		{ memory: { oomKills: 1 } },
		'signaled',
		['memory.max ancestor 2!'],
	],
	[
		'the limit above, not its own',
		ended('SIGKILL'),
		{ ...max64K, ancestors: [above('memory.max', '4096', 2)] },
		{ memory: { oomKills: 1 } },
		'signaled',
		['memory.max ancestor 2!'],
	],
	[
		'the limit above, of a child',
		exited(0),
		{ ancestors: [above('memory.max', '4096', 2)] },
		{ memory: { oomKills: 1 } },
		'passed',
		['memory.max ancestor 2'],
	],
	['hits above that killed nobody here', exited(0), { ancestors: [above('memory.max', '4096', 2)] }, {}, 'passed', []],
	['the host', ended('SIGKILL'), max64K, { memory: { oomKills: 1 } }, 'signaled', ['memory host 1!']],
	[
		'memory.high',
		exited(0),
		{ limits: [limit('memory.high', '65536')] },
		{ memory: { highHits: 9 } },
		'passed',
		['memory.high self 9'],
	],
	[
		'memory.high above',
		exited(0),
		{ ancestors: [above('memory.high', '65536', 9)] },
		{},
		'passed',
		['memory.high ancestor 9'],
	],
	[
		'the swap limit',
		exited(0),
		{ limits: [limit('memory.swap.max', '65536')] },
		{ memory: { swapHits: 2 } },
		'passed',
		['memory.swap.max self 2'],
	],
	[
		'no swap is no limit that is hit',
		exited(0),
		{ limits: [limit('memory.swap.max', '0')] },
		{ memory: { swapHits: 2 } },
		'passed',
		[],
	],
	['SIGKILL from outside', ended('SIGKILL'), max64K, {}, 'signaled', []],
	['SIGKILL by the caller', ended('SIGKILL', { killed: true }), max64K, {}, 'signaled', []],
	['the time-out', ended('SIGKILL', { timedOut: true }), { timeout: 1500 }, {}, 'timed-out', ['timeout self 1!']],
	[
		'the time-out, after a kill inside',
		ended('SIGKILL', { timedOut: true }),
		{ ...max64K, timeout: 1500 },
		{ memory: { oom: 1, oomKills: 1 } },
		'timed-out',
		['timeout self 1!', 'memory.max self 1'],
	],
	[
		'a fork refused and handled',
		exited(0),
		{ limits: [limit('pids.max', '2')] },
		{ tasks: { peak: 2, refused: 1 } },
		'passed',
		['pids.max self 1'],
	],
	[
		'a fork refused, and it failed',
		exited(2),
		{ limits: [limit('pids.max', '2')] },
		{ tasks: { peak: 2, refused: 1 } },
		'failed',
		['pids.max self 1'],
	],
	[
		'a fork refused above',
		exited(2),
		{ ancestors: [above('pids.max', '7', 1)] },
		{},
		'failed',
		['pids.max ancestor 1'],
	],
	[
		'a fork refused above, counted here',
		exited(2),
		{ limits: [limit('pids.max', '9')], ancestors: [above('pids.max', '7', null)] },
		{ tasks: { peak: 3, refused: 2 } },
		'failed',
		['pids.max ancestor 2'],
	],
	[
		'refused here and not above',
		exited(2),
		{ limits: [limit('pids.max', '2')], ancestors: [above('pids.max', '7', null)] },
		{ tasks: { peak: 2, refused: 2 } },
		'failed',
		['pids.max self 2'],
	],
	[
		'throttled and passed',
		exited(0),
		{ limits: [limit('cpu.max', '1000 100000')] },
		{ cpu: { periods: 5, throttledPeriods: 4, throttled: 300 } },
		'passed',
		['cpu.max self 4'],
	],
	[
		'throttled above',
		exited(0),
		{ ancestors: [above('cpu.max', '1000 100000', 3)] },
		{},
		'passed',
		['cpu.max ancestor 3'],
	],
	[
		'the soft limit of cpu time',
		died('SIGXCPU', 1e6, ['RLIMIT_CPU', 2, 2]), // raised by the kernel
		rlimit('RLIMIT_CPU', 1, 2),
		{},
		'signaled',
		['RLIMIT_CPU self 1!'],
	],
	['SIGXCPU from outside', died('SIGXCPU', 5e5, ['RLIMIT_CPU', 1, 2]), rlimit('RLIMIT_CPU', 1, 2), {}, 'signaled', []],
	[
		'SIGXCPU from outside, within the last second',
		died('SIGXCPU', 45e5, ['RLIMIT_CPU', 5, 9]),
		rlimit('RLIMIT_CPU', 5, 9),
		{},
		'signaled',
		[],
	],
	['a soft limit of its own', died('SIGXCPU', 2e6, ['RLIMIT_CPU', 3, -1]), {}, {}, 'signaled', ['RLIMIT_CPU self 1!']],
	[
		'the hard limit of cpu time',
		died('SIGKILL', 1e6, ['RLIMIT_CPU', 1, 1]),
		rlimit('RLIMIT_CPU', 1),
		{},
		'signaled',
		['RLIMIT_CPU self 1!'],
	],
	['a hard limit of its own', died('SIGKILL', 1e6, ['RLIMIT_CPU', 1, 1]), {}, {}, 'signaled', ['RLIMIT_CPU self 1!']],
	[
		'SIGKILL before the hard limit',
		died('SIGKILL', 999_999, ['RLIMIT_CPU', 1, 1]),
		rlimit('RLIMIT_CPU', 1),
		{ cpu: { total: 2000 } },
		'signaled',
		[],
	],
	['SIGXCPU without a limit', died('SIGXCPU', 9e6, ['RLIMIT_CPU', -1, -1]), {}, {}, 'signaled', []],
	['SIGXCPU, and nothing is known of it', ended('SIGXCPU'), rlimit('RLIMIT_CPU', 1, 2), {}, 'signaled', []],
	[
		'the limit of real-time scheduling',
		died('SIGXCPU', 1e6, ['RLIMIT_RTTIME', 1_050_000, -1]),
		{},
		{},
		'signaled',
		['RLIMIT_RTTIME self 1!'],
	],
	[
		'the size of a file',
		died('SIGXFSZ', 0, ['RLIMIT_FSIZE', 1024, -1]),
		rlimit('RLIMIT_FSIZE', 1024),
		{},
		'signaled',
		['RLIMIT_FSIZE self 1!'],
	],
	['SIGXFSZ without a limit', died('SIGXFSZ', 0, ['RLIMIT_FSIZE', -1, -1]), {}, {}, 'signaled', []],
	['seccomp', ended('SIGSYS'), { seccomp: true }, {}, 'signaled', ['seccomp self 1!']],
	['SIGSYS without a profile', ended('SIGSYS'), {}, {}, 'signaled', []],
	['a crash', ended('SIGSEGV'), max64K, {}, 'signaled', []],
	['huge pages', ended('SIGBUS'), pages(1), {}, 'signaled', ['hugetlb.2MB.max self 1!']],
	[
		'huge pages, of one of several',
		ended('SIGBUS'),
		pages(2),
		{ tasks: { peak: 2 } },
		'signaled',
		['hugetlb.2MB.max self 2?'],
	],
	['huge pages, and it went on', exited(0), pages(1), {}, 'passed', ['hugetlb.2MB.max self 1']],
	['SIGBUS of its own', ended('SIGBUS'), pages(0), {}, 'signaled', []],
	[
		'misc',
		exited(1),
		{ counted: [{ limit: 'misc.max', value: 'sev 1', hits: 3, counter: 'c' }] },
		{},
		'failed',
		['misc.max self 3'],
	],
];

t.test('each way has its verdict', async (t) => {
	for (const [name, how, inForce, used, outcome, causes] of ways) {
		const verdict = verdictOf(how, { ...none, ...inForce }, usage(used));
		t.equal(verdict.outcome, outcome, name);
		t.strictSame(
			verdict.causes.map(
				({ limit, level, hits, fatal }) => `${limit} ${level} ${hits}${fatal ? '!' : fatal === null ? '?' : ''}`,
			),
			causes,
			name,
		);
		for (const { sentence, evidence } of verdict.causes) {
			t.match(sentence, /^[A-Zm].*\.$/, name);
			t.ok(evidence.length > 0, name);
		}
	}
});

t.test('the sentence says whose doing the end was', async (t) => {
	const sentence = (how: ReturnType<typeof ended>, inForce: Partial<InForce> = {}, used = {}) =>
		verdictOf(how, { ...none, ...inForce }, usage(used)).sentence;
	t.match(
		sentence(ended('SIGKILL')),
		/^SIGKILL ended it\. No limit of its own explains that, so somebody has sent it\.$/,
	);
	t.match(sentence(ended('SIGKILL', { killed: true })), /sent by whoever ran it/);
	t.match(sentence(ended('SIGKILL'), max64K, { memory: { oom: 1, oomKills: 1 } }), /for a limit/);
	t.match(sentence(ended('SIGSEGV')), /its own doing/);
});

t.test('a limit of max is none, and a kernel that does not count says nothing', async (t) => {
	const all = { tasks: { refused: 2 }, memory: { limitHits: 3 }, cpu: { throttledPeriods: 4, periods: 5 } };
	const unlimited = [limit('pids.max', 'max'), limit('memory.max', 'max'), limit('cpu.max', 'max 100000')];
	t.strictSame(verdictOf(exited(1), { ...none, limits: unlimited }, usage(all)).causes, []);
	const nothing = { tasks: { refused: null }, memory: { limitHits: null, oomKills: null, oom: null } };
	const limits = [limit('pids.max', '1'), limit('memory.max', '1')];
	t.strictSame(verdictOf(exited(0), { ...none, limits }, usage(nothing)).causes, []);
});

t.test('words', async (t) => {
	t.strictSame([0, 1023, 1024, 1536, 65_536, 10 * 2 ** 20, 2 ** 41].map(bytes), [
		'0 bytes',
		'1023 bytes',
		'1 KiB',
		'1.5 KiB',
		'64 KiB',
		'10 MiB',
		'2 TiB',
	]);
	t.strictSame([0, 0.25, 1.239, 999, 1500, 65_000].map(duration), [
		'0 µs',
		'250 µs',
		'1.24 ms',
		'999 ms',
		'1.5 s',
		'65 s',
	]);
	t.strictSame(
		[count(1, 'task'), count(2, 'task'), count(2, 'process', 'processes')],
		['1 task', '2 tasks', '2 processes'],
	);
});
