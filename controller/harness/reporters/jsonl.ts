/** JSON lines: each event as it comes, one object a line, with the whole report of each run. */
import { ProcreadyError } from '../../errors.js';
import type { CaseOutcome } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

export const jsonl: MakeReporter = ({ write }) => {
	const line = (event: object) => write(`${JSON.stringify(event)}\n`);
	return (event) => {
		switch (event.type) {
			case 'start':
				return line({
					type: 'start',
					suites: event.suites.map(({ name, file, cases }) => ({ name, file, cases: cases.length })),
				});
			case 'suite-start':
				return line({
					type: 'suite-start',
					suite: event.suite.name,
					file: event.suite.file,
					cases: event.suite.cases.length,
				});
			case 'case-start':
				return line({ type: 'case-start', suite: event.suite.name, case: event.case.name });
			case 'case-end':
				return line({ type: 'case-end', suite: event.suite.name, ...outcomeOf(event.suite, event.outcome) });
			case 'suite-end': {
				const { suite, failures, duration } = event.outcome;
				return line({ type: 'suite-end', suite: suite.name, failures, duration });
			}
			case 'end': {
				const { suites: _, ...counts } = event.summary;
				return line({ type: 'end', ...counts });
			}
			default:
				event satisfies never;
		}
	};
};

function outcomeOf(suite: Suite, { case: one, came, ...outcome }: CaseOutcome) {
	const { file, line, column } = one.place;
	return {
		case: one.name,
		file,
		line,
		column,
		...outcome,
		...(came instanceof ProcreadyError ? { error: came } : came ? { result: came } : {}),
		...(outcome.status === 'failed' ? { reproduce: reproduction(suite, one) } : {}),
	};
}
