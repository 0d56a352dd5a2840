/** What is remembered of the cases of a suite from one run to the next: which failed last, and how long they took. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { cacheDirectory, readCached, writeCached } from '../../host/cache.js';
import { isObject } from '../is-object.js';
import type { SuiteOutcome } from './outcome.js';
import type { Case, Suite } from './suite.js';

/** Of a case, by its last run that came to an end. */
interface Remembered {
	failed: boolean;
	/** Milliseconds. */
	duration: number;
}

export interface History {
	/** Milliseconds that the case took last; `undefined`: it is not known. */
	durationOf(suite: Suite, one: Case): number | undefined;
	/** It failed when it last ran, or the set-up or tear-down of its suite did. */
	hasFailed(suite: Suite, one: Case): boolean;
	/** `suite` has all of its cases, of which some may not have run. */
	record(suite: Suite, outcome: SuiteOutcome): void;
	/** Where it is not known which other cases the suite has: they keep what is remembered of them. */
	add(outcome: SuiteOutcome): void;
}

/** Suites that are remembered. */
const most = 1000;

interface Memory {
	/** For people who look into the file. */
	file: string;
	/** Its set-up or tear-down failed. */
	broken: boolean;
	cases: Record<string, Remembered>;
}

/** In a file for each suite, by the path of the suite; a file that cannot be read or written is as one that is not there. */
export function openHistory(directory = cacheDirectory('suites')): History {
	const memories = new Map<string, Memory>();
	const memoryOf = ({ file }: Suite): Memory => {
		const path = pathOf(file);
		const memory = memories.get(path) ?? memoryIn(readCached(directory, keyOf(path)), path);
		memories.set(path, memory);
		return memory;
	};
	const of = (suite: Suite, { name }: Case) => {
		const { cases } = memoryOf(suite);
		return Object.hasOwn(cases, name) ? cases[name] : undefined;
	};
	const remember = (names: readonly string[], { suite, cases, failures }: SuiteOutcome) => {
		const path = pathOf(suite.file);
		const before = memoryOf(suite);
		const ran = new Map(cases.filter(({ runs }) => runs > 0).map((one) => [one.case.name, one]));
		const entries = names.flatMap((name): [string, Remembered][] => {
			const now = ran.get(name);
			if (now && now.status !== 'skipped') return [[name, { failed: now.status === 'failed', duration: now.duration }]];
			return Object.hasOwn(before.cases, name) ? [[name, before.cases[name] as Remembered]] : [];
		});
		const broken = failures.length > 0 || (before.broken && ran.size === 0);
		const memory = { file: path, broken, cases: Object.fromEntries(entries) };
		memories.set(path, memory);
		writeCached(directory, keyOf(path), memory, most);
	};
	const namesOf = ({ cases }: Suite) => cases.map(({ name }) => name);
	return {
		durationOf: (suite, one) => of(suite, one)?.duration,
		hasFailed: (suite, one) => memoryOf(suite).broken || of(suite, one)?.failed === true,
		record: (suite, outcome) => remember(namesOf(suite), outcome),
		add: (outcome) =>
			remember([...new Set([...Object.keys(memoryOf(outcome.suite).cases), ...namesOf(outcome.suite)])], outcome),
	};
}

function pathOf(file: string): string {
	try {
		return realpathSync(file);
	} catch {
		return resolve(file);
	}
}

function keyOf(path: string): string {
	return `${createHash('sha256').update(path).digest('hex')}.json`;
}

/** What is not of this form, of another release for instance, says nothing. */
function memoryIn(found: unknown, file: string): Memory {
	const { broken, cases } = isObject(found) ? (found as Partial<Memory>) : {};
	const entries = Object.entries(isObject(cases) ? cases : {}).filter(
		([, one]) => typeof one?.failed === 'boolean' && typeof one.duration === 'number',
	);
	return { file, broken: broken === true, cases: Object.fromEntries(entries) };
}
