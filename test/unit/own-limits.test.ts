/** The limits that procready itself keeps: what is written for them, what the meter does when, and what is said of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Quota, quotaOf, stepOf } from '../../controller/cgroup/cpu-time.js';
import { parse } from '../../controller/flags/arguments.js';
import { limitFlags, limitsOf } from '../../controller/flags/limits.js';
import { commandLineOf } from '../../controller/flags/options.js';
import { limitsOf as limitsOfSuite } from '../../controller/harness/suite/limits.js';
import { rangeOf } from '../../controller/harness/sweep/values.js';
import { type Limits, type Options, plan, readSpec } from '../../controller/index.js';
import { ownLimits } from '../../controller/model/own-limits.js';
import type { Spec } from '../../controller/model/spec.js';
import { mustBeChangeable, ownAppliedOf, ownLimitsOf } from '../../controller/plan/own-limits.js';
import { scheduleOf } from '../../controller/plan/schedule.js';
import { specOf } from '../../controller/plan/specify.js';
import type { Ended } from '../../controller/report/cause.js';
import type { Usage } from '../../controller/report/usage.js';
import { verdictOf } from '../../controller/report/verdict.js';
import { top } from '../support/paths.js';

t.test('each has its flag, its option and its line in the README', async (t) => {
	const readme = readFileSync(join(top, 'controller/cli/README.md'), 'utf8');
	for (const { name, option, unit, text } of ownLimits) {
		const [flag] = Object.entries(limitFlags).find(([, row]) => row.option === `limits.${option}`) ?? [];
		t.ok(flag, option);
		const line = `| \`${name}\` | \`--${flag}\` | \`${option}\` | ${unit} | ${text} |\n`;
		t.ok(readme.includes(line), line);
	}
});

t.test('times and sizes, as flags, options and lines of suites', async (t) => {
	t.strictSame(ownLimitsOf({ cpuTime: 1500, outputMax: '1K' }), { cpuTime: 1500, outputMax: 1024 });
	t.strictSame(ownLimitsOf({ cpuTime: '1.5s', outputMax: 0 }), { cpuTime: 1500, outputMax: 0 });
	t.strictSame(ownLimitsOf({ cpuTime: 'max', outputMax: 'max' }), {}, 'no limit');
	t.strictSame(ownLimitsOf({}), {});
	for (const limits of [{ cpuTime: 0 }, { cpuTime: '1x' }, { cpuTime: -1 }, { outputMax: '1KB' }, { outputMax: 1.5 }]) {
		const [option] = Object.keys(limits);
		t.throws(() => ownLimitsOf(limits), { code: 'option-invalid', where: `/limits/${option}` }, JSON.stringify(limits));
		t.throws(() => specOf(['true'], { limits } as Options), { code: 'option-invalid', where: `/limits/${option}` });
	}
	const flags = (...argv: string[]) => limitsOf(parse(argv, limitFlags, 'run').values);
	t.strictSame(flags('--cpu-time', '2', '--output-max', '1M'), { cpuTime: 2000, outputMax: '1M' }, 'seconds');
	t.strictSame(flags('--cpu-time=max'), { cpuTime: 'max' });
	t.throws(() => flags('--cpu-time=fast'), { code: 'option-invalid', where: '--cpu-time' });
	const words = (limits: Limits) => commandLineOf(['a'], { limits }).words.slice(2, -2);
	t.strictSame(words({ cpuTime: 150, outputMax: 10 }), ['--cpu-time', '150ms', '--output-max', '10']);
	t.strictSame(words({ cpuTime: 'max' }), ['--cpu-time', 'max']);
	const suite = (given: Record<string, unknown>) => limitsOfSuite(given, '/limits', (parse) => [parse()]).limits;
	t.strictSame(suite({ 'cpu.time': '2s', output: '1M' }), { cpuTime: '2s', outputMax: '1M' });
	t.strictSame(suite({ cpuTime: 20, outputMax: 5 }), { cpuTime: 20, outputMax: 5 });
	for (const [near, meant] of [
		['cpu.tim', 'cpu.time'],
		['outputs', 'output'],
		['outputmax', 'outputMax'],
	] as const)
		t.throws(
			() => suite({ [near]: 1 }),
			{ code: 'option-invalid', message: new RegExp(`did you mean "${meant}"`) },
			near,
		);
});

t.test('the plan has them, of options and of a specification', async (t) => {
	t.match(plan(['true'], { limits: { cpuTime: '2s', outputMax: '1M' } }), { cpuTime: 2000, outputMax: 2 ** 20 });
	const without = plan(['true']);
	t.notOk('cpuTime' in without || 'outputMax' in without);
	const spec: Spec = {
		...readSpec(join(top, 'test/fixtures/oci/runc-spec.json')),
		procready: { cpuTime: 10, outputMax: 0 },
	};
	t.match(plan(spec), { cpuTime: 10, outputMax: 0 });
	for (const procready of [{ cpuTime: 0 }, { cpuTime: '1s' }, { outputMax: -1 }, { outputMax: '1M' }])
		t.throws(() => plan({ ...spec, procready } as Spec), { code: 'option-invalid' }, JSON.stringify(procready));
	t.throws(
		() => plan(spec, { limits: { cpuTime: 1 } }),
		{ code: 'option-invalid', where: '/limits' },
		'beside a specification',
	);
	const socket = { terminal: true, consoleSocket: '/nonexistent/socket' };
	t.throws(() => plan(['true'], { ...socket, limits: { outputMax: 1 } }), {
		code: 'option-invalid',
		where: '/procready/outputMax',
	});
	t.strictSame(
		ownAppliedOf({ cpuTime: 1500, outputMax: 10 }).map(({ limit, value }) => `${limit}=${value}`),
		['cpu.time=1500ms', 'output=10'],
	);
});

t.test('neither can be changed while the program runs', async (t) => {
	for (const [option, value] of [
		['cpuTime', '1s'],
		['outputMax', '1M'],
	] as const) {
		t.throws(() => mustBeChangeable({ [option]: value }), { code: 'option-invalid', where: `/limits/${option}` });
		const where = `/schedule/0/set/${option}`;
		t.throws(() => scheduleOf([{ at: 0, set: { [option]: value } }]), { code: 'option-invalid', where });
	}
});

t.test('values of a search and of a sweep', async (t) => {
	const texts = (range: string, steps?: number) => {
		const { limit, values } = rangeOf(range, steps === undefined ? {} : { steps });
		return values.map((value) => limit.text(value));
	};
	t.strictSame(texts('cpu.time=100ms,2,1m'), ['0.1', '2', '60'], 'seconds without a unit, as for the flag');
	t.strictSame(texts('cpu.time=100ms..10s', 3), ['0.1', '1', '10'], 'of equal ratio');
	t.strictSame(texts('output=0,10,1K'), ['0', '10', '1024']);
	const { limit } = rangeOf('cpu.time=20ms');
	t.match(limit.options({}, 20), { limits: { cpuTime: '20ms' } });
	t.equal(limit.words(1500), '1.5 s');
});

/** Microseconds that a container can use at most until the next look, which is late: all run, and each grant is used. */
function mostUsed(step: ReturnType<typeof stepOf>, own: Quota | undefined, processors: number): number {
	const time = step.wait * 1000 + 499_999;
	const inForce = step.quota ?? own;
	const granted = inForce ? inForce.quota * (1 + Math.ceil(time / inForce.period)) : Number.POSITIVE_INFINITY;
	return Math.min(processors * time, granted);
}

function faultsOf(left: number, own: Quota | undefined, processors: number): string[] {
	const step = stepOf(left, own, processors);
	const used = mostUsed(step, own, processors);
	const share = Math.min(processors, own ? own.quota / own.period : processors);
	const { quota, period } = step.quota ?? { quota: 1000, period: 1_000_000 };
	return [
		...(used > left + 7 * 1000 ? [`${used} may be used of ${left}`] : []),
		...(quota > share * period ? [`${quota} in ${period} is more than the caller's cpu.max`] : []),
		...(quota < 1000 || period > 1_000_000 ? [`the kernel refuses ${quota} in ${period}`] : []),
		...(step.wait < 10 ? [`a look is due after ${step.wait} ms`] : []),
	];
}

t.test(
	'until a look that is late by half a second at most seven of the smallest quotas too much are used',
	async (t) => {
		const owns = [undefined, '100000 100000', '1000000 1000000', '20000 100000', '150000 50000', '1000 100000'];
		for (const processors of [1, 2, 8, 64])
			for (const own of owns) {
				const faults: string[] = [];
				for (let left = 100; left < 1e9; left = Math.ceil(left * 1.1))
					faults.push(...faultsOf(left, quotaOf(own), processors));
				t.strictSame(faults, [], `${processors} processors, ${own}`);
			}
		t.strictSame(
			stepOf(60e6, undefined, 2),
			{ wait: 28_000 },
			'far from the end it is neither slowed down nor looked at',
		);
		t.strictSame(stepOf(500, undefined, 2), { quota: { quota: 1000, period: 1_000_000 }, wait: 10 });
		t.strictSame(stepOf(35_000, quotaOf('20000 100000'), 2), { quota: { quota: 5000, period: 100_000 }, wait: 100 });
		for (const none of ['max', 'max 100000', undefined]) t.equal(quotaOf(none), undefined);
		t.strictSame(quotaOf('50000 20000'), { quota: 50_000, period: 20_000 });
	},
);

const limit = (name: string, value: string) => ({ limit: name, asked: value, value, rounded: false });
const both = [limit('cpu.time', '1000ms'), limit('output', '10')];

function judged(ended: Partial<Ended>, total: number, timeout?: number) {
	const usage = { tasks: {}, memory: {}, cpu: { total }, rusage: { utime: 0, stime: 0 } } as Usage;
	const how: Ended = { exitCode: null, signal: null, timedOut: false, killed: false, outputBytes: 0, ...ended };
	const { outcome, causes } = verdictOf(
		how,
		{ limits: both, ancestors: [], below: [], rlimits: [], seccomp: false, timeout },
		usage,
	);
	return [outcome, ...causes.map(({ limit, fatal }) => `${limit}${fatal ? '!' : ''}`)].join(' ');
}

t.test('verdicts', async (t) => {
	const killed = { signal: 'SIGKILL' };
	for (const [what, said, expected] of [
		['less than both', judged({ exitCode: 0, outputBytes: 10 }, 999), 'passed'],
		['killed for its time', judged({ ...killed, exceeded: 'cpu.time' }, 1000), 'timed-out cpu.time!'],
		['killed for its output', judged({ ...killed, exceeded: 'output', outputBytes: 11 }, 1), 'signaled output!'],
		['out of time, and ended by itself', judged({ exitCode: 0 }, 1000), 'timed-out cpu.time'],
		['too much output, and ended by itself', judged({ exitCode: 0, outputBytes: 11 }, 1), 'failed output'],
		['the time-out was first', judged({ ...killed, timedOut: true }, 1001, 5), 'timed-out timeout!'],
		[
			'the time was first',
			judged({ ...killed, exceeded: 'cpu.time', outputBytes: 11 }, 1001, 5),
			'timed-out cpu.time!',
		],
		['killed by the caller', judged({ ...killed, killed: true, outputBytes: 11 }, 1001), 'signaled'],
		['both, and ended by itself', judged({ exitCode: 1, outputBytes: 11 }, 1001), 'timed-out cpu.time output'],
	] as const)
		t.equal(said, expected, what);
});
