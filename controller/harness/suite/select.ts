/** Some of the cases, by their names. */
import { ProcreadyError } from '../../errors.js';
import type { Suite } from './suite.js';

/** Those with one of the texts in `SUITE: CASE`. Throws `option-invalid` where there is none. */
export function selectCases(suites: readonly Suite[], texts: readonly string[]): Suite[] {
	const selected = suites.flatMap((suite) => {
		const cases = suite.cases.filter(({ name }) => texts.some((text) => `${suite.name}: ${name}`.includes(text)));
		return cases.length > 0 ? [{ ...suite, cases }] : [];
	});
	if (selected.length === 0)
		throw new ProcreadyError(
			'option-invalid',
			`--case: no case has ${texts.map((text) => JSON.stringify(text)).join(' or ')} in its name`,
			{
				where: '--case',
			},
		);
	return selected;
}
