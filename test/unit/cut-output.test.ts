/** Output of which only the beginning was kept: nothing is met that the rest could contradict. */
import t from 'tap';
import type { RunResult } from '../../controller/container/run.js';
import { check } from '../../controller/harness/expect/check.js';
import type { TextExpectation } from '../../controller/harness/expect/expectations.js';
import { isSettled } from '../../controller/harness/expect/pattern.js';
import { writtenOf } from '../support/written.js';

const all = 'ready\nworking\nFATAL\n';
const cutAt = (kept: number) =>
	({
		stdout: all.slice(0, kept),
		stderr: '',
		truncated: kept < all.length,
		written: { stdout: writtenOf(all, kept), stderr: writtenOf('') },
	}) as RunResult;

const kept = 'ready\nworking\n'.length;

t.test('cut output: what the kept part shows is met, and so are the totals', async (t) => {
	for (const stdout of [
		{ contains: 'working' },
		{ contains: ['ready', 'working'] },
		{ matches: 'r.*y' },
		{ matches: '/^working$/m' },
		{ matches: '/\\bready\\b/' },
		{ lines: 3, size: all.length },
		{ size: `>= ${all.length}` },
		{ matches: '[$]|ready' },
		{ matches: '\\$|ready' },
	] as TextExpectation[])
		t.strictSame(check({ stdout }, cutAt(kept)), [], JSON.stringify(stdout));
});

t.test('cut output: what the rest could contradict is not met, and the failure says that it was cut', async (t) => {
	for (const stdout of [
		'ready\nworking',
		'ready\nworking\n',
		all,
		{ lacks: 'FATAL' },
		{ lacks: 'never written' },
		{ contains: 'FATAL' },
		{ matches: 'FATAL' },
		{ matches: '^ready\\nworking$' },
		{ matches: '^(?!.*FATAL)' },
		{ matches: '/^(?!.*FATAL)ready/s' },
		{ matches: 'working(?=\\n$)' },
		{ matches: 'working\\n\\B' },
	] as TextExpectation[])
		t.match(
			check({ stdout }, cutAt(kept)),
			[
				{
					sentence:
						/^stdout was cut after 14 bytes of 20 bytes, which does not show .*: raise the option maxOutput\.$/s,
				},
			],
			JSON.stringify(stdout),
		);
	t.match(check({ stdout: { lacks: 'ready' } }, cutAt(kept)), [{ sentence: /^stdout is "ready/ }], 'shown already');
	t.match(check({ stdout: 'other' }, cutAt(kept)), [{ sentence: /^stdout is "ready/ }], 'it begins otherwise');
	t.match(check({ stdout: { size: kept } }, cutAt(kept)), [{ sentence: /^stdout has 20 bytes/ }]);
	t.match(check({ stdout: { lines: 2 } }, cutAt(kept)), [{ sentence: /^stdout has 3 lines/ }]);
});

t.test('cut output: at the limit nothing is cut', async (t) => {
	const stdout = { lacks: 'other', equals: all, matches: 'FATAL$' };
	t.strictSame(check({ stdout }, cutAt(all.length)), []);
	t.equal(check({ stdout }, cutAt(all.length - 1)).length, 3);
});

t.test('what an expression looks at decides whether the rest can undo its match', async (t) => {
	for (const [expression, before, at] of [
		[/a+/, true, true],
		[/^a(b|c)\d{2}/, true, true],
		[/(?<=x)a(?<!yb)/, true, true],
		[/[$(?!]/, true, true],
		[/\\\$/, true, true],
		[/a\b/, true, false],
		[/a$/m, true, false],
		[/a$/, false, false],
		[/\\$/, false, false],
		[/a(?=b)/, false, false],
		[/a(?!b)/, false, false],
		[/\\\b/, true, false],
	] as [RegExp, boolean, boolean][])
		t.strictSame([isSettled(expression, true), isSettled(expression, false)], [before, at], String(expression));
});
