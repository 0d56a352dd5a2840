/** The values of a sweep, its table, plot and CSV. */
import t from 'tap';
import { median } from '../../controller/harness/median.js';
import type { Point } from '../../controller/harness/sweep/sweep.js';
import { csvOf, headingOf, lineOf, plotOf } from '../../controller/harness/sweep/text.js';
import { rangeOf, type Stepping, unitOf } from '../../controller/harness/sweep/values.js';

const texts = (written: string, stepping: Stepping = {}) => {
	const { limit, values } = rangeOf(written, stepping);
	return values.map((value) => limit.text(value));
};

t.test('lists and ranges', async (t) => {
	t.strictSame(texts('pids.max=1,2,4,8'), ['1', '2', '4', '8']);
	t.strictSame(texts('pids.max=8,1'), ['8', '1'], 'in the order in which they are written');
	t.strictSame(texts('cpu.max=0.1..0.5', { steps: 3 }), ['0.1', '0.3', '0.5']);
	t.strictSame(texts('cpu.max=0.1..0.5', { step: '0.15' }), ['0.1', '0.25', '0.4', '0.5'], 'the end is one of them');
	t.strictSame(texts('nofile=3..5'), ['3', '4', '5'], 'each once');
	t.strictSame(texts('memory.max=1M..16M', { steps: 5 }), ['1048576', '2097152', '4194304', '8388608', '16777216']);
	t.strictSame(texts('memory.max=4K..12K', { step: '4K' }), ['4096', '8192', '12288']);
	t.strictSame(texts('memory.max=5000'), ['8192'], 'whole pages');
	t.equal(texts('memory.max=64K..64M').length, 10);
});

const shown = (written: string, stepping: Stepping = {}) => {
	const { limit, values } = rangeOf(written, stepping);
	return values.map((value) => limit.words(value, unitOf(limit, values)));
};

t.test('all values have one unit, in which they differ', async (t) => {
	t.strictSame(shown('memory.max=1024K,1M,16M'), ['1 MiB', '1 MiB', '16 MiB']);
	t.strictSame(shown('memory.max=64K..1G', { steps: 3 }), ['64 KiB', '8192 KiB', '1048576 KiB']);
	t.strictSame(shown('memory.max=1536K,1G'), ['1.5 MiB', '1024 MiB']);
	t.strictSame(shown('memory.max=16M,16388K'), ['16384 KiB', '16388 KiB'], 'which would be 16 MiB both');
	t.strictSame(shown('output=0,2K,1M'), ['0 KiB', '2 KiB', '1024 KiB']);
	t.strictSame(shown('output=0'), ['0 bytes']);
	t.strictSame(shown('cpu.time=500ms,10s'), ['500 ms', '10000 ms']);
	t.strictSame(shown('cpu.time=1s,90s'), ['1 s', '90 s']);
	t.strictSame(shown('pids.max=1,2'), ['1 task', '2 tasks']);
});

t.test('every mistake is said', async (t) => {
	for (const [written, stepping, message] of [
		['cpu.max', {}, /"cpu.max" is not of the form LIMIT=FROM..TO/],
		['cpuset.cpus=0..1', {}, /is not a limit with an order/],
		['pids.max=4..1', {}, /does not go up/],
		['pids.max=1..2..3', {}, /does not go up/],
		['pids.max=1..x', {}, /"x" is not a number/],
		['pids.max=,1', {}, /"" is not a number/],
		['pids.max=0', {}, /0 is not from 1 task to 4194304 tasks/],
		['memory.max=1..max', {}, /max is not a number/],
		['memory.max=1Q', {}, /is not a size/],
		['pids.max=1,2', { steps: 3 }, /a list has no steps/],
		['pids.max=1..9', { steps: 1 }, /1 is not a number from 2 to 1000/],
		['pids.max=1..9', { steps: 3, step: '2' }, /one of the two decides/],
		['pids.max=1..9', { step: 'x' }, /"x" is not a number/],
		['pids.max=1..9000', { step: '1' }, /is too small: that would be 9000 values/],
	] as [string, Stepping, RegExp][])
		t.throws(() => rangeOf(written, stepping), { code: 'option-invalid', message }, written);
});

const point = (value: string, wallTime: number | null, passed = 1, more: Partial<Point> = {}): Point => ({
	limit: 'pids.max',
	value,
	words: `${value} tasks`,
	runs: 1,
	passed,
	wallTime,
	memoryPeak: 262144,
	tasksPeak: 2,
	cpuTime: 1.5,
	throttled: 0,
	...more,
});

t.test('the table', async (t) => {
	t.equal(lineOf(point('2', 10)), '  2 tasks                 10 ms      1.5 ms     256 KiB      2      passed');
	const failed = point('1', null, 0, { memoryPeak: null, tasksPeak: null, cpuTime: null, reason: 'no fork' });
	t.equal(lineOf(failed), '  1 tasks                 -          -          -            -      FAILED: no fork');
	t.match(lineOf(point('1', 1, 1, { runs: 3, reason: 'no fork' })), /passed 1 of 3: no fork$/);
	const long = 'a name that is longer than its column';
	t.match(lineOf({ ...point('2', 10), words: long }), `${long} 10 ms`);
	t.match(headingOf({ ...point('2', 10), limit: long }), `${long} time`);
	t.equal(
		csvOf([point('2', 10), point('1', null, 0, { reason: 'a "b", c' })]),
		'limit,value,runs,passed,wallTime,cpuTime,throttled,memoryPeak,tasksPeak,reason\r\n' +
			'pids.max,2,1,1,10,1.5,0,262144,2,\r\n' +
			'pids.max,1,1,0,,1.5,0,262144,2,"a ""b"", c"\r\n',
	);
});

t.test('the plot', async (t) => {
	const plot = plotOf([point('1', 110, 0), point('2', 55), point('4', 0)]).split('\n');
	t.equal(plot.length, 15);
	t.equal(plot[0], '    110 ms |x');
	t.equal(plot[5], '           |:  *', 'half way up');
	t.equal(plot[11], '      0 µs |:  :  *');
	t.equal(plot[12], '           +---------');
	t.equal(plot[13], '            1  2  4');
	t.equal(plotOf([point('1', null)]), '');
	const sizes = plotOf([point('1024', 2, 1, { words: '1 KiB' }), point('8', 1, 1, { words: '0.01 KiB' })]).split('\n');
	t.equal(sizes[13], '            1024  8', 'bytes for both, or words for both');
});

t.test('medians', async (t) => {
	t.equal(median([]), null);
	t.equal(median([null, undefined]), null);
	t.equal(median([3, 1, 1000]), 3);
	t.equal(median([4, null, 1, 3, 2]), 2.5);
});
