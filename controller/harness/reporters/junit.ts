/**
 * JUnit XML as Jenkins, GitLab and others read it. Written at the end, as one text. It is valid for junit-10.xsd, by which the
 * xunit plugin of Jenkins refuses files: there only suites have properties, so those of a case begin with its name.
 * https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
 */
import { hostname } from 'node:os';
import { isCut } from '../../container/run.js';
import { ProcreadyError } from '../../errors.js';
import { bytes } from '../../report/words.js';
import type { Came } from '../expect/check.js';
import { type ShardFacts, shardLines } from '../shards/facts.js';
import { placeText } from '../suite/load.js';
import type { CaseOutcome, SuiteOutcome } from '../suite/outcome.js';
import type { Suite } from '../suite/suite.js';
import { accountOf, earlierLines, partsOf, verdictLines, wordsOf } from './account.js';
import type { MakeReporter } from './reporter.js';
import { reproduction } from './reproduce.js';

export const junit: MakeReporter = ({ write }) => {
	const start = new Date().toISOString().slice(0, 19);
	return (event) => {
		if (event.type !== 'end') return;
		const suites = event.summary.suites.map((outcome, id) => suiteElement(outcome, id, start, event.summary.shards));
		write(`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('')}</testsuites>\n`);
	};
};

function suiteElement(outcome: SuiteOutcome, id: number, start: string, shards?: ShardFacts[]): string {
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
		element('properties', {}, [...shardProperties(shards), ...cases.flatMap(propertiesOf)]),
		...cases.map((one) => caseElement(suite, one)),
		...broken,
	]);
}

/** Where each was; the suite itself has the name of the host that merged them. */
function shardProperties(shards: ShardFacts[] = []): string[] {
	return shardLines(shards).map((value) => element('property', { name: 'shard', value }, []));
}

/** Its limits, the account, and how it ended and why. */
function propertiesOf(outcome: CaseOutcome): string[] {
	const { case: one, came, runs, shard } = outcome;
	const limits = Object.entries(one.options.limits ?? {}).flatMap(([name, value]) =>
		name === 'set' ? Object.entries(value as object) : [[name, value] as const],
	);
	const ended = came === undefined || came instanceof ProcreadyError ? undefined : came.verdict;
	const error = came instanceof ProcreadyError ? came : undefined;
	const properties: [string, unknown][] = [
		...limits.map(([name, value]): [string, unknown] => [
			`limit.${name}`,
			typeof value === 'object' ? JSON.stringify(value) : value,
		]),
		...Object.entries(accountOf(outcome) ?? {}),
		...(ended ? [['verdict', ended.outcome] as [string, unknown]] : []),
		...(ended?.causes ?? []).map(({ limit, sentence }): [string, unknown] => ['cause', `${limit}: ${sentence}`]),
		...(error ? [['error', error.code] as [string, unknown]] : []),
		...(shard === undefined ? [] : [['shard', shard] as [string, unknown]]),
		...(runs > 1 ? [['runs', runs] as [string, unknown]] : []),
	];
	return properties.map(([name, value]) =>
		element('property', { name: `${one.name}: ${name}`, value: String(value) }, []),
	);
}

function caseElement(suite: Suite, outcome: CaseOutcome): string {
	const { case: one, status, failures, duration, reason } = outcome;
	const attributes = { name: one.name, classname: suite.name, time: seconds(duration) };
	const parts = partsOf(outcome);
	const outputs = [
		...parts.flatMap(({ came }) => printed('system-out', came, 'stdout')),
		...parts.flatMap(({ came }) => printed('system-err', came, 'stderr')),
	];
	const earlier = (name: string) =>
		outcome.earlier.map(({ run, failures }) => {
			const message = failures.map(({ sentence }) => sentence).join('\n');
			return element(name, { message, type: failures[0]?.what ?? 'failure' }, `run ${run} failed: ${message}`);
		});
	if (status === 'passed') return element('testcase', attributes, [...earlier('flakyFailure'), ...outputs]);
	if (status === 'skipped') return element('testcase', attributes, [element('skipped', { message: reason ?? '' }, [])]);
	const message = failures.map(({ sentence }) => sentence).join('\n');
	const text = [
		...failures.map(({ where, sentence }) => `${placeText(one.placeOf(where))}: ${sentence}`),
		...earlierLines(outcome),
		...verdictLines(outcome),
		...Object.entries(accountOf(outcome) ?? {}).map(([name, value]) => `${name}: ${value}`),
		...wordsOf(outcome),
		...reproduction(suite, one).map((line) => `$ ${line}`),
	];
	return element('testcase', attributes, [
		element('failure', { message, type: failures[0]?.what ?? 'failure' }, text.join('\n')),
		...earlier('rerunFailure'),
		...outputs,
	]);
}

function printed(name: string, came: Came, stream: 'stdout' | 'stderr'): string[] {
	if (came instanceof ProcreadyError || came[stream] === '') return [];
	const { kept } = came.written[stream];
	const cut = isCut(came.written[stream]) ? `--- cut after ${bytes(kept)}\n` : '';
	return [element(name, {}, `${cut}${came[stream].slice(-100_000)}`)];
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
