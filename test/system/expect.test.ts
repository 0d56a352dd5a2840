/** Expectations of a real run. */
import t from 'tap';
import { run } from '../../controller/container/run.js';
import { check } from '../../controller/harness/expect/check.js';
import { figureIn, figures } from '../../controller/harness/expect/figures.js';

t.test('the figures are those of a report, and a real one meets expectations', async (t) => {
	const result = await run(['sh', '-c', 'true & wait; echo done'], { limits: { pids: 1 } });
	const names = (value: object, prefix = ''): string[] =>
		Object.entries(value).flatMap(([name, one]) =>
			typeof one === 'object' && one !== null ? names(one, `${prefix}${name}.`) : [`${prefix}${name}`],
		);
	t.strictSame(Object.keys(figures).sort(), names(result.usage).sort());
	t.equal(figureIn(result.usage, 'rusage.maxrss'), result.usage.rusage.maxrss);
	t.strictSame(
		check({ exitCode: 2, hits: { 'pids.max': '>= 1' }, stderr: '/fork/', usage: { 'tasks.peak': 1 } }, result),
		[],
	);
});
