/** Suites that are too much, and suites that are damaged: a clear mistake in time, never another error. */
import { execFileSync } from 'node:child_process';
import { truncateSync } from 'node:fs';
import t from 'tap';
import { loadSuites } from '../../controller/harness/suite/load.js';
import { mistakesIn, suiteOf } from '../support/suites.js';

const one = (lines: string) => `command: a\ncases:\n  - name: x\n${lines}`;
const values = (count: number) => `[${Array.from({ length: count }, (_, i) => i + 1).join(', ')}]`;
const matrix = (...counts: number[]) =>
	one(`    matrix: { ${counts.map((count, i) => `env.V${i}: ${values(count)}`).join(', ')} }`);
const bomb = (levels: number) =>
	Array.from({ length: levels }, (_, i) => `  - &a${i} [${Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`)}]`).join('\n');
const chain = Array.from({ length: 5000 }, (_, i) => `  - &a${i} [${i === 0 ? 'x' : `*a${i - 1}`}]`).join('\n');

t.test('what is too much has a limit, and a sentence that says which', async (t) => {
	for (const [name, text, expected] of [
		[
			'a matrix of 10^8',
			matrix(100, 100, 100, 100),
			/^4:5: a suite has at most 10000 cases, and with this there are more$/,
		],
		['a matrix of one more than 10^4', matrix(10_001), /^4:5: a suite has at most 10000 cases/],
		[
			'cases of 10^4 and one more',
			`command: a\ncases: [${'{ name: x }, '.repeat(10_001)}]`,
			/^2:\d+: a suite has at most 10000 cases/,
		],
		['200,000 nested [', '['.repeat(200_000), /^1:101: this is nested more than 100 deep$/],
		['200,000 nested {', '{a: '.repeat(200_000), /^1:\d+: this is nested more than 100 deep$/],
		['200,000 nested -', '- '.repeat(200_000), /^1:\d+: this is nested more than 100 deep$/],
		[
			'nested by columns',
			Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
			/nested more than 100 deep/,
		],
		['an alias bomb', one(`    args:\n${bomb(9)}`), /: with its aliases this stands for more than 100000 values$/],
		['an alias chain', one(`    args:\n${chain}`), /: this is nested more than 100 deep, or holds itself$/],
		[
			'a merge bomb',
			`a: &a { ${'x'.repeat(99)}: 1 }\n${'<<: *a\n'.repeat(3)}`,
			/Map keys must be unique|is not known|cases/,
		],
		['what holds itself', one('    args: &a [*a]'), /^4:\d+: this is nested more than 100 deep, or holds itself$/],
		['an object that holds itself', one('    env: &a { <<: *a }'), /holds itself/],
		['a text of more than a mebicharacter', `# ${'x'.repeat(2 ** 20)}`, /^1:1: a suite has at most 1048576 characters/],
		['two documents', 'cases: []\n---\ncases: []', /^2:\d+: this is a second document, and a suite is one$/],
		['YAML 1.1', `%YAML 1.1\n---\n${one('')}`, /^1:1: a suite is YAML 1\.2: leave %YAML out$/],
		['a set', one('    env: !!set { a }'), /this is not YAML: Unresolved tag/],
		['a name that is a list', one('    env: { [a]: b }'), /^4:\d+: the name of a member must be text$/],
		['a merge of a text', one('    env: { <<: x }'), /^4:\d+: << takes the members of an object/],
	] as [string, string, RegExp][]) {
		const mistakes = mistakesIn(text);
		t.match(mistakes.join('\n'), expected, name);
	}
});

t.test('what is as much as may be', async (t) => {
	t.equal(suiteOf(matrix(100, 100)).cases.length, 10_000);
	t.equal(mistakesIn(`${'['.repeat(98)}${']'.repeat(98)}`).join(), '1:1: a suite is an object with "cases"');
	t.strictSame(mistakesIn(`${one('')}\n${'#'.repeat(2 ** 20 - one('').length - 1)}`), []);
	const aliased = Array.from({ length: 500 }, (_, i) => `  - { name: x${i}, <<: *all }`).join('\n');
	t.equal(suiteOf(`command: a\ndefaults: &all { env: { A: b } }\ncases:\n${aliased}`).cases.length, 500);
});

t.test('what is no file of a suite is not read', async (t) => {
	const dir = t.testdir({ large: '' });
	truncateSync(`${dir}/large`, 100 * 2 ** 20);
	execFileSync('mkfifo', [`${dir}/fifo`]);
	const { mistakes } = loadSuites([`${dir}/large`, `${dir}/fifo`, dir, '/dev/zero']);
	t.match(
		mistakes.map(({ message }) => message),
		[/^a suite has at most/, 'this is a FIFO, and a suite is a file', /^this is a directory/, /^this is a device/],
	);
});

const whole = `
name: all of it
defaults: &all { limits: { memory.max: 64M, pids.max: 4, cpu.idle: true }, env: { A: 1, B: ~ }, timeout: 5s }
before: [touch x]
cases:
  - name: a matrix
    <<: *all
    command: [echo, 010, '\${pids.max}']
    matrix: { pids.max: [1, 2], env.C: [yes, 3.10], rlimits.nofile: [10] }
    schedule: [{ at: 10ms, set: { memory.max: 1M }, freeze: 1s }, { on: pids.max, hits: 2, signal: SIGTERM }]
    network: none
    mounts: [{ destination: /x, type: bind, source: y, options: [rbind, ro] }]
    expect: { exitCode: 0, signal: null, stdout: { lacks: [a, b], lines: '> 1' }, files: { a: { exists: false } } }
  - { name: other, shell: 'cat', input: { file: x }, umask: 022, user: 1000, groups: [1], nice: 3, skip: why }
  - { name: third, shell: x, repeat: 2, expect: { hits: none, wall: '< 2s', usage: { memory.peak: 1..2M }, error: aborted } }
`;

/** Numbers from 0 on, always the same: mulberry32. */
function numbers(seed: number) {
	let state = seed;
	return (below: number) => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
	};
}

const pieces = [
	'null',
	'~',
	'true',
	'-1',
	'1e999',
	'.nan',
	'010',
	'{}',
	'[]',
	'""',
	'*all',
	'&a',
	'<<',
	'__proto__',
	'!!int',
];
const signs = [
	...'[]{}:,&*!|>\'"%@`#?- \n\t\0',
	'\u2028',
	'\ud800',
	'toString',
	'constructor',
	'length',
	`\${pids.max}`,
];

t.test('suites that are damaged give mistakes or run, and never another error', async (t) => {
	const random = numbers(13);
	const words = whole.split(/(?<=[\s,[\]{}:])|(?=[\s,[\]{}:])/);
	const damages: ((parts: string[], at: number) => void)[] = [
		(parts, at) => parts.splice(at, 1),
		(parts, at) => parts.splice(at, 1, pieces[random(pieces.length)] as string),
		(parts, at) => parts.splice(at, 0, pieces[random(pieces.length)] as string, ', '),
		(parts, at) => parts.splice(at, 0, signs[random(signs.length)] as string),
		(parts, at) => parts.splice(at, 1, words[random(words.length)] as string),
		(parts, at) => parts.splice(at, 1 + random(5), ...parts.slice(random(parts.length)).slice(0, random(9))),
	];
	t.strictSame(mistakesIn(whole), []);
	let good = 0;
	for (let i = 0; i < 400; i++) {
		const parts = [...words];
		for (let j = random(3); j >= 0; j--) damages[random(damages.length)]?.(parts, random(parts.length));
		const text = parts.join('');
		try {
			const mistakes = mistakesIn(text);
			if (mistakes.length === 0) good++;
			for (const mistake of mistakes) if (!/^\d+:\d+: ./s.test(mistake)) t.fail(mistake, { text });
		} catch (error) {
			t.fail(String(error), { error, text });
		}
	}
	t.ok(good > 10 && good < 390, `${good} of 400 are suites all the same`);
});
