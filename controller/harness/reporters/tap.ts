/** TAP 14, for any consumer of it: https://testanything.org/tap-version-14-specification.html. A suite is a subtest. */

import { stringify } from 'yaml';
import { visible, visibleLines } from '../../model/visible.js';
import { shardLines } from '../shards/facts.js';
import { placeText } from '../suite/load.js';
import type { CaseOutcome, SuiteOutcome, Summary } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { accountOf, earlierLines, verdictLines, wordsOf } from './account.js';
import { reportedPlace } from './reported-place.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

export const tap: MakeReporter = ({ write }) => {
	let suites = 0;
	let cases = 0;
	return (event) => {
		switch (event.type) {
			case 'start':
				write(`TAP version 14\n1..${event.suites.length}\n`);
				return;
			case 'suite-start':
				cases = 0;
				write(`# Subtest: ${escaped(event.suite.name)}\n    1..${event.suite.cases.length}\n`);
				return;
			case 'case-start':
				return;
			case 'case-end':
				write(indented(caseText(event.suite, event.outcome, ++cases)));
				return;
			case 'suite-end':
				write(suiteText(event.outcome, ++suites));
				return;
			case 'end':
				write(endText(event.summary));
				return;
			default:
				event satisfies never;
		}
	};
};

function caseText(suite: Suite, outcome: CaseOutcome, number: number): string {
	const { case: one, status, reason, duration } = outcome;
	const point = `${status === 'failed' ? 'not ok' : 'ok'} ${number} - ${escaped(one.name)}`;
	if (status === 'skipped') return `${point} # SKIP ${escaped(reason ?? '')}\n`;
	const time = ` # time=${duration.toFixed(1)}ms`;
	const retried = outcome.retried > 0 ? { retried: outcome.retried, earlier: earlierLines(outcome) } : {};
	if (status === 'passed') return `${point}${time}\n${outcome.retried > 0 ? diagnostics(retried) : ''}`;
	const said = wordsOf(outcome);
	return `${point}${time}\n${diagnostics({
		at: placeText(reportedPlace(one, outcome.failures[0])),
		failures: outcome.failures.map(({ what, expected, found }) => ({ what, expected, found })),
		...(outcome.came ? { verdict: verdictLines(outcome) } : {}),
		...(accountOf(outcome) ? { account: accountOf(outcome) } : {}),
		...(outcome.runs > 1 ? { runs: outcome.runs } : {}),
		...retried,
		...(said.length > 0 ? { said: `${said.join('\n')}\n` } : {}),
		reproduce: `${reproduction(suite, one).join('\n')}\n`,
	})}`;
}

function suiteText({ suite, cases, failures, duration }: SuiteOutcome, number: number): string {
	const failed = failures.length > 0 || cases.some(({ status }) => status === 'failed');
	const point = `${failed ? 'not ok' : 'ok'} ${number} - ${escaped(suite.name)} # time=${duration.toFixed(1)}ms\n`;
	if (failures.length === 0) return point;
	return point + diagnostics({ failures: failures.map(({ what, expected, found }) => ({ what, expected, found })) });
}

export function endText({ passed, failed, skipped, notRun, flaky, interrupted, shards }: Summary): string {
	const flaws = `${notRun > 0 ? ` (${notRun} not run)` : ''}${flaky > 0 ? `, ${flaky} flaky` : ''}`;
	const counts = `# ${passed} passed, ${failed} failed, ${skipped} skipped${flaws}\n`;
	const lines = shardLines(shards).map((line) => `# ${visible(line)}\n`);
	return `${interrupted ? '# interrupted: the rest was skipped\n' : ''}${lines.join('')}${counts}`;
}

function diagnostics(members: object): string {
	return `  ---\n${visibleLines(stringify(members, { lineWidth: 0 })).replace(/^(?=.)/gm, '  ')}  ...\n`;
}

function indented(text: string): string {
	return text.replace(/^(?=.)/gm, '    ');
}

/** A `#` would begin a directive. */
export function escaped(text: string): string {
	return visible(text.replaceAll('\\', '\\\\').replaceAll('#', '\\#').replace(/\s+/g, ' '));
}
