/** The block of --watch: always the same height, never wider than the terminal, and as high as the limit says. */
import t from 'tap';
import { blockHeight, blockOf } from '../../controller/harness/pictures/block.js';
import type { Stats } from '../../controller/index.js';
import { limit, sampleOf } from '../support/runs.js';

const screen = { columns: 100, unicode: true, color: false };
const MiB = 2 ** 20;

const at = (wallTime: number, memory: number | null, tasks: number | null, total: number | null): Stats => ({
	...sampleOf({
		wallTime,
		memory: { current: memory, peak: 5 * MiB, highHits: 0, oomKills: 0 },
		tasks: { current: tasks, peak: 4, refused: 0 },
		cpu: { total, throttledPeriods: 0 },
	}),
	limits: [limit('memory.max', String(8 * MiB)), limit('pids.max', '4'), limit('cpu.max', 'max 100000')],
});

t.test('levels in parts of the limit, or of the highest there was', (t) => {
	const history: [Stats, ...Stats[]] = [
		at(100, 0, 1, 0),
		at(200, 4 * MiB, 2, 100),
		at(300, 8 * MiB, 4, 150),
		at(400, 1, 0, 150),
	];
	const [title, memory, tasks, cpu, hit] = blockOf('prog', history, [], screen) as string[];
	t.match(title, /^─ prog {2}running, 400 ms ─+$/);
	t.equal(memory, `memory  ${' '.repeat(43)} ▄█▁ 1 bytes of 8 MiB, peak 5 MiB`);
	t.equal(tasks, `tasks   ${' '.repeat(43)}▂▄█  0 of 4, peak 4`);
	t.equal(cpu, `cpu     ${' '.repeat(44)}█▄  0 %, 150 ms in all`);
	t.equal(hit, 'hit     no limit yet');
	t.end();
});

t.test('hits, pauses, and what is not counted', (t) => {
	const lines = blockOf(
		'prog',
		[{ ...at(1, null, null, null), paused: true }],
		[
			{ limit: 'pids.max', counter: 'pids.events max', count: 2 },
			{ limit: 'memory.max', counter: 'memory.events oom_kill', count: 1 },
		],
		screen,
	);
	t.match(lines[0], 'prog  paused, 1 ms');
	t.match(lines.slice(1, 4), [/^memory {48,}-/, /^tasks {48,}-/, /^cpu {48,}-/]);
	t.equal(lines[4], 'hit     pids.max: 2 forks refused, memory.max: 1 process killed');
	t.end();
});

t.test('on any terminal it has its height and fits in', (t) => {
	const history: [Stats, ...Stats[]] = [at(1, 1, 1, 1), at(2, 5 * MiB, 4, 3)];
	const hits = [{ limit: 'pids.max', counter: 'pids.events max', count: 123456 }];
	for (const columns of [1, 8, 20, 53, 54, 80, 300])
		for (const unicode of [true, false]) {
			const lines = blockOf('a very long name of a program', history, hits, { columns, unicode, color: false });
			t.equal(lines.length, blockHeight);
			for (const line of lines) t.ok(line.length <= columns, `${line.length} of ${columns}: ${line}`);
			if (!unicode) t.notMatch(lines.join(''), /[^\x20-\x7e]/);
			const painted = blockOf('prog', history, hits, { columns, unicode, color: true }).join('');
			const ends = painted.split('\x1b[0m').length - 1;
			t.equal(painted.split('\x1b[').length - 1, 2 * ends, 'each colour ends');
		}
	t.end();
});
