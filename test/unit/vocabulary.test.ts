/** A limit may be called as its file or as its option, wherever limits are named, and means the same. */
import t from 'tap';
import { parse, type Values } from '../../controller/flags/arguments.js';
import { commandLineOf, flags, optionsOf } from '../../controller/flags/options.js';
import { hitLimits } from '../../controller/harness/expect/figures.js';
import { orderedLimit } from '../../controller/harness/search/ordered.js';
import { rangeOf } from '../../controller/harness/sweep/values.js';
import type { Limits } from '../../controller/model/limit-options.js';
import { limitName, limits } from '../../controller/model/limits.js';
import type { Options } from '../../controller/model/options.js';
import { ownLimits } from '../../controller/model/own-limits.js';
import { byOptions } from '../../controller/plan/limit-named.js';
import { scheduleOf } from '../../controller/plan/schedule.js';
import { specOf } from '../../controller/plan/specify.js';

const spec = (given: object) => specOf(['true'], { limits: given as Limits });
const specOfLine = (...argv: string[]) =>
	specOf(['true'], optionsOf(parse(argv, flags, 'run').values as Values<typeof flags>));

/** Of each kind of value one. */
const values: Record<string, number | string> = {
	'memory.oom.group': 1,
	'cpu.idle': 1,
	'cpu.max': 0.5,
	'cpuset.cpus': '0',
	'cpuset.mems': '0',
	'cpu.time': '2s',
	'io.max': '8:0 rbps=1M',
	'rdma.max': 'mlx hca_handle=2',
	'misc.max': 'sev 5',
};

t.test('the library takes the names of files', async (t) => {
	for (const row of [...limits, ...ownLimits]) {
		if (!('option' in row) || row.name.includes('*')) continue;
		const value = values[row.name] ?? 100;
		t.notSame(spec({ [row.name]: value }), spec({}), row.name);
		t.equal(limitName(row.option), row.name, row.option);
		t.equal(limitName(row.name.replaceAll('.', '-')), row.name);
		t.equal(limitName(row.name), row.name);
	}
	const typed: Limits = { 'memory.max': '64M', 'pids.max': 4 };
	t.strictSame(spec(typed), spec({ memory: '64M', pids: 4 }));
	t.strictSame(spec({ 'cpu.max': '500m', 'cpu.weight': 50 }), spec({ cpu: '50%', cpuWeight: 50 }));
	t.strictSame(spec({ 'memory.oom.group': true, 'cpu.idle': 0 }), spec({ oomGroup: true, cpuIdle: false }));
	t.strictSame(spec({ 'cpu.time': '2s', output: 100 }), spec({ cpuTime: '2s', outputMax: 100 }));
	t.strictSame(
		spec({ 'hugetlb.2MB.max': '4M', hugetlb: { '1GB': '1G' } }),
		spec({ hugetlb: { '2MB': '4M', '1GB': '1G' } }),
	);
	t.strictSame(spec({ 'memory.zswap.max': 'max' }), spec({ set: { 'memory.zswap.max': 'max' } }));
	t.strictSame(spec({ set: { memory: '64M', pids: '4' } }), spec({ memory: '64M', pids: 4 }));
	const given = { memory: '1M' };
	t.strictSame(byOptions(given), given);
});

t.test('what is wrong is told by the name that was meant', async (t) => {
	for (const [given, where, message] of [
		[{ memory: '1M', 'memory.max': '2M' }, '/limits/memory.max', /is given twice, also as limits\.memory$/],
		[{ 'memory.mx': '1M' }, '/limits/memory.mx', /"memory\.mx" is not a limit; did you mean "memory\.max"\?$/],
		[{ memry: '1M' }, '/limits/memry', /is not known; did you mean "memory"\?$/],
		[{ 'colour.max': 1 }, '/limits/colour.max', /"colour\.max" is not a limit$/],
		[{ 'memory.oom.group': 2 }, '/limits/memory.oom.group', /"2" is neither 0 nor 1$/],
		[{ 'cpu.max': 0 }, '/limits/cpu', /is not a number of processors/],
	] as const)
		t.throws(() => spec(given), { code: 'option-invalid', where, message }, JSON.stringify(given));
	t.throws(() => specOf(['true'], { limit: {} } as Options), {
		message: /\/limit is not known; did you mean "limits"\?$/,
	});
	t.throws(() => specOf(['true'], { namespaces: { net: 'new' } } as Options), {
		message: /is not known: there are .*network/,
	});
});

t.test('the command line takes the names of options', async (t) => {
	const same = specOfLine('--memory-max', '1M', '--pids-max', '4', '--memory-swap-max', '0');
	t.strictSame(specOfLine('--memory', '1M', '--pids', '4', '--swap', '0'), same);
	t.strictSame(specOfLine('--set', 'memory=1M', '--set', 'pids.max=4', '--set', 'swap=0'), same);
	const { schedule } = optionsOf(
		parse(['--at', '1:memory=1M', '--on', 'pids:pids=8', '--on', 'memory-max:TERM'], flags, 'run').values,
	);
	t.strictSame(schedule, [
		{ at: 1000, set: { memory: '1M' } },
		{ on: 'pids.max', set: { pids: '8' } },
		{ on: 'memory.max', signal: 'SIGTERM' },
	]);
	t.strictSame(
		commandLineOf(['x'], { limits: { 'memory.max': '1M' } }),
		commandLineOf(['x'], { limits: { memory: '1M' } }),
	);
});

t.test('so do schedules, searches, sweeps and expectations', async (t) => {
	t.strictSame(
		scheduleOf([{ on: 'pids', set: { 'pids.max': 8 } }]),
		scheduleOf([{ on: 'pids.max', set: { pids: '8' } }]),
	);
	for (const [name, file] of [
		['memory', 'memory.max'],
		['memoryHigh', 'memory.high'],
		['pids', 'pids.max'],
		['swap', 'memory.swap.max'],
		['cpu-max', 'cpu.max'],
		['outputMax', 'output'],
		['cpuTime', 'cpu.time'],
	] as const) {
		t.equal(orderedLimit(name).name, file);
		t.ok(hitLimits(name)?.includes(file), name);
	}
	t.equal(rangeOf('memory=1M,2M').limit.name, 'memory.max');
	t.strictSame(rangeOf('cpu.max=50%,500m,1').values, [500, 500, 1000]);
	t.throws(() => orderedLimit('cpu'), {
		message: /"cpu" could be cpu\.max or the resource limit: write cpu\.max, or RLIMIT_CPU/,
	});
	t.strictSame(orderedLimit('RLIMIT_CPU').options({}, 5), { rlimits: { RLIMIT_CPU: '5' } });
	t.strictSame(hitLimits('cpu'), ['cpu.max']);
	t.strictSame(hitLimits('memory'), ['memory.max', 'memory']);
	t.equal(hitLimits('memory.mx'), undefined);
});
