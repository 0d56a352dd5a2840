import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cycles, importsOf, layers, misplaced } from '../support/layers.js';
import { top } from '../support/paths.js';

const imports = importsOf();

t.test('the layers of controller/ hold', async (t) => {
	t.ok(imports.length > 500, 'imports are found');
	t.strictSame(misplaced(imports), []);
	t.strictSame(cycles(imports), []);
});

t.test('what breaks them is found', async (t) => {
	t.strictSame(misplaced([['model/spec.ts', 'plan/plan.ts']]), ['model/spec.ts must not import plan/plan.ts']);
	t.strictSame(misplaced([['report/text.ts', 'cgroup/kill.ts']]), ['report/text.ts must not import cgroup/kill.ts']);
	t.strictSame(misplaced([['plan/plan.ts', 'stray.ts']]), ['stray.ts is in no layer']);
	t.strictSame(misplaced([['cli/run.ts', 'model/spec.ts']]), []);
	t.strictSame(
		cycles([
			['a/1.ts', 'a/2.ts'],
			['a/2.ts', 'a/3.ts'],
			['a/3.ts', 'a/1.ts'],
			['a/3.ts', 'b/1.ts'],
		]),
		[['a/1.ts', 'a/2.ts', 'a/3.ts']],
	);
	t.ok(layers.flat().includes('model'));
});

t.test('only host/node/ imports modules of Node, of all that another engine is to run', async (t) => {
	const run = /^(errors\.ts|(model|host|plan|cgroup|network|seccomp|protocol|report|container|oci)\/)/;
	const found = readdirSync(join(top, 'controller'), { recursive: true, encoding: 'utf8' })
		.filter((file) => /\.ts$/.test(file) && run.test(file) && !file.startsWith('host/node/'))
		.filter((file) =>
			/^(import|export) (?!type )[^;]*from 'node:/m.test(readFileSync(join(top, 'controller', file), 'utf8')),
		);
	t.strictSame(found, []);
});

t.test("the caller's stdin, stdout, stderr and the exit status are each asked for in one file", async (t) => {
	const allowed = [
		...[
			'cli/main.ts exitCode',
			'cli/output.ts stderr',
			'cli/output.ts stdout',
			'cli/serve.ts stdin',
			'cli/terminal.ts stdin',
		],
		'oci/main.ts exitCode',
	];
	const found = readdirSync(join(top, 'controller'), { recursive: true, encoding: 'utf8' })
		.filter((file) => /\.c?ts$/.test(file) && !file.startsWith('build/'))
		.flatMap((file) => {
			const code = readFileSync(join(top, 'controller', file), 'utf8').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
			const uses = code.matchAll(/\bprocess\.(stdin|stdout|stderr|exitCode)\b|\b(console)\./g);
			return [...uses].map(([, stream, other]) => `${file} ${stream ?? other}`);
		});
	t.strictSame([...new Set(found)].sort(), allowed);
});
