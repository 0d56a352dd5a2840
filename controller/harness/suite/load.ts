/** Finds the files of suites and reads them. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, ProcreadyError, reasonOf } from '../../errors.js';
import { readBounded } from '../../host/node/read-bounded.js';
import { digestOf } from '../shards/whole.js';
import { type Mistake, type Place, readDocument } from './document.js';
import { type Parsed, parseSuite } from './parse.js';
import type { Suite } from './suite.js';

/** Bytes: more than a suite may have, so that it is refused for its length. */
const longest = 4 * 2 ** 20 + 1;

const isSuiteFile = /^(.+\.)?procready\.(ya?ml|json)$/;

/** What is to be run: the files of suites, and of those of which only some lines were named, these. */
export interface Named {
	files: string[];
	lines: Map<string, number[]>;
}

/**
 * Each word is a file, a directory in which suites are sought, or `FILE:LINE`, also with a column. Throws `option-invalid`
 * where a directory has none, or cannot be read.
 */
export function findNamed(words: readonly string[]): Named {
	const files = new Set<string>();
	const lines = new Map<string, number[]>();
	const whole = new Set<string>();
	for (const word of words) {
		const { file, line } = placeIn(word);
		const found = isDirectory(word) ? suitesIn(word) : [file];
		for (const one of found) {
			files.add(one);
			if (line === undefined) whole.add(one);
			else lines.set(one, [...(lines.get(one) ?? []), line]);
		}
	}
	for (const file of whole) lines.delete(file);
	return { files: [...files], lines };
}

/** A file may have such a name itself. */
function placeIn(word: string): { file: string; line?: number } {
	if (existsSync(word)) return { file: word };
	for (const pattern of [/^(.+):([1-9]\d*)$/, /^(.+):([1-9]\d*):\d+$/]) {
		const [, file, line] = pattern.exec(word) ?? [];
		if (file !== undefined && existsSync(file)) return { file, line: Number(line) };
	}
	return { file: word };
}

function isDirectory(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function suitesIn(directory: string): string[] {
	const found = readable(directory, () => findSuites(directory));
	const where = directory === '.' ? 'here' : `in ${directory}`;
	if (found.length === 0)
		throw new ProcreadyError('option-invalid', `there is no procready.yaml nor *.procready.yaml ${where} or below`);
	return found;
}

function readable<T>(directory: string, read: () => T): T {
	try {
		return read();
	} catch (cause) {
		if (errnoOf(cause) === undefined) throw cause;
		throw new ProcreadyError('option-invalid', `${directory} cannot be searched for suites: ${reasonOf(cause)}`, {
			cause,
		});
	}
}

/** `procready.yaml` and `*.procready.yaml` (or `.yml`, `.json`) below the directory, in order; not in hidden directories and node_modules. */
export function findSuites(directory: string): string[] {
	const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
	const at = (name: string) => (directory === '.' ? name : join(directory, name));
	const files = entries.filter((entry) => entry.isFile() && isSuiteFile.test(entry.name));
	const below = entries.filter((entry) => entry.isDirectory() && isSearched(entry.name));
	return [...files.map(({ name }) => at(name)), ...below.flatMap(({ name }) => findSuites(at(name)))];
}

/** Whether suites may be in a directory of this name. */
export function isSearched(name: string): boolean {
	return !/^\.|^node_modules$/.test(name);
}

export interface Loaded {
	suites: Suite[];
	mistakes: Mistake[];
	/** SHA-256 of what is in the file, by the file of the suite. */
	digests: ReadonlyMap<string, string>;
}

/** All suites, and all that is wrong in any of the files. */
export function loadSuites(files: readonly string[]): Loaded {
	const parsed = files.map(loadSuite);
	return {
		digests: new Map(parsed.flatMap(({ suite, digest }) => (suite && digest ? [[suite.file, digest]] : []))),
		suites: parsed.flatMap(({ suite }) => suite ?? []),
		mistakes: parsed.flatMap(({ mistakes }) => mistakes),
	};
}

function loadSuite(file: string): Parsed & { digest?: string } {
	const refused = (message: string) => ({ mistakes: [{ file, line: 1, column: 1, message }] });
	try {
		const read = readBounded(file, longest);
		if ('not' in read) return refused(`this is ${read.not}, and a suite is a file`);
		return { ...parseSuite(readDocument(read.bytes.toString('utf8'), file)), digest: digestOf(read.bytes) };
	} catch (error) {
		if (errnoOf(error) === undefined) throw error;
		return refused(`the file cannot be read: ${reasonOf(error)}`);
	}
}

/** `FILE:LINE:COLUMN`, which editors and terminals make links of. */
export function placeText({ file, line, column }: Place): string {
	return `${file}:${line}:${column}`;
}
