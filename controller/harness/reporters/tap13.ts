/**
 * TAP 13, for consumers that know no subtests, such as prove(1): https://testanything.org/tap-version-13-specification.html.
 * Each case is a point of one list, and all that is known of it stands in comments, of which nothing can be misread.
 */
import { visibleLines } from '../../model/visible.js';
import { placeText } from '../suite/load.js';
import type { CaseOutcome } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { accountOf, earlierLines, verdictLines, wordsOf } from './account.js';
import { reportedPlace } from './reported-place.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';
import { endText, escaped } from './tap.js';

export const tap13: MakeReporter = ({ write }) => {
	let points = 0;
	return (event) => {
		switch (event.type) {
			case 'start':
				write('TAP version 13\n');
				return;
			case 'suite-start':
			case 'case-start':
				return;
			case 'case-end':
				write(caseText(event.suite, event.outcome, ++points));
				return;
			case 'suite-end':
				// a set-up that failed is a point that nobody wrote, so the plan comes last
				for (const { what, sentence } of event.outcome.failures)
					write(`not ok ${++points} - ${escaped(`${event.outcome.suite.name}: ${what}`)}\n${comments([sentence])}`);
				return;
			case 'end':
				write(`1..${points}\n${endText(event.summary)}`);
				return;
			default:
				event satisfies never;
		}
	};
};

function caseText(suite: Suite, outcome: CaseOutcome, number: number): string {
	const { case: one, status, reason, failures } = outcome;
	const point = `${status === 'failed' ? 'not ok' : 'ok'} ${number} - ${escaped(`${suite.name}: ${one.name}`)}`;
	if (status === 'skipped') return `${point} # SKIP ${escaped(reason ?? '')}\n`;
	if (status === 'passed') return `${point}\n${comments(earlierLines(outcome))}`;
	const account = Object.entries(accountOf(outcome) ?? {}).map(([name, value]) => `${name} ${value}`);
	return `${point}\n${comments([
		placeText(reportedPlace(one, failures[0])),
		...failures.map(({ sentence }) => sentence),
		...earlierLines(outcome),
		...verdictLines(outcome),
		...(account.length > 0 ? [account.join(', ')] : []),
		...wordsOf(outcome),
		...reproduction(suite, one).map((line) => `$ ${line}`),
	])}`;
}

function comments(texts: readonly string[]): string {
	return texts
		.flatMap((text) => visibleLines(text).split('\n'))
		.map((line) => `#   ${line}\n`)
		.join('');
}
