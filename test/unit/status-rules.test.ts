/** The exit status by the verdict: --fail-on and --exit-status. */
import t from 'tap';
import { statusByRules, statusRulesOf } from '../../controller/cli/status-rules.js';
import type { Cause } from '../../controller/report/cause.js';
import type { Result } from '../../controller/report/result.js';

const cause = (limit: string, more: Partial<Cause> = {}): Cause => ({
	...{ limit, level: 'self', value: '1', hits: 1, evidence: 'a counter', fatal: false, sentence: 'It was hit.' },
	...more,
});

const ended = (how: number | string, ...causes: Cause[]): Result => {
	const timedOut = causes.some(({ limit }) => limit === 'timeout');
	const outcome = timedOut ? 'timed-out' : how === 0 ? 'passed' : typeof how === 'number' ? 'failed' : 'signaled';
	const [exitCode, signal] = typeof how === 'number' ? [how, null] : [null, how];
	return { exitCode, signal, timedOut, verdict: { outcome, causes, sentence: '' } } as unknown as Result;
};

const pids = cause('pids.max');
const cpu = cause('cpu.max');
const reclaimed = cause('memory.max');
const child = cause('memory.max', { victims: null });
const killed = cause('memory.max', { fatal: true, victims: null });
const perhaps = cause('memory.max', { fatal: null, victims: null });
const timeout = cause('timeout', { fatal: true });

type Case = [name: string, failOn: string[], statuses: string[], result: Result, status: number, reason?: RegExp];
const cases: Case[] = [
	['nothing asked for', [], [], ended(0, pids), 0],
	['passed, nothing hit', ['any'], ['any=9'], ended(0), 0],
	[
		'passed, hit',
		['memory.max,pids.max'],
		[],
		ended(0, pids),
		123,
		/^exit status 123: pids.max was hit \(--fail-on\)$/,
	],
	['passed, another hit', ['memory.max'], [], ended(0, pids), 0],
	['any', ['any'], [], ended(0, cpu), 123],
	['given twice', ['memory.max', 'cpu.max'], [], ended(0, cpu), 123],
	['passed, reclaimed: it was hit', ['memory.max'], [], ended(0, reclaimed), 123],
	['failed by itself', ['pids.max'], [], ended(2, pids), 2],
	[
		'a number for it',
		['pids.max'],
		['pids.max=7'],
		ended(0, pids),
		7,
		/^exit status 7: pids.max was hit \(--exit-status\)$/,
	],
	['a number alone fails nothing that passed', [], ['pids.max=7'], ended(0, pids), 0],
	['a number for another', ['pids.max'], ['cpu.max=7'], ended(0, pids, cpu), 123],
	['a limit above is of others', ['any'], ['any=9'], ended(0, cause('pids.max', { level: 'ancestor', path: '/a' })), 0],
	['one below is its own doing', ['any'], ['any=9'], ended(1, cause('pids.max', { level: 'below', path: '/a' })), 1],
	['the host', ['any'], [], ended(0, cause('memory', { level: 'host' })), 123],
	['killed for it', [], ['memory.max=75'], ended('SIGKILL', killed), 75, /memory.max ended it/],
	['killed for one above', [], ['memory.max=75'], ended('SIGKILL', { ...killed, level: 'ancestor', path: '/a' }), 75],
	['perhaps killed for it', [], ['memory.max=75'], ended('SIGKILL', perhaps), 75, /memory.max was hit/],
	['a child was killed', [], ['memory.max=75'], ended(1, child), 75],
	['reclaimed: not why it failed', [], ['memory.max=75'], ended(1, reclaimed), 1],
	['a fork was refused', [], ['pids.max=76'], ended(2, pids), 76],
	['failed by itself, nothing hit', [], ['any=9'], ended(2), 2],
	['time-out', [], ['timeout=77'], ended('SIGKILL', timeout), 77],
	['time-out of a throttled one', [], ['cpu.max=8', 'timeout=77'], ended('SIGKILL', timeout, cpu), 77],
	['what ended it has no number', [], ['cpu.max=8'], ended('SIGKILL', timeout, cpu), 124],
	['any for the rest', [], ['any=9', 'pids.max=76'], ended(1, cpu), 9],
	['a name before any', [], ['any=9', 'pids.max=76'], ended(1, pids), 76],
	['0', [], ['timeout=0'], ended('SIGKILL', timeout), 0],
];

t.test('each case', async (t) => {
	for (const [name, failOn, statuses, result, status, reason] of cases) {
		const rules = statusRulesOf({ 'fail-on': failOn, 'exit-status': statuses });
		const found = statusByRules(result, rules, undefined);
		t.equal(found.status, status, name);
		if (reason) t.match(found.reason, reason, name);
	}
});

t.test('a signal of the caller', async (t) => {
	const rules = statusRulesOf({ 'fail-on': ['any'], 'exit-status': ['any=9'] });
	t.equal(statusByRules(ended('SIGTERM', pids), rules, 'SIGTERM').status, 143);
	t.equal(statusByRules(ended(3, pids), rules, 'SIGTERM').status, 3);
	t.equal(statusByRules(ended('SIGKILL', killed), rules, 'SIGTERM').status, 9, 'a limit was faster');
	t.equal(statusByRules(ended(0, pids), rules, 'SIGTERM').status, 9, 'it passed all the same');
});

t.test('what is refused', async (t) => {
	for (const [values, message] of [
		[{ 'fail-on': ['pid.max'] }, '--fail-on: "pid.max" is not a limit that a verdict names; did you mean "pids.max"?'],
		[{ 'fail-on': ['pids.max,'] }, /^--fail-on: "" is not a limit that a verdict names: there are timeout, .*, any$/],
		[{ 'fail-on': ['xyzzy-xyzzy'] }, /: there are timeout, /],
		[
			{ 'fail-on': ['io.max'] },
			/^--fail-on: io.max: the kernel does not show when this limit is hit, so no verdict names it$/,
		],
		[{ 'fail-on': ['RLIMIT_NOFILE'] }, /^--fail-on: RLIMIT_NOFILE: the kernel does not show/],
		[{ 'exit-status': ['pids.max'] }, '--exit-status: "pids.max" is not of the form NAME=VALUE'],
		[{ 'exit-status': ['pids.max=x'] }, '--exit-status: "x" is not an integer'],
		[{ 'exit-status': ['pids.max=256'] }, '--exit-status: 256 is not a number from 0 to 255'],
		[{ 'exit-status': ['pids.max=-1'] }, '--exit-status: -1 is not a number from 0 to 255'],
		[{ 'exit-status': ['pids.max=125'] }, /^--exit-status: 125 says that procready failed/],
		[{ 'exit-status': ['pids.max=1', 'pids.max=2'] }, '--exit-status: pids.max is given twice'],
		[{ 'exit-status': ['timout=1'] }, /did you mean "timeout"\?$/],
	] as const)
		t.throws(() => statusRulesOf(values as never), { code: 'option-invalid', message }, JSON.stringify(values));
	t.strictSame(statusRulesOf({ 'fail-on': ['pids,memory'] }).failOn, ['pids.max', 'memory.max', 'memory']);
	t.strictSame([...statusRulesOf({ 'exit-status': ['swap=7'] }).statuses], [['memory.swap.max', 7]]);
	t.equal(statusRulesOf({ 'fail-on': ['hugetlb.2MB.max,hugetlb.1GB.rsvd.max'] }).failOn.length, 2);
});
