/** Which cases run: by files, lines, names and what failed last; what is remembered of them; and how long they will take. */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { saidLines } from '../../controller/harness/said.js';
import { estimateOf } from '../../controller/harness/suite/estimate.js';
import { openHistory } from '../../controller/harness/suite/history.js';
import { findNamed, loadSuites } from '../../controller/harness/suite/load.js';
import type { CaseOutcome, SuiteOutcome } from '../../controller/harness/suite/outcome.js';
import { selectCases, selectFailed, selectLines } from '../../controller/harness/suite/select.js';
import type { Suite } from '../../controller/harness/suite/suite.js';
import { suiteOf } from '../support/suites.js';
import { writtenOf } from '../support/written.js';

const text = `name: web
command: "true"
cases:
  - name: starts
    matrix: { pids.max: [1, 2] }

  # about the next one
  - name: ends
    expect:
      exitCode: 0
  - { name: says (a.b), args: [x] }
`;
const suite = suiteOf(text);
const namesOf = (suites: readonly Suite[] | undefined) => suites?.flatMap(({ cases }) => cases.map(({ name }) => name));

t.test('names: a text in them, or a regular expression', async (t) => {
	for (const [texts, expected] of [
		[['starts [pids.max=2]'], ['starts [pids.max=2]']],
		[['(a.b)'], ['says (a.b)']],
		[['/^web: (ends|says)/'], ['ends', 'says (a.b)']],
		[['/ENDS$/i'], ['ends']],
		[
			['/max=1/', 'ends'],
			['starts [pids.max=1]', 'ends'],
		],
	] as const)
		t.strictSame(namesOf(selectCases([suite], texts)), expected, texts.join());
	t.throws(() => selectCases([suite], ['/^ends/', 'q']), {
		code: 'option-invalid',
		message: /^--case: no case has a match of \/\^ends\/ or "q" in its name; procready test --list shows all$/,
	});
	t.throws(() => selectCases([suite], ['/(/']), {
		message: /^--case: "\/\(\/" is not a regular expression of JavaScript: /,
	});
});

t.test('lines: all of a case, from its first to its last', async (t) => {
	const at = (line: number) => namesOf(selectLines([suite], new Map([[suite.file, [line]]])));
	for (const line of [4, 5]) t.strictSame(at(line), ['starts [pids.max=1]', 'starts [pids.max=2]'], String(line));
	for (const line of [8, 9, 10]) t.strictSame(at(line), ['ends'], String(line));
	t.strictSame(at(11), ['says (a.b)']);
	t.throws(() => at(7), { message: /a\.procready\.yaml:7: no case stands in this line; "ends" stands in 8 to 10$/ });
	t.throws(() => at(99), { message: /no case stands in this line; "says \(a\.b\)" stands in 11 to 11$/ });
	t.equal(namesOf(selectLines([suite], new Map([['other.yaml', [1]]])))?.length, 4, 'other files are taken whole');
});

t.test('words: files, directories, and lines of files', async (t) => {
	const dir = t.testdir({
		'a.procready.yaml': text,
		'b:3': text,
		sub: { 'procready.json': '{}', 'other.yaml': '' },
		node_modules: { 'c.procready.yaml': '' },
		empty: {},
	});
	const found = (...words: string[]) => {
		const { files, lines } = findNamed(words.map((word) => join(dir, word)));
		return [files.map((file) => file.slice(dir.length + 1)), [...lines.values()].flat()];
	};
	t.strictSame(found('.'), [['a.procready.yaml', 'sub/procready.json'], []]);
	t.strictSame(found('sub'), [['sub/procready.json'], []]);
	t.strictSame(found('a.procready.yaml:4', 'a.procready.yaml:9:5'), [['a.procready.yaml'], [4, 9]]);
	t.strictSame(found('a.procready.yaml:4', '.'), [['a.procready.yaml', 'sub/procready.json'], []], 'whole after all');
	t.strictSame(found('b:3'), [['b:3'], []], 'a file of this name');
	t.strictSame(found('b:3:4'), [['b:3'], [4]]);
	t.throws(() => found('empty'), {
		code: 'option-invalid',
		message: /^there is no procready\.yaml nor \*\.procready\.yaml in .*empty or below$/,
	});
	t.equal(loadSuites(findNamed([join(dir, 'a.procready.yaml:4')]).files).suites.length, 1);
});

const outcomeOf =
	(status: CaseOutcome['status'], duration: number) =>
	(one: Suite['cases'][number]): CaseOutcome => ({
		case: one,
		status,
		failures: [],
		runs: status === 'skipped' ? 0 : 1,
		retried: 0,
		earlier: [],
		duration,
	});
const ended = (cases: CaseOutcome[], more: Partial<SuiteOutcome> = {}): SuiteOutcome => ({
	suite,
	cases,
	failures: [],
	duration: 1,
	...more,
});

t.test('what failed last is remembered from one process to the next, until it passes', async (t) => {
	const directory = join(t.testdir(), 'cache');
	const opened = () => openHistory(directory);
	t.equal(selectFailed([suite], opened()), undefined, 'nothing is known');
	const [first, second, third, fourth] = suite.cases as [Case, Case, Case, Case];
	opened().record(
		suite,
		ended([outcomeOf('failed', 5)(first), outcomeOf('passed', 7)(second), outcomeOf('failed', 9)(third)]),
	);
	t.strictSame(namesOf(selectFailed([suite], opened())), [first.name, third.name]);
	t.equal(opened().durationOf(suite, second), 7);
	t.equal(opened().durationOf(suite, fourth), undefined);
	opened().record(suite, ended([outcomeOf('passed', 4)(first), outcomeOf('skipped', 0)(third)]));
	t.strictSame(namesOf(selectFailed([suite], opened())), [third.name], 'what did not run is as it was');
	const failure = { where: '/before', what: 'before', expected: '', found: '', sentence: '' };
	opened().record(suite, ended(suite.cases.map(outcomeOf('skipped', 0)), { failures: [failure] }));
	t.equal(namesOf(selectFailed([suite], opened()))?.length, 4, 'the set-up failed, so none is known to pass');
	opened().record(suite, ended(suite.cases.map(outcomeOf('passed', 1))));
	t.equal(selectFailed([suite], opened()), undefined);
	const [file = ''] = readdirSync(directory);
	for (const nonsense of ['', 'null', '{"cases":{"ends":1}}', '{"cases":[]}']) {
		writeFileSync(join(directory, file), nonsense);
		t.equal(selectFailed([suite], opened()), undefined, nonsense);
	}
	mkdirSync(`${directory}-open`);
	chmodSync(`${directory}-open`, 0o777);
	const open = openHistory(`${directory}-open`);
	open.record(suite, ended([outcomeOf('failed', 1)(first)]));
	t.strictSame(readdirSync(`${directory}-open`), [], 'where others can write nothing is kept');
	t.strictSame(namesOf(selectFailed([suite], open)), [first.name], 'but in this process');
});

type Case = Suite['cases'][number];

t.test('how long the rest takes, by earlier runs and by those that are done', async (t) => {
	const [first, second, third, fourth] = suite.cases as [Case, Case, Case, Case];
	const unknown = estimateOf([suite], 1, () => undefined);
	t.equal(unknown.left(), undefined);
	unknown.ended(first, 100);
	t.equal(unknown.left(), 300);
	unknown.ended(second, 200);
	t.equal(unknown.left(), 300);
	const known = estimateOf([suite], 2, (_, one) => (one === first ? 1000 : one === second ? 3000 : undefined));
	t.equal(known.left(), (1000 + 3000 + 2000 + 2000) / 2);
	for (const one of [first, second, third]) known.ended(one, 0);
	t.equal(known.left(), 2000, 'one case keeps one job');
	known.ended(fourth, 1);
	t.equal(known.left(), 0);
	let now = 0;
	const running = estimateOf(
		[{ ...suite, cases: [first, second] }],
		1,
		() => 1000,
		() => now,
	);
	running.started(first);
	now = 400;
	t.equal(running.left(), 1600, 'the case that runs is partly done');
	now = 5000;
	t.equal(running.left(), 1000, 'one that takes longer than last time is about to end');
});

t.test('the end of what a program said', async (t) => {
	const said = (stdout: string, stderr = '') =>
		saidLines({ stdout, stderr, written: { stdout: writtenOf(stdout), stderr: writtenOf(stderr) } } as never);
	t.strictSame(said(''), []);
	t.strictSame(said('\n'), []);
	t.strictSame(said('a\tb\x1b[2J\n', 'c'), ['stdout:', '  a\tb\\x1b[2J', 'stderr:', '  c']);
	const many = said(Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\n'));
	t.equal(many.length, 11);
	t.match(many, ['stdout, its last 10 lines:', '  line 20']);
	t.equal(said('a'.repeat(400))[1], `  ${'a'.repeat(400)}`);
	t.equal(
		said(`${'a'.repeat(500)}${'b'.repeat(500)}`)[1],
		`  ${'a'.repeat(200)} … 600 characters … ${'b'.repeat(200)}`,
	);
	t.notMatch(said(`a${'🙂'.repeat(500)}`)[1], /\\ud/, 'no half of a character');
	t.strictSame(saidLines(undefined), []);
});
