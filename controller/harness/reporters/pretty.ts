/** For people: a line a suite, what failed with all that is known of it, and on a terminal what runs just now. */
import { visible, visibleLines } from '../../model/visible.js';
import { colours, painter } from '../../report/colours.js';
import { count, duration } from '../../report/words.js';
import { shardLines } from '../shards/facts.js';
import type { Estimate } from '../suite/estimate.js';
import { placeText } from '../suite/load.js';
import type { CaseOutcome, SuiteOutcome, Summary } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { accountOf, earlierLines, verdictLines, wordsOf } from './account.js';
import { reportedPlace } from './reported-place.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

export const pretty: MakeReporter = ({ write, isTerminal, hasColours, columns }) => {
	const palette = paletteOf(hasColours);
	const running: string[] = [];
	let ended = 0;
	let estimate: Estimate | undefined;
	let current: Suite | undefined;
	let clock: NodeJS.Timeout | undefined;
	const erase = () => isTerminal && write('\r\x1b[K');
	const showProgress = ({ name, cases }: Suite) => {
		if (!isTerminal) return;
		const left = estimate?.left();
		const time = left ? `, about ${duration(rounded(left))} left` : '';
		const line = `  ${visible(name)} ${ended}/${cases.length}${time}: ${running.join(', ')}`;
		write(`\r\x1b[K${palette.faint(line.slice(0, (columns?.() || 80) - 1))}`);
	};
	return (event) => {
		switch (event.type) {
			case 'start':
				estimate = event.estimate;
				// the time that is left changes while nothing happens
				if (isTerminal) clock = setInterval(() => current && showProgress(current), 1000).unref();
				return;
			case 'suite-start':
				ended = 0;
				return showProgress(event.suite);
			case 'case-start':
				running.push(visible(event.case.name));
				estimate?.started(event.case);
				current = event.suite;
				return showProgress(event.suite);
			case 'case-end': {
				const at = running.indexOf(visible(event.outcome.case.name));
				if (at >= 0) running.splice(at, 1);
				ended++;
				estimate?.ended(event.outcome.case, event.outcome.duration);
				return showProgress(event.suite);
			}
			case 'suite-end':
				current = undefined;
				erase();
				write(suiteText(event.outcome, palette));
				return;
			case 'end':
				clearInterval(clock);
				write(endText(event.summary, palette));
				return;
			default:
				event satisfies never;
		}
	};
};

/** To whole seconds, or to tenths of one below that: it is not known any better. */
function rounded(milliseconds: number): number {
	const step = milliseconds < 1000 ? 100 : 1000;
	return Math.ceil(milliseconds / step) * step;
}

type Palette = Record<'good' | 'bad' | 'doubtful' | 'faint' | 'strong', (text: string) => string>;

function paletteOf(hasColours: boolean): Palette {
	const paint = painter(hasColours);
	const { green, red, yellow, faint, bold } = colours;
	const colour = (sgr: number) => (text: string) => paint(text, sgr);
	return {
		good: colour(green),
		bad: colour(red),
		doubtful: colour(yellow),
		faint: colour(faint),
		strong: colour(bold),
	};
}

function suiteText({ suite, cases, failures, duration: time }: SuiteOutcome, palette: Palette): string {
	const failed = failures.length > 0 || cases.some(({ status }) => status === 'failed');
	const mark = failed ? palette.bad('✗') : palette.good('✓');
	const size = palette.faint(`(${count(cases.length, 'case')}, ${duration(time)})`);
	const lines = [
		`${mark} ${palette.strong(visible(suite.name))} ${size}`,
		...failures.map(({ sentence }) => `    ${palette.bad(visibleLines(sentence))}`),
		...cases.flatMap((one) => caseLines(suite, one, palette)),
	];
	return `${lines.join('\n')}\n`;
}

/** Of those that passed at once there is nothing to say. */
function caseLines(suite: Suite, outcome: CaseOutcome, palette: Palette): string[] {
	const { case: one, status, reason, failures, retried } = outcome;
	if (status === 'skipped') return [`  ${palette.faint(`- ${visible(`${one.name}: ${reason}`)}`)}`];
	if (status === 'passed' && retried === 0) return [];
	if (status === 'passed')
		return [
			`  ${palette.doubtful('!')} ${visible(one.name)}: passed after ${count(retried, 'failure')}`,
			...earlierLines(outcome).flatMap(block).map(palette.faint),
		];
	const account = Object.entries(accountOf(outcome) ?? {}).map(([name, value]) => `${name} ${value}`);
	const place = placeText(reportedPlace(one, failures[0]));
	return [
		`  ${palette.bad('✗')} ${palette.strong(visible(one.name))} ${palette.faint(place)}`,
		...failures.flatMap(({ sentence }) => block(sentence).map(palette.bad)),
		...earlierLines(outcome).flatMap(block).map(palette.doubtful),
		...verdictLines(outcome).flatMap(block),
		...(account.length > 0 ? block(account.join(', ')) : []),
		...wordsOf(outcome).flatMap(block),
		...reproduction(suite, one).map((line) =>
			palette.faint(`      $ ${visibleLines(line).replaceAll('\n', '\n        ')}`),
		),
	];
}

function block(text: string): string[] {
	return visibleLines(text)
		.split('\n')
		.map((line) => `      ${line}`);
}

function endText(summary: Summary, palette: Palette): string {
	const { passed, failed, notRun, flaky, interrupted } = summary;
	const skipped = summary.skipped - notRun;
	const parts = [
		palette.good(`${passed} passed`),
		...(failed > 0 ? [palette.bad(`${failed} failed`)] : []),
		...(skipped > 0 ? [palette.faint(`${skipped} skipped`)] : []),
		...(notRun > 0 ? [palette.doubtful(`${notRun} not run`)] : []),
		...(flaky > 0 ? [palette.doubtful(`${flaky} flaky`)] : []),
	];
	const end = interrupted ? palette.doubtful(', interrupted') : '';
	const shards = shardLines(summary.shards).map((line) => `${palette.faint(visible(line))}\n`);
	return `\n${shards.join('')}${parts.join(', ')} in ${duration(summary.duration)}${end}\n`;
}
