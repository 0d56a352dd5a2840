/** Some of the cases: by their names, by their lines, those that failed last, or those of a shard. */
import { invalidOption } from '../../errors.js';
import { asRegExp, parseRegExp } from '../expect/text.js';
import { idOf, mustDiffer } from '../shards/identity.js';
import { type Division, partOf } from '../shards/partition.js';
import type { Shard } from '../shards/shard.js';
import type { History } from './history.js';
import type { Case, Suite } from './suite.js';

/** Suites without a case are left out. */
function withCases(suites: readonly Suite[], isChosen: (suite: Suite, one: Case) => boolean): Suite[] {
	return suites.flatMap((suite) => {
		const cases = suite.cases.filter((one) => isChosen(suite, one));
		return cases.length > 0 ? [{ ...suite, cases }] : [];
	});
}

/**
 * Those of which `SUITE: CASE` has one of the texts in it, or is matched by one that is written as `/…/flags`. Throws
 * `option-invalid` where there is none, and for what is not a regular expression.
 */
export function selectCases(suites: readonly Suite[], texts: readonly string[]): Suite[] {
	const tests = texts.map((text) => {
		if (!asRegExp.test(text)) return (name: string) => name.includes(text);
		const expression = parseRegExp(text, '--case');
		return (name: string) => expression.test(name);
	});
	const selected = withCases(suites, (suite, { name }) => tests.some((holds) => holds(`${suite.name}: ${name}`)));
	if (selected.length > 0) return selected;
	const which = texts.map((text) => (asRegExp.test(text) ? `a match of ${text}` : JSON.stringify(text)));
	throw invalidOption('--case', `no case has ${which.join(' or ')} in its name; procready test --list shows all`);
}

/** Lines by the files of the suites; a file without one is taken whole. Throws `option-invalid` where no case stands in a line. */
export function selectLines(suites: readonly Suite[], lines: ReadonlyMap<string, readonly number[]>): Suite[] {
	const isAt = (line: number) => (one: Case) => one.lines.first <= line && line <= one.lines.last;
	for (const { file, cases } of suites)
		for (const line of lines.get(file) ?? [])
			if (!cases.some(isAt(line)))
				throw invalidOption(`${file}:${line}`, `no case stands in this line${near(cases, line)}`);
	return withCases(suites, ({ file }, one) => lines.get(file)?.some((line) => isAt(line)(one)) ?? true);
}

function near(cases: readonly Case[], line: number): string {
	const next = cases.find(({ lines }) => lines.first > line) ?? cases.at(-1);
	return next ? `; ${JSON.stringify(next.name)} stands in ${next.lines.first} to ${next.lines.last}` : '';
}

/** Those that failed last; `undefined` where that is none. */
export function selectFailed(suites: readonly Suite[], history: History): Suite[] | undefined {
	const failed = withCases(suites, (suite, one) => history.hasFailed(suite, one));
	return failed.length > 0 ? failed : undefined;
}

/**
 * Those of a shard, which may be none. `durationOf`: milliseconds that a case took when it last ran. Throws `option-invalid`
 * where a file is among the suites twice.
 */
export function selectShard(
	suites: readonly Suite[],
	shard: Shard,
	division: Division,
	durationOf: (suite: Suite, one: Case) => number | undefined,
): Suite[] {
	mustDiffer(suites, '--shard');
	const parts = suites.flatMap((suite) =>
		suite.cases.map((one) => ({ id: idOf(suite, one), duration: durationOf(suite, one), one })),
	);
	const chosen = new Set(partOf(parts, shard, division).map(({ one }) => one));
	return withCases(suites, (_, one) => chosen.has(one));
}
