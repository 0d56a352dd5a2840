/** A document becomes a suite, or the list of all that is wrong with it. */

import { basename, dirname, resolve } from 'node:path';
import { type CaseSource, caseOf } from './case.js';
import type { Document, Mistake } from './document.js';
import { combinationsOf } from './matrix.js';
import { formOf, type RawCase, type RawSuite } from './raw.js';
import { merged, misplacedIn, rawOf, servingCaseOf, writtenIn } from './services.js';
import { valueAt } from './spelling.js';
import type { Case, Suite } from './suite.js';

export interface Parsed {
	/** Only where nothing is wrong. */
	suite?: Suite;
	mistakes: Mistake[];
}

export function parseSuite(document: Document): Parsed {
	if (document.mistakes.length > 0) return { mistakes: document.mistakes };
	const { length = 0 } = (document.value as { cases?: unknown[] } | undefined)?.cases ?? [];
	// ajv takes long to collect so many errors
	if (length > mostCases) return { mistakes: [{ ...document.placeOf(`/cases/${mostCases}`), message: tooManyCases }] };
	const { raw, mistakes } = formOf(document);
	if (raw === undefined) return { mistakes };
	const directory = resolve(dirname(document.file));
	const tooMany = firstTooMany(raw);
	if (tooMany !== undefined) {
		return {
			mistakes: [
				{ ...document.placeOf(sourceOf(tooMany.pointer, tooMany.index, document, ''), 'name'), message: tooManyCases },
			],
		};
	}
	const cases = (raw.cases ?? []).flatMap((one, index) => (one ? casesOf(one, index, raw, document, mistakes) : []));
	mistakes.push(...repeatedNames(cases));
	const suite = {
		file: document.file,
		directory,
		name:
			raw.name ??
			basename(document.file)
				.replace(/\.(ya?ml|json)$/, '')
				.replace(/(?<=.)\.procready$/, ''),
		before: [raw.before ?? []].flat(),
		after: [raw.after ?? []].flat(),
		cases,
	};
	return mistakes.length > 0 ? { mistakes: distinct(mistakes) } : { suite, mistakes };
}

/** With the combinations of their matrices. */
const mostCases = 10_000;
const tooManyCases = `a suite has at most ${mostCases} cases, and with this there are more`;

/** The case, or its matrix, with which there are too many. */
function firstTooMany({ cases = [], defaults }: RawSuite): { pointer: string; index: number } | undefined {
	let total = 0;
	for (const [index, one] of cases.entries()) {
		const matrix = Object.values(one?.matrix ?? defaults?.matrix ?? {});
		total += matrix.reduce((product, { length }) => product * length, 1);
		if (total > mostCases) return { pointer: matrix.length > 0 ? '/matrix' : '', index };
	}
	return undefined;
}

function casesOf(own: RawCase, index: number, suite: RawSuite, document: Document, mistakes: Mistake[]): Case[] {
	const { defaults = {} } = suite;
	const raw = merged(defaults, own);
	const written = writtenIn(raw);
	let current: object = own;
	const sourceIn = (holder: string, raw: RawCase, from: (RawCase | RawSuite | undefined)[]): CaseSource => {
		const commanding = from.find((one) => one?.command !== undefined || one?.shell !== undefined);
		const placeOf: CaseSource['placeOf'] = (pointer, part) =>
			document.placeOf(sourceOf(pointer, index, document, holder), part);
		return {
			raw: { ...raw, command: commanding?.command, shell: commanding?.shell } as RawCase,
			directory: resolve(dirname(document.file)),
			lines: document.linesOf(`/cases/${index}`),
			services: written.map(({ name }) => name),
			placeOf,
			report: (pointer, message, part) => mistakes.push({ ...placeOf(pointer, part), message, of: current }),
		};
	};
	const source = sourceIn('', raw, [own, defaults, suite]);
	if (own.only && own.skip !== undefined) source.report('/skip', 'a case has "only" or "skip", not both', 'name');
	for (const [pointer, message] of misplacedIn(raw)) source.report(pointer, message, 'name');
	const sources = written.map((one) => {
		const from = [own, defaults].flatMap((holder) => [valueAt(holder, one.pointer) as RawCase | undefined, holder]);
		return { ...sourceIn(one.pointer, rawOf(one, raw), [...from, suite]), service: one.name };
	});
	return combinationsOf(raw.matrix ?? {}, source.services, source.report).map((combination) => {
		current = combination;
		return sources.length === 0 ? caseOf(source, combination) : servingCaseOf(source, sources, combination);
	});
}

/** Where in the file it is said: by the case, by the defaults, or by the suite; by a service of these before themselves. */
function sourceOf(pointer: string, index: number, { has }: Document, service: string): string {
	const own = [`/cases/${index}`, '/defaults'];
	const holders = [...new Set(own.flatMap((one) => [one + service, one])), ''];
	const first = `/${pointer.split('/')[1]}`;
	const holder = holders.find((one) => has(one + pointer)) ?? holders.find((one) => has(one + first));
	return holder === undefined ? `/cases/${index}` : holder + pointer;
}

function repeatedNames(cases: Case[]): Mistake[] {
	const seen = new Map<string, Case>();
	return cases.flatMap((one) => {
		const before = seen.get(one.name);
		seen.set(one.name, before ?? one);
		const message = `the name ${JSON.stringify(one.name)} is that of the case in line ${before?.place.line} already`;
		return before ? [{ ...one.place, message, of: one }] : [];
	});
}

/**
 * What is wrong in the defaults is wrong in every case, and in a matrix perhaps with each of its values: it is said once, as
 * of the first, with the number of cases.
 */
function distinct(mistakes: Mistake[]): Mistake[] {
	const groups = new Map<string, Mistake[]>();
	for (const one of mistakes) {
		const kind = one.of ? one.message.replace(/"(?:[^"\\]|\\.)*"|\d+(\.\d+)?/g, '#') : one.message;
		const key = `${one.line}:${one.column}:${kind}`;
		const group = groups.get(key);
		if (group) group.push(one);
		else groups.set(key, [one]);
	}
	return [...groups.values()].flatMap(once).sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Of mistakes that are alike, those of the first case. */
function once(group: Mistake[]): Mistake[] {
	const cases = new Set(group.map(({ of }) => of)).size;
	const first = group.filter(({ of }) => of === group[0]?.of);
	return [...new Map(first.map((one) => [one.message, one])).values()].map(({ of: _, message, ...place }) => ({
		...place,
		message: cases > 1 ? `${message} (in ${cases} cases)` : message,
	}));
}
