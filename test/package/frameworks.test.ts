/** The helpers for test code, in test files as users write them, under each framework: what passes and what is said. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { installed } from '../support/installed.js';
import { top } from '../support/paths.js';

const suites = join(top, 'test/package/suites');
const files = readdirSync(suites).map((name) => join(suites, name));
const typescript = ['typescript@5.9.3', '@types/node@20'];

interface Framework {
	/** The first is the framework itself. */
	packages: string[];
	command: string[];
	env?: Record<string, string>;
	/** One test has passed, and one has failed. */
	counts: RegExp;
	/** Where the assertion is that failed. */
	place: RegExp;
	/** Not run: what its types know. */
	types?: string;
}

const vitest = {
	command: ['vitest', 'run', '--reporter=default', 'vitest.test.js'],
	counts: /1 failed \| 1 passed/,
	place: /vitest\.test\.js:18:\d+/,
	types: 'vitest-types.ts',
};
const jest = {
	command: ['jest', 'jest.test.js'],
	env: { NODE_OPTIONS: '--experimental-vm-modules' },
	counts: /1 failed, 1 passed/,
	place: /jest\.test\.js:18:\d+/,
	types: 'jest-types.ts',
};

/** The versions are those of package.json, peerDependencies. */
const frameworks: Framework[] = [
	{
		packages: [],
		command: [process.execPath, '--test', 'node.test.js'],
		counts: /# pass 1\n# fail 1\n/,
		place: /node\.test\.js:16:\d+/,
	},
	{
		packages: ['tap@21.8.0'],
		command: ['tap', 'run', '--disable-coverage', '--reporter=tap', 'tap.test.js'],
		counts: /# \{ total: 7, pass: 6, fail: 1 \}/,
		place: /lineNumber: 17/,
	},
	{ packages: ['vitest@2.1.9'], ...vitest },
	{ packages: ['vitest@3.2.7'], ...vitest },
	{ packages: ['vitest@4.1.12'], ...vitest },
	{ packages: ['jest@29.7.0'], ...jest },
	{ packages: ['jest@30.5.2'], ...jest },
];

for (const { packages, command, env, counts, place, types } of frameworks)
	t.test(packages[0] ?? 'node:test', async (t) => {
		using project = await installed([...packages, ...(types ? typescript : [])], files);
		const { output, exitCode } = await project.run(command, env);
		t.equal(exitCode, 1, output);
		t.match(output, counts);
		t.match(output, place);
		t.match(output, "sh -c 'sleep 0.01 & sleep 0.01 & wait' was expected to fit in { memory: '4M', pids: 2 }");
		t.match(output, 'hits was pids.max: The limit of 2 tasks was hit: 1 fork refused, and none was expected.');
		t.match(output, /tasks {4}peak 2 of 2, 1 refused/, 'the account');
		t.match(output, 'sh: 0: Cannot fork', 'what the program wrote');

		if (!types) return;
		const strict = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--skipLibCheck'];
		const checked = await project.run(['tsc', ...strict, types]);
		t.equal(checked.exitCode, 0, checked.output);
	});
