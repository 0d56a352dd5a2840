/**
 * For GitHub Actions: failures as annotations of the lines that expected something else, and a summary of the job.
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
import { appendFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { visible, visibleLines } from '../../model/visible.js';
import { count, duration } from '../../report/words.js';
import type { Failure } from '../expect/expectations.js';
import { notWritten } from '../not-written.js';
import { shardLines } from '../shards/facts.js';
import type { Place } from '../suite/document.js';
import type { CaseOutcome, SuiteOutcome, Summary } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { accountOf, earlierLines, hitLines, verdictLines, wordsOf } from './account.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

export const github: MakeReporter = ({ write }) => {
	return (event) => {
		switch (event.type) {
			case 'start':
			case 'suite-start':
			case 'case-start':
				return;
			case 'case-end':
				for (const line of annotations(event.suite, event.outcome)) write(line);
				return;
			case 'suite-end':
				for (const { sentence } of event.outcome.failures)
					write(
						annotation(
							'error',
							{ file: event.outcome.suite.file, line: 1, column: 1 },
							event.outcome.suite.name,
							sentence,
						),
					);
				return;
			case 'end':
				write(`${countsOf(event.summary)}\n`);
				if (process.env.GITHUB_STEP_SUMMARY) writeSummary(process.env.GITHUB_STEP_SUMMARY, event.summary);
				return;
			default:
				event satisfies never;
		}
	};
};

function annotations(suite: Suite, outcome: CaseOutcome): string[] {
	const { case: one, status, failures, retried } = outcome;
	const title = `${suite.name}: ${one.name}`;
	if (status === 'passed' && retried > 0)
		return [
			annotation(
				'warning',
				one.place,
				title,
				[`flaky: passed after ${count(retried, 'failure')}`, ...earlierLines(outcome)].join('\n'),
			),
		];
	if (status !== 'failed') return [];
	const context = [
		...earlierLines(outcome),
		...verdictLines(outcome),
		...wordsOf(outcome),
		...reproduction(suite, one).map((line) => `$ ${line}`),
	];
	return failures.map(({ where, sentence }: Failure) =>
		annotation('error', one.placeOf(where), title, [sentence, ...context].join('\n')),
	);
}

/** A workflow command; `file` is from the current directory. */
export function annotation(
	kind: 'error' | 'warning',
	{ file, line, column }: Place,
	title: string,
	message: string,
): string {
	const path = relative(process.env.GITHUB_WORKSPACE ?? process.cwd(), resolve(file));
	const properties = `file=${property(path)},line=${line},col=${column},title=${property(visible(title))}`;
	return `::${kind} ${properties}::${data(visibleLines(message))}\n`;
}

function data(text: string): string {
	return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
	return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function countsOf({ passed, failed, skipped, notRun, flaky, interrupted, duration: time }: Summary): string {
	const flaws = `${notRun > 0 ? ` (${notRun} not run)` : ''}${flaky > 0 ? `, ${flaky} flaky` : ''}${interrupted ? ', interrupted' : ''}`;
	return `${passed} passed, ${failed} failed, ${skipped} skipped${flaws} in ${duration(time)}`;
}

function writeSummary(file: string, summary: Summary): void {
	try {
		appendFileSync(file, summaryOf(summary));
	} catch (cause) {
		throw notWritten(`--reporter github: GITHUB_STEP_SUMMARY ${file}`, cause);
	}
}

function summaryOf(summary: Summary): string {
	const rows = summary.suites.flatMap((outcome) => rowsOf(outcome));
	return [
		`### procready: ${countsOf(summary)}`,
		'',
		'| | suite | case | peak memory | tasks | what happened |',
		'| --- | --- | --- | ---: | ---: | --- |',
		...rows,
		'',
		...shardLines(summary.shards).map((line) => `- ${plain(line)}`),
		'',
	].join('\n');
}

function rowsOf({ suite, cases, failures }: SuiteOutcome): string[] {
	const broken = failures.map(({ sentence }) => row(['❌', suite.name, '', '', '', sentence]));
	return [...broken, ...cases.map((one) => caseRow(suite, one))];
}

const marks = { passed: '✅', failed: '❌', skipped: '➖' };

function caseRow(suite: Suite, outcome: CaseOutcome): string {
	const { case: one, status, failures, reason, retried } = outcome;
	const account = accountOf(outcome) ?? {};
	const mark = status === 'passed' && retried > 0 ? '⚠️' : marks[status];
	const sentences = failures.map(({ sentence }) => sentence);
	const what = [...sentences, ...earlierLines(outcome), ...hitLines(outcome), reason ?? ''];
	return row([
		mark,
		suite.name,
		one.name,
		String(account['memory.peak'] ?? ''),
		String(account['tasks.peak'] ?? ''),
		what.filter((text) => text !== '').join(' '),
	]);
}

/** Of what a program has printed nothing is taken for Markdown or HTML. */
function row(cells: string[]): string {
	return `| ${cells.map(plain).join(' | ')} |`;
}

function plain(text: string): string {
	return visibleLines(text)
		.replace(/[\\`*_{}[\]<>|#~]/g, '\\$&')
		.replace(/\s+/g, ' ');
}
