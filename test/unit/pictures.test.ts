/** The page of a run: what is recorded, where the curves go, and that nothing in it is taken for markup. */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { account, valueAt } from '../../controller/harness/pictures/account.js';
import { usedOver } from '../../controller/harness/pictures/cpu.js';
import { curvesOf, pausesOf } from '../../controller/harness/pictures/curves.js';
import { gathered } from '../../controller/harness/pictures/hits.js';
import { html } from '../../controller/harness/pictures/html.js';
import { type Point, record, renderFailure, renderPage } from '../../controller/harness/pictures/index.js';
import { ticks } from '../../controller/harness/pictures/scale.js';
import { hitText } from '../../controller/harness/pictures/words.js';
import type { LimitEvent, Stats } from '../../controller/index.js';
import { shellLine } from '../../controller/model/shell.js';
import { limitText } from '../../controller/report/words.js';
import { limit, resultOf, sampleOf, usage } from '../support/runs.js';

const MiB = 2 ** 20;

const point = (wallTime: number, members: Partial<Point> = {}): Point => ({
	wallTime,
	memory: { current: 0, highest: 0 },
	tasks: { current: 1, highest: 1 },
	cpu: { total: 0, throttledPeriods: 0 },
	paused: false,
	...members,
});

/** Gives these, whatever the interval; the next call goes on where the one before it was left. */
function watched(samples: Stats[], events: LimitEvent[] = []) {
	const intervals: unknown[] = [];
	const rest = [...samples];
	return {
		intervals,
		limits: [limit('pids.max', '4')],
		async *samples({ interval }: { interval?: number | string } = {}) {
			intervals.push(interval);
			for (let next = rest.shift(); next; next = rest.shift()) yield next;
		},
		async *events() {
			yield* events;
		},
	};
}

t.test('text stays text', (t) => {
	t.equal(html`<p title="${'"'}">${"<&>'"}</p>`.text, '<p title="&quot;">&lt;&amp;&gt;&#39;</p>');
	t.equal(html`${[html`<b>${1}</b>`, ' & ', [html`<i>`]]}${false}${undefined}${null}`.text, '<b>1</b> &amp; <i>');
	t.equal(html`${'\x1b[2J\ud800\u202e'}`.text, '\\u{1b}[2J\\u{d800}\\u{202e}', 'what cannot be seen is shown');
	t.equal(html`${'a\n\tb é 漢 😀'}`.text, 'a\n\tb é 漢 😀');
	t.end();
});

t.test('a shell reads back the words that were written', (t) => {
	const words = [
		'a b',
		"it's",
		'',
		'$HOME',
		'`id`',
		'*',
		'a\nb',
		'\\',
		'!x',
		'~',
		'--x=1',
		'é',
		'"',
		'#',
		"\x1b[0m'\\",
	];
	for (const shell of ['/bin/sh', '/bin/bash']) {
		const sure = shell === '/bin/sh' ? words.slice(0, -1) : words;
		const read = execFileSync(shell, ['-c', `printf '%s\\0' ${shellLine(sure)}`], {
			encoding: 'utf8',
			env: { LC_ALL: 'C.UTF-8' },
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		t.strictSame(read.split('\0').slice(0, -1), sure, shell);
	}
	t.equal(shellLine(['sh', '-c', 'a | b', 'x=1,2:/y@z']), "sh -c 'a | b' x=1,2:/y@z");
	t.end();
});

t.test('axes have round numbers', (t) => {
	const KiB = 1024;
	for (const [top, most, division, expected] of [
		[4.6, 4, 'whole', [0, 2, 4]],
		[1.15, 4, 'whole', [0, 1]],
		[575, 4, 'whole', [0, 200, 400]],
		[0.575, 4, 'decimal', [0, 0.2, 0.4]],
		[0.3, 3, 'decimal', [0, 0.1, 0.2, 0.3]],
		[55 * MiB, 4, 'binary', [0, 16 * MiB, 32 * MiB, 48 * MiB]],
		[64 * KiB, 4, 'binary', [0, 16 * KiB, 32 * KiB, 48 * KiB, 64 * KiB]],
		[4.95, 5, 'decimal', [0, 1, 2, 3, 4]],
	] as const)
		t.strictSame(ticks(top, most, division), expected, `${top}`);
	t.end();
});

t.test('a recording keeps the peaks, however short they were', async (t) => {
	const { points, limits } = await record(
		watched([
			sampleOf({ wallTime: 1, memory: { current: 10, peak: 30 }, tasks: { current: 1, peak: 1 } }),
			sampleOf({ wallTime: 2, memory: { current: 20, peak: 30 }, tasks: { current: 2, peak: 5 } }),
			sampleOf({ wallTime: 3, memory: { current: 15, peak: null }, tasks: { current: null, peak: null } }),
		]),
	);
	t.strictSame(
		points.map(({ memory, tasks }) => [memory, tasks]),
		[
			[
				{ current: 10, highest: 30 },
				{ current: 1, highest: 1 },
			],
			[
				{ current: 20, highest: 20 },
				{ current: 2, highest: 5 },
			],
			[
				{ current: 15, highest: 15 },
				{ current: null, highest: null },
			],
		],
	);
	t.strictSame(limits, [limit('pids.max', '4')]);
});

t.test('a recording is bounded: looks become rarer, and nothing that was seen is lost', async (t) => {
	for (const length of [1, 7, 8, 9, 100, 1000]) {
		const samples = Array.from({ length }, (_, index) =>
			sampleOf({
				wallTime: index,
				memory: { current: (index * 37) % 101, peak: null },
				tasks: { current: 1, peak: 1 },
				cpu: { total: index, throttledPeriods: index },
			}),
		);
		const events = samples.map(({ time }, index) => ({
			...{ time, limit: 'pids.max', counter: index % 3 ? 'pids.events max' : 'other', increase: 1, total: index },
		}));
		const source = watched(samples, events);
		const { points, hits } = await record(source, { interval: 5, most: 8 });
		t.ok(points.length <= 9 && points.length >= Math.min(length, 4), `${points.length} of ${length}`);
		t.equal(points.at(-1)?.wallTime, length - 1, 'the last is the end');
		t.strictSame(
			source.intervals,
			source.intervals.map((_, index) => 5 * 2 ** index),
			'the distance doubles',
		);
		const most = Math.max(...samples.map(({ memory }) => memory.current ?? 0));
		t.equal(Math.max(...points.map(({ memory }) => memory.highest ?? 0)), most);
		t.ok(hits.length <= 9, `${hits.length} hits`);
		t.equal(
			hits.reduce((sum, { count }) => sum + count, 0),
			length,
			'each hit is counted',
		);
		t.strictSame(
			hits.map(({ from }) => from),
			hits.map(({ from }) => from).sort((one, other) => one - other),
		);
		for (const { from, to } of hits) t.ok(from >= 0 && from <= to && to <= length - 1);
	}
});

t.test('nothing was seen', async (t) => {
	const recording = await record(watched([]));
	t.strictSame(recording.points, []);
	t.match(renderPage(resultOf(), recording), 'This host does not count it.');
});

t.test('the curve of a level goes through what was seen between two looks, and to its limit', (t) => {
	const recording = {
		limits: [limit('memory.max', String(4 * MiB)), limit('pids.max', 'max')],
		points: [
			point(10, { memory: { current: 1, highest: 1 } }),
			point(20, { memory: { current: 2, highest: 3 * MiB } }),
			point(200, { memory: { current: 0, highest: 2 } }),
		],
		hits: [],
	};
	const changes = [{ wallTime: 60, limits: [limit('memory.max', '8192'), limit('cpu.max', '50000 100000')] }];
	const [memory, tasks, cpu] = curvesOf(resultOf({ changes }), recording);
	t.strictSame(memory?.path, [
		{ time: 10, value: 1 },
		{ time: 15, value: 3 * MiB },
		{ time: 20, value: 2 },
		{ time: 100, value: 0 },
	]);
	t.strictSame(memory?.peak, { time: 15, value: usage.memory.peak });
	t.strictSame(memory?.limits, [
		{
			limit: 'memory.max',
			spans: [
				{ from: 0, to: 60, value: 4 * MiB },
				{ from: 60, to: 100, value: 8192 },
			],
		},
	]);
	t.strictSame(tasks?.limits, [], 'max is no limit');
	t.strictSame(cpu?.limits[0]?.spans, [
		{ from: 0, to: 60, value: undefined },
		{ from: 60, to: 100, value: 0.5 },
	]);
	t.end();
});

t.test('the processors used: over a period of the limit at least', (t) => {
	const points = Array.from({ length: 50 }, (_, index) =>
		point(10 * (index + 1), { cpu: { total: 5 * (index + 1), throttledPeriods: index < 25 ? 0 : 1 } }),
	);
	const held = { limit: 'cpu.max', spans: [] };
	const { path, hits } = usedOver(points, { wallTime: 500 }, held);
	t.strictSame(
		path,
		[0, 100, 200, 300, 400, 500].map((time) => ({ time, value: 0.5 })),
	);
	t.strictSame(hits, [{ from: 250, to: 260, limit: 'cpu.max', counter: 'cpu.stat nr_throttled', count: 1 }]);
	t.equal(usedOver(points, { wallTime: 500 }, undefined).path.length, 51);
	t.strictSame(
		usedOver([point(8, { cpu: { total: 4, throttledPeriods: 0 } })], { wallTime: 8 }, held).path,
		[0, 8].map((time) => ({ time, value: 0.5 })),
		'shorter than a period',
	);
	t.strictSame(usedOver([point(8, { cpu: { total: null, throttledPeriods: null } })], { wallTime: 8 }, held).path, []);
	t.strictSame(usedOver([], { wallTime: 8 }, held).path, []);
	t.end();
});

t.test('pauses, and hits that follow each other', (t) => {
	const paused = (wallTime: number) => point(wallTime, { paused: true });
	t.strictSame(pausesOf([point(1), paused(2), paused(3), point(4), paused(5), point(6), paused(7)]), [
		{ from: 2, to: 4 },
		{ from: 5, to: 6 },
	]);
	const hit = (from: number, to: number, counter = 'a') => ({ from, to, limit: 'pids.max', counter, count: 1 });
	t.strictSame(
		gathered([hit(1, 1), hit(2, 3, 'b'), hit(3, 4), hit(9, 9)], 2).map(({ from, to, count }) => [from, to, count]),
		[
			[1, 4, 2],
			[2, 3, 1],
			[9, 9, 1],
		],
	);
	t.end();
});

t.test('words for hits and limits', (t) => {
	const text = (limit: string, counter: string, count: number) => hitText({ limit, counter, count });
	t.equal(text('pids.max', 'pids.events max', 1), '1 fork refused');
	t.equal(text('memory.max', 'memory.events oom_kill', 2), '2 processes killed');
	t.equal(text('memory.max', 'memory.oom_control oom_kill', 1), '1 process killed');
	t.equal(text('memory.max', 'memory.events oom', 1), 'nothing more could be reclaimed 1 time');
	t.equal(text('cpu.max', 'cpu.stat nr_throttled', 3), 'throttled in 3 periods');
	t.equal(limitText('memory.max', '67108864'), '64 MiB');
	t.equal(limitText('memory.oom.group', '1'), '1');
	t.equal(limitText('cpu.max', '50000 100000'), '0.5 processors');
	t.equal(limitText('cpu.max', 'max 100000'), 'max 100000');
	t.end();
});

t.test('the account has every number of the usage', (t) => {
	const leaves = (value: object, path: string[] = []): string[] =>
		Object.entries(value).flatMap(([name, member]) =>
			typeof member === 'object' ? leaves(member, [...path, name]) : [...path, name].join('.'),
		);
	const rows = Object.values(account).flat();
	const paths = rows.map(({ path }) => path);
	const counted = leaves(usage, ['usage']);
	t.strictSame(paths.filter((path) => path.startsWith('usage.')).sort(), counted.sort());
	const recording = { limits: [], points: [point(100)], hits: [] };
	const result = resultOf({ forks: { attempted: 31, refused: [2, 3] } });
	for (const path of paths) t.match(renderPage(result, recording), `id="${path}" value="${valueAt(result, path)}"`);
	t.notMatch(renderPage(resultOf(), recording), 'Forks');
	t.end();
});

t.test('what a schedule did is said', (t) => {
	const schedule = [
		{ time: 50, when: 'at 50 ms', did: 'pids.max=8' },
		{ time: null, when: 'on pids.max', did: 'SIGTERM', error: 'the program had ended' },
	];
	const recording = { limits: [], points: [point(100)], hits: [] };
	const page = renderPage(resultOf({ schedule }), recording);
	t.match(page, 'at 50 ms: pids.max=8 after 50 ms');
	t.match(page, 'on pids.max: SIGTERM: NOT DONE: the program had ended');
	t.notMatch(renderPage(resultOf(), recording), 'What was done to it');
	t.end();
});

t.test('nothing of a run is markup, whatever it is called', (t) => {
	const evil = '</code><script>alert(1)</script>"\'&';
	const cause = {
		...{ limit: evil, level: 'self' as const, value: evil, hits: 1, evidence: evil, fatal: true, sentence: evil },
	};
	const result = resultOf({
		args: [evil, evil],
		limits: [limit(evil, evil)],
		changes: [{ wallTime: 1, limits: [limit(evil, evil)] }],
		verdict: { outcome: 'failed', causes: [cause], sentence: evil },
	});
	const hit = { from: 1, to: 2, limit: `memory.${evil}`, counter: evil, count: 1 };
	const host = { kernel: evil, architecture: evil, processors: 1, memory: 1, cgroups: {}, node: evil, procready: evil };
	const pages = [
		renderPage(result, { limits: result.limits, points: [point(100)], hits: [hit] }, { host, again: [evil] }),
		renderFailure({ code: 'option-invalid', message: evil }, { host, again: [evil] }),
	];
	for (const page of pages) {
		t.notMatch(page, /<script|alert\(1\)<\/|&'|src=|href="(?!data:,")|url\(|@import/);
		t.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;'));
	}
	t.end();
});
