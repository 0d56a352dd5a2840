/** The language of expectations: what holds, what does not and how that is said, and what is no expectation. */
import t from 'tap';
import type { RunResult } from '../../controller/container/run.js';
import { ProcreadyError } from '../../controller/errors.js';
import { parseAmount, shown, type Unit } from '../../controller/harness/expect/amount.js';
import { check, compile } from '../../controller/harness/expect/check.js';
import { type Expectations, withDefaults } from '../../controller/harness/expect/expectations.js';
import { whole } from '../../controller/harness/expect/text.js';
import { didYouMean } from '../../controller/model/closest.js';
import { writtenOf } from '../support/written.js';

const usage = (counts: object = {}) =>
	({
		tasks: { peak: 4, refused: 2, ...counts },
		memory: { peak: 3 * 2 ** 20, limitHits: 0, highHits: null, swapHits: null, oomKills: 0 },
		cpu: { total: 12.5, user: 10, system: 2.5, throttledPeriods: 0 },
		pressure: { cpu: { some: null, full: null } },
		rusage: { maxrss: 4096, utime: 10, stime: 2 },
	}) as unknown as RunResult['usage'];

const refusedForks = {
	limit: 'pids.max',
	level: 'self',
	value: '4',
	hits: 2,
	evidence: 'pids.events max 2',
	fatal: false,
	sentence: 'The limit of 4 tasks was hit: 2 forks refused.',
};

const came = ({ stdout = 'one\ntwo\n', stderr = '', ...more }: Partial<RunResult> & object = {}) =>
	({
		exitCode: 0,
		signal: null,
		wallTime: 1500,
		stdout,
		stderr,
		truncated: false,
		written: { stdout: writtenOf(stdout), stderr: writtenOf(stderr) },
		usage: usage(),
		verdict: { outcome: 'passed', causes: [refusedForks], sentence: 'It exited with status 0.' },
		...more,
	}) as RunResult;

const killed = came({
	exitCode: null,
	signal: 'SIGKILL',
	verdict: { outcome: 'signaled', causes: [], sentence: 'SIGKILL ended it.' },
});

const holding: [Expectations, RunResult?][] = [
	[{}],
	[{ exitCode: 0 }],
	[{ exitCode: '0..3' }],
	[{ exitCode: '!= 1' }],
	[{ signal: null }],
	[{ signal: 'SIGKILL' }, killed],
	[{ verdict: 'passed' }],
	[{ verdict: ['failed', 'passed'] }],
	[{ verdict: 'any' }, killed],
	[{ stdout: 'one\ntwo' }],
	[{ stdout: 'one\ntwo\n' }],
	[{ stdout: '/^two$/m' }],
	[{ stdout: '/ONE/i' }],
	[{ stdout: { contains: ['one', 'two'], lacks: 'three', lines: 2, size: '8', matches: ['^one', '/two/'] } }],
	[{ stderr: '' }],
	[{ stderr: { lines: 0, size: 0 } }],
	[{ stdout: { equals: '/x/' } }, came({ stdout: '/x/\n' })],
	[{ stdout: '/^sum \\d+$/' }, came({ stdout: 'sum 3\n' })],
	[{ stdout: { matches: '^sum \\d+\n$' } }, came({ stdout: 'sum 3\n' })],
	[{ hits: { 'pids.max': '>= 1' } }],
	[{ hits: { 'pids.max': 2, 'memory.max': 0, timeout: 0, 'cpu.max': 0 } }],
	[{ hits: 'none' }, came({ verdict: { outcome: 'passed', causes: [], sentence: '' } })],
	[{ usage: { 'memory.peak': '<= 3M', 'tasks.peak': '1..4', 'cpu.time': '< 20ms', 'cpu.user': '10' } }],
	[{ wall: '1s..2s' }],
];

t.test('what holds', async (t) => {
	for (const [expectations, result = came()] of holding)
		t.strictSame(check(expectations, result), [], JSON.stringify(expectations));
	t.strictSame(check({ files: { a: '/x/', b: { exists: false } } }, came(), { a: whole('xyz') }), []);
	t.strictSame(check({ error: 'command-not-found' }, new ProcreadyError('command-not-found', 'no')), []);
});

t.test('what does not hold is said: where, what was expected, what was found', async (t) => {
	for (const [expectations, where, sentence, result = came()] of [
		[{ exitCode: 1 }, '/exitCode', 'exit status was 0, and 1 was expected.'],
		[{ exitCode: 0 }, '/exitCode', 'exit status was none, SIGKILL ended it, and 0 was expected.', killed],
		[{ signal: null }, '/signal', 'signal was SIGKILL, and none was expected.', killed],
		[{ signal: 'SIGKILL' }, '/signal', 'signal was none, it exited with 0, and SIGKILL was expected.'],
		[{ verdict: 'failed' }, '/verdict', 'verdict was passed: It exited with status 0, and failed was expected.'],
		[{ stdout: 'one' }, '/stdout', 'stdout is "one\\ntwo\\n", and "one" was expected.'],
		[{ stdout: '/three/' }, '/stdout', 'stdout is "one\\ntwo\\n", and text that matches /three/ was expected.'],
		[{ stdout: { lacks: 'two' } }, '/stdout', 'stdout is "one\\ntwo\\n", and text without "two" was expected.'],
		[{ stdout: { lines: '> 2' } }, '/stdout', 'stdout has 2 lines, and > 2 was expected.'],
		[
			{ stdout: '/^sum \\d+$/' },
			'/stdout',
			'stdout is "sum 3\\n\\n", and text that matches /^sum \\d+$/ was expected.',
			came({ stdout: 'sum 3\n\n' }),
		],
		[{ stderr: { size: 1 } }, '/stderr', 'stderr has 0 bytes, and 1 was expected.'],
		[{ hits: { 'pids.max': '> 2' } }, '/hits/pids.max', 'hits of pids.max was 2, and > 2 was expected.'],
		[
			{ hits: { 'memory.high': 0 } },
			'/hits/memory.high',
			'hits of memory.high is not counted on this host, and 0 was expected.',
		],
		[
			{ hits: 'none' },
			'/hits',
			'hits was pids.max: The limit of 4 tasks was hit: 2 forks refused, and none was expected.',
		],
		[{ usage: { 'memory.peak': '< 3M' } }, '/usage/memory.peak', 'memory.peak was 3 MiB, and < 3M was expected.'],
		[
			{ usage: { 'pressure.cpu.some': 0 } },
			'/usage/pressure.cpu.some',
			'pressure.cpu.some is not counted on this host, and 0 was expected.',
		],
		[{ wall: '< 1.5s' }, '/wall', 'wall was 1.5 s (1500 ms), and < 1.5s was expected.'],
		[{ files: { out: 'x' } }, '/files/out', 'out was no file, and a file was expected.'],
		[{ error: 'command-not-found' }, '/error', 'error was it ran, and command-not-found was expected.'],
	] as [Expectations, string, string, RunResult?][])
		t.match(check(expectations, result), [{ where, sentence }], JSON.stringify(expectations));
	t.match(check({ files: { out: { exists: false } } }, came(), { out: whole('') }), [{ expected: 'no file' }]);
	t.match(
		check({ exitCode: 0 }, new ProcreadyError('limit-too-small', 'memory.max: …')),
		[{ where: '/error', expected: 'none', found: 'limit-too-small: memory.max: …' }],
		'an error that nobody expected is a failure, whatever else is expected',
	);
	t.equal(check({ exitCode: 1, stdout: 'x', wall: 0 }, came()).length, 3, 'all of it is said');
});

t.test('long text is shown by its beginning and its end', async (t) => {
	const [failure] = check({ stdout: 'x' }, came({ stdout: `begin${'-'.repeat(5000)}end` }));
	t.match(failure?.found, /^"begin-+ … -+end"$/);
	t.ok(Number(failure?.found.length) < 1000);
});

t.test('what is no expectation: every mistake, with its place', async (t) => {
	for (const [expectations, ...expected] of [
		[{ exitcode: 0 }, ['/exitcode', /"exitcode" is nothing that can be expected; did you mean "exitCode"\?/]],
		[{ exitCode: 'zero' }, ['/exitCode', /"zero" is not a comparison: write ">= 1"/]],
		[{ exitCode: '3..1' }, ['/exitCode', /"3\.\.1" is empty: 3 is more than 1/]],
		[{ signal: 9 }, ['/signal', /9 is neither the name of a signal such as SIGKILL/]],
		[{ verdict: 'pased' }, ['/verdict', /"pased" is not an outcome; did you mean "passed"\?/]],
		[{ verdict: ['passed', 'x'] }, ['/verdict/1', /"x" is not an outcome/]],
		[{ error: 'not-found' }, ['/error', /no code of an error/]],
		[{ stdout: 3 }, ['/stdout', /must be text, "\/regular expression\/", or an object of equals,/]],
		[{ stdout: '/(/' }, ['/stdout', /"\/\(\/" is not a regular expression of JavaScript: Unterminated group/]],
		[
			{ stdout: { contain: 'x', matches: ['a', '['], lines: 'x' } },
			['/stdout/contain', /"contain" is none of equals, .*; did you mean "contains"\?/],
			['/stdout/matches/1', /not a regular expression/],
			['/stdout/lines', /not a comparison/],
		],
		[{ hits: { 'pid.max': 1 } }, ['/hits/pid.max', /; did you mean "pids.max"\?/]],
		[{ hits: 3 }, ['/hits', /must be an object of limits/]],
		[
			{ usage: { 'memory.peek': 1, 'memory.peak': '< 48MB', 'cpu.total': '< 1x' } },
			['/usage/memory.peek', /not a figure of the report; did you mean "memory.peak"\?/],
			['/usage/memory.peak', /"< 48MB" is not a comparison: write "< 48M"/],
			['/usage/cpu.total', /"< 1x" is not a comparison: write "< 200ms"/],
		],
		[{ wall: '2 weeks' }, ['/wall', /not a comparison/]],
		[{ files: { 'a/b': { exists: 'no' } } }, ['/files/a~1b/exists', /must be true or false/]],
		[{ files: [] }, ['/files', /must be an object of paths/]],
	] as [Expectations, ...[string, RegExp][]][]) {
		const { mistakes } = compile(expectations);
		t.match(
			mistakes.map(({ where, message }) => [where, message]),
			expected,
			JSON.stringify(expectations),
		);
		t.equal(mistakes.length, expected.length);
		t.throws(() => check(expectations, came()), { code: 'option-invalid' });
	}
});

t.test('comparisons, at the bound and beside it', async (t) => {
	for (const [text, unit, yes, no] of [
		['3', 'count', [3], [2, 4]],
		['= 3', 'count', [3], [2, 4]],
		['==3', 'count', [3], [2, 4]],
		['!= 3', 'count', [2, 4], [3]],
		['< 3', 'count', [2], [3, 4]],
		['<= 3', 'count', [2, 3], [4]],
		['>3', 'count', [4], [2, 3]],
		['>= 3', 'count', [3, 4], [2]],
		['1..3', 'count', [1, 2, 3], [0, 4]],
		['< 48M', 'bytes', [48 * 2 ** 20 - 1], [48 * 2 ** 20]],
		['1K .. 1.5KiB', 'bytes', [1024, 1536], [1023, 1537]],
		['0', 'bytes', [0], [1]],
		['<= 0.5s', 'milliseconds', [500], [500.001]],
		['< 250us', 'milliseconds', [0.249], [0.25]],
		['> 250', 'milliseconds', [250.1], [250]],
	] as [string, Unit, number[], number[]][]) {
		const { holds } = parseAmount(text, unit, '/x');
		for (const value of yes) t.ok(holds(value), `${value} is ${text}`);
		for (const value of no) t.notOk(holds(value), `${value} is not ${text}`);
	}
	for (const text of ['', '<', '=> 3', '1..', '..3', '3 4', '-1', 'max', true, null, {}])
		t.throws(() => parseAmount(text, 'count', '/x'), { code: 'option-invalid', where: '/x' }, JSON.stringify(text));
});

t.test('a figure is exact where its short form is not', async (t) => {
	t.equal(shown(2 ** 20, 'bytes'), '1 MiB');
	t.equal(shown(2 ** 20 + 1, 'bytes'), '1 MiB (1048577 bytes)');
	t.equal(shown(12, 'bytes'), '12 bytes');
	t.equal(shown(12.5, 'milliseconds'), '12.5 ms');
	t.equal(shown(2001, 'milliseconds'), '2 s (2001 ms)');
});

t.test('without a word about the end it is expected to pass', async (t) => {
	t.strictSame(withDefaults({ stdout: 'x' }), { verdict: 'passed', stdout: 'x' });
	for (const given of [{ exitCode: 1 }, { signal: null }, { verdict: 'any' }, { error: 'aborted' }] as Expectations[])
		t.strictSame(withDefaults(given), given);
});

t.test('a pattern that tries every way there is ends, and is named', async (t) => {
	const stdout = `${'a'.repeat(40)}b`;
	for (const pattern of ['/^(a+)+$/', '/^(a|aa)+$/', '/^(\\w+\\s?)*$/'])
		t.match(check({ stdout: pattern }, came({ stdout: `${stdout}!` })), [
			{
				where: '/stdout',
				expected: `text that matches ${pattern}`,
				sentence: /was not searched to the end for \/\^.*more than 2 s/,
			},
		]);
	t.match(check({ stdout: { matches: '^(?:a|b)*c' } }, came({ stdout: 'a'.repeat(10_000_000) })), [
		// which of the two limits is met first is the machine's to say
		{ sentence: /was not searched to the end for .*(the text is too long for it: Maximum call stack|more than 2 s)/ },
	]);
	t.strictSame(check({ stdout: { matches: '^(a+)+b$' } }, came({ stdout })), [], 'the next one is as ever');
});

t.test('what may have been meant', async (t) => {
	t.equal(didYouMean('pids.maks', ['pids.max', 'cpu.max']), '; did you mean "pids.max"?');
	t.equal(didYouMean('colour', ['pids.max', 'cpu.max']), '');
	t.equal(didYouMean('x', []), '');
});

t.test(
	'a command that is not there is expected by the status that a shell gives it, and only by just that',
	async (t) => {
		const absent = new ProcreadyError('command-not-found', 'no-such: it is not there');
		const unfit = new ProcreadyError('command-not-executable', 'it is text');
		for (const [expected, error] of [
			[{ exitCode: 127 }, absent],
			[{ exitCode: '= 127' }, absent],
			[{ exitCode: 127, verdict: 'failed', signal: null, stdout: '', stderr: { lines: 0 }, hits: 'none' }, absent],
			[{ exitCode: 126 }, unfit],
		] as [Expectations, ProcreadyError][])
			t.strictSame(check(expected, error), [], JSON.stringify(expected));
		for (const [expected, error] of [
			[{ exitCode: 126 }, absent],
			[{ exitCode: 127 }, unfit],
			[{ exitCode: '> 0' }, absent],
			[{ exitCode: '127..255' }, absent],
			[{ verdict: 'any' }, absent],
			[{ exitCode: 127 }, new ProcreadyError('cwd-invalid', 'no')],
		] as [Expectations, ProcreadyError][])
			t.match(check(expected, error), [{ where: '/error' }], JSON.stringify(expected));
		const missing = { exitCode: 127, stdout: 'x', wall: '< 1s', usage: { 'tasks.peak': 1 } };
		t.match(check(missing, absent), [
			{ where: '/stdout', found: '""' },
			{ where: '/wall', sentence: 'wall is not known, as no program ran, and < 1s was expected.' },
			{ where: '/usage/tasks.peak', found: 'not known, as no program ran' },
		]);
	},
);

t.test('a regular expression may take the line feed at the end as there or not, in streams and in files', async (t) => {
	for (const stdout of ['done', 'done\n'])
		for (const pattern of ['/^done$/', '/done$/', '/^done\\n?$/'])
			t.strictSame(
				check({ stdout: pattern, files: { f: pattern } }, came({ stdout }), { f: whole(stdout) }),
				[],
				pattern,
			);
	t.equal(check({ stdout: '/^done\\n$/' }, came({ stdout: 'done\n' })).length, 0, 'whoever wants it finds it');
	t.equal(check({ stdout: '/^done$/' }, came({ stdout: 'done\n\n' })).length, 1, 'one, not two');
});
