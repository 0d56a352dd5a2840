/** Bad suites: every mistake with its line, its column and what was expected there. */
import t from 'tap';
import { loadSuites } from '../../controller/harness/suite/load.js';
import { mistakesIn } from '../support/suites.js';

/** What is wrong, the text, and for each mistake where and what. */
const bad: [string, string, ...RegExp[]][] = [
	['no YAML', 'a: [\nb: }', /^2:1: this is not YAML: Flow sequence/, /^2:4: this is not YAML: Unexpected flow-map-end/],
	['no JSON', '{"cases": [}', /^1:12: this is not YAML: /, /^1:\d+: this is not YAML: /],
	['a key twice', 'command: a\ncommand: b\ncases: [{ name: x }]', /^2:1: this is not YAML: Map keys must be unique/],
	[
		'words of other programs',
		'command: a\ncases:\n  - name: x\n    retries: 3\n    working_dir: /',
		/^4:5: "retries" is not known; did you mean "retry"\?$/,
		/^5:5: "working_dir" is not known; did you mean "cwd"\?$/,
	],
	['an alias of nothing', 'command: a\ncases: [*x]', /^2:9: this is not YAML: no anchor &x stands before this$/],
	['empty', '', /^1:1: a suite is an object with "cases"$/],
	['a list', '- a', /^1:1: a suite is an object with "cases"$/],
	['no cases', 'command: a', /^1:1: cases is missing$/],
	['no case', 'command: a\ncases: []', /^2:8: cases must not be empty$/],
	['no object', 'command: a\ncases:\n  - x\n  - name: y', /^3:5: cases\[0\] must be an object$/],
	['no name', 'command: a\ncases:\n  - limits: {}', /^3:5: name is missing$/],
	['no command', 'cases:\n  - name: x', /^2:5: a case needs a "command" or a "shell"/],
	[
		'command and shell',
		'command: a\ncases:\n  - name: x\n    command: a\n    shell: b',
		/^5:12: there is "command" already, and it is one or the other$/,
	],
	[
		'an empty command',
		'command: []\ncases: [{ name: x }]',
		/^1:10: command must not be empty$/,
		/"command" or a "shell"/,
	],
	[
		'a command for a shell',
		'command: ls | wc\ncases: [{ name: x }]',
		/^1:10: "ls \| wc" holds "\|", which only a shell understands: quote it, or write "shell"/,
	],
	[
		'a quote without end',
		"command: ls 'x\ncases: [{ name: x }]",
		/^1:10: "ls 'x" has a quote or backslash without end$/,
	],
	[
		'unknown keys',
		'nam: a\ncommand: a\ndefaults:\n  limts: {}\ncases:\n  - name: x\n    cwdd: /',
		/^1:1: "nam" is not known; did you mean "name"\?$/,
		/^4:3: "limts" is not known; did you mean "limits"\?$/,
		/^7:5: "cwdd" is not known; did you mean "cwd"\?$/,
	],
	[
		'a key like no other',
		'command: a\nxylophone: 1\ncases: [{ name: x }]',
		/^2:1: "xylophone" is not known: there are \$schema, /,
	],
	[
		'what is for cases only',
		'command: a\ndefaults: { name: x, only: true }\ncases: [{ name: x }]',
		/^2:13: name must not be given here$/,
		/^2:22: only must not be given here$/,
	],
	[
		'wrong types',
		'command: a\ncases:\n  - name: [3]\n    env: [x]\n    repeat: often\n    only: no\n    before: { a: b }',
		/^3:11: name must be a string$/,
		/^4:10: env must be an object$/,
		/^5:13: repeat must be an integer$/,
		/^6:11: only must be true$/,
		/^7:13: before must be a string or an array$/,
	],
	[
		'numbers out of range',
		'command: a\ncases:\n  - { name: x, repeat: 0, retry: 101, nice: 20 }',
		/^3:24: repeat must be at least 1$/,
		/^3:34: retry must be at most 100$/,
		/^3:45: nice must be at most 19$/,
	],
	[
		'limits',
		'command: a\ncases:\n  - name: x\n    limits: { pids.max: -1, memory.max: 64MB, memory.hig: 1M, cpu.max: 0, colour: 1 }',
		/^4:25: pids\.max "-1" is not a number of tasks: an integer from 0 to 4194304, or max; no limit is written max$/,
		/^4:41: memory\.max "64MB" is not a size: MB could mean powers of 1024 or of 1000 bytes: write 64MiB, or 64000000$/,
		/^4:59: "memory\.hig" is not a limit; did you mean "memory\.high"\?$/,
		/^4:72: cpu\.max "0" is not a number of processors from 0\.001/,
		/^4:83: "colour" is not a limit$/,
	],
	[
		'options of the library',
		'command: a\ncases:\n  - { name: x, timeout: soon, user: "a:b:c", rlimits: { nofile: x, tea: 1 }, readonly: true }',
		/^3:25: timeout "soon" is not a positive time such as 500ms/,
		/^3:37: user /,
		/^3:65: nofile "x" is not of the form N or SOFT:HARD/,
		/^3:73: tea is not a resource limit: cpu,/,
		/^3:88: readonly is for a root file system of its own, and none is given$/,
	],
	[
		'expectations',
		"command: a\ncases:\n  - name: x\n    expect:\n      exitcode: 0\n      stdout: '/(/'\n      usage: { memory.peak: 3X, memory.peek: 1 }\n      hits: { pids.max: many }",
		/^5:7: "exitcode" is nothing that can be expected; did you mean "exitCode"\?$/,
		/^6:15: "\/\(\/" is not a regular expression of JavaScript: Unterminated group$/,
		/^7:29: "3X" is not a comparison: write "< 48M"/,
		/^7:33: "memory\.peek" is not a figure of the report; did you mean "memory\.peak"\?$/,
		/^8:25: "many" is not a comparison: write ">= 1"/,
	],
	[
		'expectations of no form',
		'command: a\ncases:\n  - { name: x, expect: passed }\n  - { name: y, expect: { files: x } }',
		/^3:24: expect must be an object$/,
		/^4:\d+: must be an object of paths and what is in them$/,
	],
	[
		'a matrix of no limits',
		'command: a\ncases:\n  - name: x\n    matrix: { pids.mx: [1], colour: [1], memory.max: [1M, x], env.A: [] }',
		/^4:15: "pids\.mx" is not a limit; a matrix is of limits, of env\.NAME and of rlimits\.NAME; did you mean "pids\.max"\?$/,
		/^4:29: "colour" is not a limit; a matrix is of limits, of env\.NAME and of rlimits\.NAME$/,
		/^4:59: memory\.max "x" is not a size/,
		/^4:70: env\.A must not be empty$/,
	],
	[
		'only and skip',
		'command: a\ncases:\n  - { name: x, only: true, skip: why }\n  - { name: y, skip: "" }',
		/^3:28: a case has "only" or "skip", not both$/,
		/^4:22: skip must not be empty$/,
	],
	[
		'names that are there already',
		`command: a\ncases:\n  - name: x\n  - name: y\n  - name: x\n  - { name: 'z\${pids.max}', matrix: { pids.max: [1, 1] } }`,
		/^5:11: the name "x" is that of the case in line 3 already$/,
		/^6:13: the name "z1" is that of the case in line 6 already$/,
	],
	[
		'a mistake in the defaults is said once',
		'command: a\ndefaults: { limits: { pids.max: x } }\ncases: [{ name: x }, { name: y }]',
		/^2:33: pids\.max "x" is not a number of tasks/,
	],
];

for (const [name, text, ...expected] of bad)
	t.test(name, async (t) => {
		const mistakes = mistakesIn(text);
		t.match(mistakes, expected);
		t.equal(mistakes.length, expected.length, mistakes.join('\n'));
	});

t.test('all mistakes of all files, those that cannot be read too', async (t) => {
	const dir = t.testdir({
		'a.yaml': 'cases: 3',
		'b.json': '{"cases":[{"name":"x","shell":"y","nam":1}]}',
		'c.yaml': 'command: a\ncases: [{ name: x }]',
	});
	const { suites, mistakes } = loadSuites(['a.yaml', 'b.json', 'c.yaml', 'd.yaml'].map((file) => `${dir}/${file}`));
	t.strictSame(
		mistakes.map(({ file, line, column, message }) => `${file.slice(dir.length + 1)}:${line}:${column}: ${message}`),
		[
			'a.yaml:1:8: cases must be an array',
			'b.json:1:35: "nam" is not known; did you mean "name"?',
			'd.yaml:1:1: the file cannot be read: ENOENT: it is not there, or the directory above it is not',
		],
	);
	t.strictSame(
		suites.map(({ name }) => name),
		['c'],
	);
});

t.test('what is wrong in many cases is said once, with how many they are', async (t) => {
	const many = Array.from({ length: 100 }, (_, index) => index + 1).join(', ');
	for (const [what, text, ...expected] of [
		[
			'defaults',
			'command: a\ndefaults: { timeout: 1 }\ncases: [{ name: x }, { name: y }, { name: z }]',
			'2:22: timeout "1" has no unit: write "1s" or "1ms" (in 3 cases)',
		],
		[
			'a template, of which each value makes another message',
			`command: a\ncases:\n  - name: x \${pids.max}\n    timeout: \${pids.max}\n    matrix: { pids.max: [${many}] }`,
			'4:14: timeout "1" has no unit: write "1s" or "1ms" (in 100 cases)',
		],
		[
			'one value of a matrix, beside others',
			'command: a\ncases:\n  - name: x\n    matrix: { pids.max: [1, 0.5], env.A: [a, b, c] }',
			/^4:29: .*\(in 3 cases\)$/,
		],
		[
			'one case only',
			'command: a\ncases:\n  - { name: x, timeout: 1 }\n  - { name: y, timeout: 2 }',
			'3:25: timeout "1" has no unit: write "1s" or "1ms"',
			'4:25: timeout "2" has no unit: write "2s" or "2ms"',
		],
		[
			'two in one place',
			'command: a\ndefaults: { expect: { usage: { nonsense: 1 }, wall: 3 } }\ncases: [{ name: x }, { name: y }]',
			/^2:32: "nonsense" is not a figure of the report.* \(in 2 cases\)$/,
			'2:53: wall "3" has no unit: write "3s" or "3ms" (in 2 cases)',
		],
	] as const) {
		const found = mistakesIn(text);
		t.equal(found.length, expected.length, `${what}: ${found.join('; ')}`);
		for (const [index, one] of expected.entries()) t.match(found[index], one, what);
	}
});
