/** The helpers for test code, in test files as users write them, under each framework: what passes and what is said. */
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { top } from '../support/paths.js';

/** `make test-frameworks` has put the suites there, and the frameworks. */
const cwd = join(top, 'build/frameworks');
const installed = join(cwd, 'node_modules/.bin');

interface Way {
	name: string;
	command: string[];
	env?: Record<string, string>;
	/** One test has passed, and one has failed. */
	counts: RegExp;
	/** Where the assertion is that failed. */
	place: RegExp;
}

const ways: Way[] = [
	{
		name: 'node:test',
		command: [process.execPath, '--test', 'node.test.js'],
		counts: /# pass 1\n# fail 1\n/,
		place: /node\.test\.js:16:\d+/,
	},
	{
		name: 'tap',
		command: [join(top, 'node_modules/.bin/tap'), 'run', '--disable-coverage', '--reporter=tap', 'tap.test.js'],
		counts: /# \{ total: 7, pass: 6, fail: 1 \}/,
		place: /lineNumber: 17/,
	},
	{
		name: 'vitest',
		command: [join(installed, 'vitest'), 'run', '--reporter=default', 'vitest.test.js'],
		counts: /1 failed \| 1 passed/,
		place: /vitest\.test\.js:18:\d+/,
	},
	{
		name: 'jest',
		command: [join(installed, 'jest'), 'jest.test.js'],
		env: { NODE_OPTIONS: '--experimental-vm-modules' },
		counts: /1 failed, 1 passed/,
		place: /jest\.test\.js:18:\d+/,
	},
];

/** What a user's own shell would have: none of what this test itself runs under. */
const foreign = /^(TAP|_TAPJS|NODE_|VITEST|JEST)/;
const clean = Object.fromEntries(
	Object.keys(process.env).flatMap((name) => (foreign.test(name) ? [[name, undefined]] : [])),
);

for (const { name, command, env, counts, place } of ways)
	t.test(name, async (t) => {
		const [file = '', ...args] = command;
		const options = {
			cwd,
			reject: false,
			all: true,
			env: { ...clean, NO_COLOR: '1', ...env },
			stdin: 'ignore',
		} as const;
		const { all, exitCode } = await execa(file, args, options);
		t.equal(exitCode, 1);
		t.match(all, counts);
		t.match(all, place);
		t.match(all, "sh -c 'sleep 0.01 & sleep 0.01 & wait' was expected to fit in { memory: '4M', pids: 2 }");
		t.match(all, 'hits was pids.max: The limit of 2 tasks was hit: 1 fork refused, and none was expected.');
		t.match(all, /tasks {4}peak 2 of 2, 1 refused/, 'the account');
		t.match(all, 'sh: 0: Cannot fork', 'what the program wrote');
	});

for (const file of ['vitest-types.ts', 'jest-types.ts'])
	t.test(`types: ${file}`, async (t) => {
		const compiler = join(top, 'node_modules/.bin/tsc');
		const strict = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck'];
		// found as where it is installed, and not linked
		const types = ['--preserveSymlinks', '--types', 'node', '--typeRoots', join(top, 'node_modules/@types')];
		const { all, exitCode } = await execa(compiler, [...strict, ...types, file], { cwd, reject: false, all: true });
		t.equal(exitCode, 0, all);
	});
