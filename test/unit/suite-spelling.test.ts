/** Numbers, true, false and null in suites: as they are written where text is meant, refused where two things may be. */
import t from 'tap';
import { mistakesIn, suiteOf } from '../support/suites.js';

const caseOf = (lines: string) => suiteOf(`command: a\ncases:\n  - name: x\n    ${lines}`).cases[0];

/** YAML takes these for numbers, for true and false, and for null. */
const words = [
	'010',
	'0x10',
	'.5',
	'1_000',
	'3.10',
	'1e3',
	'-0',
	'.nan',
	'true',
	'No',
	'FALSE',
	'null',
	'~',
	'2024-01-01',
	'12:30',
];

t.test('where text is meant it arrives as it is written', async (t) => {
	for (const word of words) {
		const quoted = JSON.stringify(word);
		for (const [lines, expected] of [
			[`command: [echo, ${word}]`, { args: ['echo', word] }],
			[`args: [${word}]`, { args: ['a', word] }],
			[`env: { V: ${word} }`, { options: { env: { V: word } } }],
			[`input: ${word}`, { input: word }],
			[`expect: { stdout: ${word} }`, { expect: { stdout: word } }],
			[`expect: { stderr: { contains: [${word}], equals: ${word} } }`, { expect: { stderr: { contains: [word] } } }],
			[`expect: { files: { ${word}: ${word} } }`, { expect: { files: { [word]: word } } }],
			[
				`limits: { set: { memory.zswap.max: ${word} } }`,
				{ options: { limits: { set: { 'memory.zswap.max': word } } } },
			],
			[`cwd: ${word}`, { options: { cwd: `/suites/${word}` } }],
			[`matrix: { env.V: [${word}] }\n    args: ['\${env.V}']`, { args: ['a', word], options: { env: { V: word } } }],
			[`skip: ${word}`, { skip: word }],
			[`before: [${word}]`, { before: [word] }],
		] as const) {
			t.match(caseOf(lines), expected, lines);
		}
		t.equal(suiteOf(`name: ${word}\ncommand: a\ncases: [{ name: ${word} }]`).cases[0]?.name, word);
		t.match(caseOf(`env: { V: ${quoted} }`), { options: { env: { V: word } } }, 'as the same in quotes');
	}
	t.match(caseOf('shell: true'), { args: ['sh', '-c', 'true'] });
	t.match(caseOf('user: 1000'), { options: { user: '1000' } });
	t.match(caseOf('umask: 022'), { options: { umask: '022' } });
	t.match(caseOf('command: [echo, &n 010, *n]'), { args: ['echo', '010', '010'] }, 'also by an alias');
});

t.test('JSON alike', async (t) => {
	const { cases } = suiteOf(
		'{"command": ["echo", 3.10], "cases": [{"name": "x", "env": {"V": 1.0, "T": true}, "umask": 27}]}',
	);
	t.match(cases, [{ args: ['echo', '3.10'], options: { env: { V: '1.0', T: 'true' }, umask: '27' } }]);
});

t.test('where no text is meant it is what YAML takes it for', async (t) => {
	t.match(caseOf('repeat: 3\n    only: true\n    alone: false\n    nice: -5\n    expect: { signal: null }'), {
		repeat: 3,
		only: true,
		alone: false,
		options: { nice: -5 },
		expect: { signal: null },
	});
	t.match(caseOf('limits: { io: [{ device: 8:0, riops: 10 }], cpuset.cpus: [0, 1], cpuWeight: 50, cpuIdle: True }'), {
		options: { limits: { io: [{ riops: 10 }], cpus: [0, 1], cpuWeight: 50, cpuIdle: true } },
	});
	t.match(caseOf('rootfs: /r\n    devices: [{ path: /dev/x, type: c, major: 1, minor: 3 }]'), {
		options: { devices: [{ major: 1, minor: 3 }] },
	});
});

t.test('what may be two things is refused, and both are said', async (t) => {
	const one = (lines: string) => mistakesIn(`command: a\ncases:\n  - name: x\n    ${lines}`);
	for (const [lines, ...expected] of [
		['timeout: 1', '4:14: timeout "1" has no unit: write "1s" or "1ms"'],
		['setupTimeout: 1', '4:19: setupTimeout "1" has no unit: write "1s" or "1ms"'],
		["timeout: '1.5'", '4:14: timeout "1.5" has no unit: write "1.5s" or "1.5ms"'],
		[
			'schedule: [{ at: 200, freeze: 5, signal: SIGTERM }]',
			/at "200" has no unit: write "200s"/,
			/freeze "5" has no unit/,
		],
		["expect: { wall: '< 2' }", '4:21: wall "< 2" has no unit: write "< 2s" or "< 2ms"'],
		['expect: { wall: 1..2s }', '4:21: wall "1..2s" has no unit: write "1s..2s" or "1ms..2s"'],
		['expect: { usage: { cpu.time: .5 } }', /cpu\.time "\.5" has no unit: write "\.5s" or "\.5ms"/],
		['nice: 010', '4:11: 010 is 10 in YAML, and octal elsewhere: write 10'],
		['umask: 18', /umask "18" is not a umask: octal digits, 0 to 777/],
		['env: { V: }', /V must be a string or a number or true or false|env\.V|V must be/],
	] as [string, ...(string | RegExp)[]][])
		t.match(one(lines), expected, lines);
	t.strictSame(one('expect: { wall: 0..1s, usage: { cpu.time: 0, memory.peak: 1..2, tasks.peak: 3 } }'), []);
	t.strictSame(one('timeout: 1s'), []);
	t.strictSame(one('setupTimeout: 0'), []);
});
