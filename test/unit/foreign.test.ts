/** The words of other programs: each is taken or answered, and what is said to be written is an option of procready. */
import t from 'tap';
import { commands } from '../../controller/cli/commands.js';
import { parse } from '../../controller/flags/arguments.js';
import { answerTo, rows } from '../../controller/flags/foreign/answer.js';
import { properties } from '../../controller/flags/foreign/systemd.js';
import type { Flags } from '../../controller/model/flag.js';

const flagsOf: Record<string, Flags> = {};
for (const [name, load] of Object.entries(commands))
	flagsOf[name] = Object.assign({}, ...Object.values((await load()).page.topics));

/** Of each kind of value one. */
const samples = [
	'',
	'5',
	'64M',
	'64',
	'TERM',
	'name',
	'stdin',
	'bridge',
	'a=b',
	'/a',
	'/a:/b:z',
	'MemoryMax=1M',
	'cpu=1',
	'memory:/a',
];

/** What is said of a word, with values of all kinds. */
function answers(word: string, subcommand: string): (string | string[][])[] {
	const line = { subcommand, flags: flagsOf[subcommand] as Flags, lines: [], next: '5' };
	return samples.map((value) => answerTo(word, value, line)).filter((answer) => answer !== undefined);
}

t.test('each word is taken or answered, by the subcommands that it is for', async (t) => {
	for (const { words, for: subcommands = ['run'] } of rows)
		for (const word of words)
			for (const subcommand of subcommands)
				t.ok(answers(word, subcommand).length > 0, `procready ${subcommand} ${word}`);
	for (const name of Object.keys(properties))
		for (const value of ['5', 'yes', 'no'])
			t.throws(() => parse(['-p', `${name}=${value}`], flagsOf.run as Flags, 'run'), {
				message: new RegExp(`^-p ${name}=${value}: (?!procready has nothing)`),
			});
});

t.test('what is said to be written is there', async (t) => {
	for (const { words, for: subcommands = ['run', 'exec', 'search', 'update'] } of rows)
		for (const subcommand of subcommands)
			for (const answer of words
				.flatMap((word) => answers(word, subcommand))
				.filter((one) => typeof one === 'string')) {
				const written = /(?:write|is|are|by|or) ((?:-[^:;]*))$/.exec(answer as string)?.[1] ?? '';
				for (const [, flag] of written.matchAll(/(?:^| )--([a-z][a-z-]*)/g))
					t.ok(Object.hasOwn(flagsOf[subcommand] as Flags, flag as string), `${subcommand}: ${answer}`);
			}
});

t.test('aliases are no names of other options, and no two options have one', async (t) => {
	for (const [subcommand, flags] of Object.entries(flagsOf)) {
		const names = Object.entries(flags).flatMap(([name, { aliases = [] }]) => [name, ...aliases]);
		t.equal(new Set(names).size, names.length, subcommand);
		const letters = Object.values(flags).flatMap(({ short = [] }) => short);
		t.equal(new Set(letters).size, letters.length, subcommand);
	}
});

t.test('a word of another program does not hide one of ours', async (t) => {
	const { values } = parse(['-v', '/a:/b', '-u', '5', '-w', '/x', '-t', '-e', 'A=1'], flagsOf.run as Flags, 'run');
	t.strictSame(values, { volume: ['/a:/b'], user: '5', cwd: '/x', tty: true, env: ['A=1'] });
	t.strictSame(parse(['--memory', '1M', '-m', '2M'], flagsOf.run as Flags, 'run').values, { 'memory-max': '2M' });
	for (const [subcommand, flags] of Object.entries(flagsOf))
		for (const name of Object.keys(flags).filter((one) => flags[one]?.type === 'string'))
			t.equal(answerTo(`--${name}`, '7', { subcommand, flags, lines: [] }), undefined, `${subcommand} --${name}`);
	t.strictSame(parse(['--ulimit', 'core=0', '--rlimit', 'as=1'], flagsOf.run as Flags, 'run').values, {
		rlimit: ['core=0', 'as=1'],
	});
});

t.test('what is near is an option of procready, and never what was written', async (t) => {
	for (const [word, meant] of [
		['--memory-mx', '"--memory-max"'],
		['--pids-mx', '"--pids-max"'],
		['--cpu-share', '"--cpu-shares"'],
		['--signal', undefined],
		['--roots', '"--rootfs"'],
		['--noroot', undefined],
		['--private', undefined],
	] as const) {
		const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
		t.throws(() => parse([word], flagsOf.run as Flags, 'run'), {
			message: `${word}: is not an option of procready run${hint}; see procready run --help`,
		});
	}
});

t.test('a limit is called by its file as well', async (t) => {
	const argv = ['--memory.swap.max=0', '--pids.max', '4', '--memory.oom.group', 'true'];
	const { values, command } = parse(argv, flagsOf.run as Flags, 'run');
	t.strictSame(values, { 'memory-swap-max': '0', 'pids-max': '4', 'memory-oom-group': true });
	t.strictSame(command, ['true']);
});

t.test('all that is not understood of a line is said at once', async (t) => {
	t.throws(() => parse(['-p', 'TasksMax=4', '--nope', '--cpu-shares=2048', 'true'], flagsOf.run as Flags, 'run'), {
		code: 'option-invalid',
		message:
			'-p TasksMax=4: write --pids-max 4; --nope: is not an option of procready run; see procready run --help; --cpu-shares=2048: write --cpu-weight 200',
	});
	t.throws(() => parse(['-m', '64m'], flagsOf.exec as Flags, 'exec'), {
		message: /^-m: is not an option of procready exec/,
	});
});
