/** JUnit XML as Jenkins, GitLab and others read it, valid for the schema of Apache Ant. Written at the end, as one text. */
import { hostname } from 'node:os';
import { isCut } from '../../container/run.js';
import { ProcreadyError } from '../../errors.js';
import { bytes } from '../../report/words.js';
import type { Came } from '../expect/check.js';
import { placeText } from '../suite/load.js';
import type { CaseOutcome, SuiteOutcome } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { accountOf, verdictLines } from './account.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

export const junit: MakeReporter = ({ write }) => {
	const start = new Date().toISOString().slice(0, 19);
	return (event) => {
		if (event.type !== 'end') return;
		const suites = event.summary.suites.map((outcome, id) => suiteElement(outcome, id, start));
		write(`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`);
	};
};

function suiteElement(outcome: SuiteOutcome, id: number, start: string): string {
	const { suite, cases, failures, duration } = outcome;
	// a set-up that failed is an error of a case that nobody wrote
	const broken = failures.map(({ what, sentence }) =>
		element('testcase', { name: what, classname: suite.name, time: '0' }, [
			element('error', { message: sentence, type: what }, sentence),
		]),
	);
	const attributes = {
		name: suite.name,
		package: suite.file,
		id: String(id),
		timestamp: start,
		hostname: hostname(),
		tests: String(cases.length + broken.length),
		failures: String(cases.filter(({ status }) => status === 'failed').length),
		errors: String(broken.length),
		skipped: String(cases.filter(({ status }) => status === 'skipped').length),
		time: seconds(duration),
	};
	return element('testsuite', attributes, [
		element('properties', {}, []),
		...cases.map((one) => caseElement(suite, one)),
		...broken,
		element('system-out', {}, cases.map(({ case: one, came }) => printed(one.name, came, 'stdout')).join('')),
		element('system-err', {}, cases.map(({ case: one, came }) => printed(one.name, came, 'stderr')).join('')),
	]);
}

function caseElement(suite: Suite, { case: one, status, failures, came, duration, reason }: CaseOutcome): string {
	const attributes = { name: one.name, classname: suite.name, time: seconds(duration) };
	if (status === 'passed') return element('testcase', attributes, []);
	if (status === 'skipped') return element('testcase', attributes, [element('skipped', { message: reason ?? '' }, [])]);
	const message = failures.map(({ sentence }) => sentence).join('\n');
	const text = [
		...failures.map(({ where, sentence }) => `${placeText(one.placeOf(where))}: ${sentence}`),
		...verdictLines(came),
		...Object.entries(accountOf(came) ?? {}).map(([name, value]) => `${name}: ${value}`),
		...reproduction(suite, one).map((line) => `$ ${line}`),
	];
	return element('testcase', attributes, [
		element('failure', { message, type: failures[0]?.what ?? 'failure' }, text.join('\n')),
	]);
}

function printed(name: string, came: Came | undefined, stream: 'stdout' | 'stderr'): string {
	if (came === undefined || came instanceof ProcreadyError || came[stream] === '') return '';
	const { kept } = came.written[stream];
	const cut = isCut(came.written[stream]) ? ` (cut after ${bytes(kept)})` : '';
	return `--- ${name}${cut}\n${came[stream].slice(-100_000)}\n`;
}

function element(name: string, attributes: Record<string, string>, content: string | string[]): string {
	const named = Object.entries(attributes).map(
		([key, value]) => ` ${key}="${escaped(value).replaceAll('\n', '&#10;')}"`,
	);
	const inner = Array.isArray(content) ? content.join('') : escaped(content);
	const open = `<${name}${named.join('')}`;
	if (inner === '') return `${open}/>\n`;
	return Array.isArray(content) ? `${open}>\n${inner}</${name}>\n` : `${open}>${inner}</${name}>\n`;
}

/** What XML 1.0 cannot say at all becomes U+FFFD. */
function escaped(text: string): string {
	const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
	return text
		.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
		.replace(/[&<>"]/g, (character) => names[character] as string);
}

function seconds(milliseconds: number): string {
	return (milliseconds / 1000).toFixed(3);
}
