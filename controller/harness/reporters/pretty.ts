/** For people: a line a suite, what failed with all that is known of it, and on a terminal what runs just now. */
import { count, duration } from '../../report/words.js';
import { placeText } from '../suite/load.js';
import type { CaseOutcome, SuiteOutcome, Summary } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { accountOf, verdictLines } from './account.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

export const pretty: MakeReporter = ({ write, isTerminal, hasColours }) => {
	const colours = coloursOf(hasColours);
	const running: string[] = [];
	let ended = 0;
	const erase = () => isTerminal && write('\r\x1b[K');
	const showProgress = ({ name, cases }: Suite) => {
		if (!isTerminal) return;
		const line = `  ${name} ${ended}/${cases.length} ${running.join(', ')}`;
		write(`\r\x1b[K${colours.faint(line.slice(0, (process.stdout.columns || 80) - 1))}`);
	};
	return (event) => {
		switch (event.type) {
			case 'start':
				return;
			case 'suite-start':
				ended = 0;
				return showProgress(event.suite);
			case 'case-start':
				running.push(event.case.name);
				return showProgress(event.suite);
			case 'case-end': {
				const at = running.indexOf(event.outcome.case.name);
				if (at >= 0) running.splice(at, 1);
				ended++;
				return showProgress(event.suite);
			}
			case 'suite-end':
				erase();
				write(suiteText(event.outcome, colours));
				return;
			case 'end':
				write(endText(event.summary, colours));
				return;
			default:
				event satisfies never;
		}
	};
};

type Colours = Record<'good' | 'bad' | 'doubtful' | 'faint' | 'strong', (text: string) => string>;

function coloursOf(are: boolean): Colours {
	const colour = (code: number) => (text: string) => (are ? `\x1b[${code}m${text}\x1b[0m` : text);
	return { good: colour(32), bad: colour(31), doubtful: colour(33), faint: colour(2), strong: colour(1) };
}

function suiteText({ suite, cases, failures, duration: time }: SuiteOutcome, colours: Colours): string {
	const failed = failures.length > 0 || cases.some(({ status }) => status === 'failed');
	const mark = failed ? colours.bad('✗') : colours.good('✓');
	const size = colours.faint(`(${count(cases.length, 'case')}, ${duration(time)})`);
	const lines = [
		`${mark} ${colours.strong(suite.name)} ${size}`,
		...failures.map(({ sentence }) => `    ${colours.bad(sentence)}`),
		...cases.flatMap((one) => caseLines(suite, one, colours)),
	];
	return `${lines.join('\n')}\n`;
}

/** Of those that passed at once there is nothing to say. */
function caseLines(suite: Suite, outcome: CaseOutcome, colours: Colours): string[] {
	const { case: one, status, reason, failures, came, retried } = outcome;
	if (status === 'skipped') return [`  ${colours.faint(`- ${one.name}: ${reason}`)}`];
	if (status === 'passed' && retried === 0) return [];
	if (status === 'passed') return [`  ${colours.doubtful('!')} ${one.name}: passed after ${count(retried, 'failure')}`];
	const account = Object.entries(accountOf(came) ?? {}).map(([name, value]) => `${name} ${value}`);
	const place = placeText(failures[0] ? one.placeOf(failures[0].where) : one.place);
	return [
		`  ${colours.bad('✗')} ${colours.strong(one.name)} ${colours.faint(place)}`,
		...failures.flatMap(({ sentence }) => block(sentence).map(colours.bad)),
		...verdictLines(came).flatMap(block),
		...(account.length > 0 ? block(account.join(', ')) : []),
		...reproduction(suite, one).map((line) => colours.faint(`      $ ${line.replaceAll('\n', '\n        ')}`)),
	];
}

function block(text: string): string[] {
	return text.split('\n').map((line) => `      ${line}`);
}

function endText(summary: Summary, colours: Colours): string {
	const { passed, failed, skipped, flaky, interrupted } = summary;
	const parts = [
		colours.good(`${passed} passed`),
		...(failed > 0 ? [colours.bad(`${failed} failed`)] : []),
		...(skipped > 0 ? [colours.faint(`${skipped} skipped`)] : []),
		...(flaky > 0 ? [colours.doubtful(`${flaky} flaky`)] : []),
	];
	const end = interrupted ? colours.doubtful(', interrupted') : '';
	return `\n${parts.join(', ')} in ${duration(summary.duration)}${end}\n`;
}
