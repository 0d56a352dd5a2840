import t from 'tap';
import type { Usage } from '../../controller/report/result.js';
import { verdictOf } from '../../controller/report/verdict.js';
import { bytes, count, duration } from '../../controller/report/words.js';

const usage = (tasks: object, memory: object, cpu: object) =>
	({
		tasks: { peak: 1, refused: 0, ...tasks },
		memory: { peak: 4096, limitHits: 0, oom: 0, oomKills: 0, ...memory },
		cpu: { total: 1, user: 1, system: 0, periods: 0, throttledPeriods: 0, throttled: 0, ...cpu },
	}) as Usage;

const limit = (name: string, value: string) => ({ limit: name, asked: value, value, rounded: false });
const passed = { exitCode: 0, signal: null, timedOut: false };
const killed = { exitCode: null, signal: 'SIGKILL', timedOut: false };

t.test('causes need a limit of that name and a count', async (t) => {
	const all = usage({ refused: 2 }, { limitHits: 3, oomKills: 1 }, { throttledPeriods: 4, periods: 5 });
	t.strictSame(verdictOf(killed, [], all, undefined), { outcome: 'signaled', causes: [] });
	const unlimited = [limit('pids.max', 'max'), limit('memory.max', 'max'), limit('cpu.max', 'max 100000')];
	t.strictSame(verdictOf(killed, unlimited, all, undefined).causes, []);
	const limited = [limit('pids.max', '2'), limit('memory.max', '65536'), limit('cpu.max', '1000 100000')];
	t.strictSame(
		verdictOf(killed, limited, all, undefined).causes.map(({ limit, hits, fatal }) => [limit, hits, fatal]),
		[
			['memory.max', 3, true],
			['pids.max', 2, false],
			['cpu.max', 4, false],
		],
	);
	t.strictSame(verdictOf(passed, limited, usage({}, {}, {}), undefined), { outcome: 'passed', causes: [] });
});

t.test('a time-out is the cause of its own SIGKILL', async (t) => {
	const { outcome, causes } = verdictOf(
		{ ...killed, timedOut: true },
		[limit('memory.max', '65536')],
		usage({}, { oomKills: 1 }, {}),
		1500,
	);
	t.equal(outcome, 'timed-out');
	t.match(causes, [
		{ limit: 'timeout', fatal: true, sentence: /time-out of 1\.5 s/ },
		{ limit: 'memory.max', fatal: false },
	]);
});

t.test('kernels that do not count', async (t) => {
	const nothing = usage({ refused: null }, { limitHits: null, oomKills: null }, { throttledPeriods: null });
	t.strictSame(verdictOf(passed, [limit('pids.max', '1'), limit('memory.max', '1')], nothing, undefined).causes, []);
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
