import t from 'tap';
import { cycles, importsOf, layers, misplaced } from '../support/layers.js';

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
