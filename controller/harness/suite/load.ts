/** Finds the files of suites and reads them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, reasonOf } from '../../errors.js';
import { readBounded } from '../../host/node/read-bounded.js';
import { type Mistake, type Place, readDocument } from './document.js';
import { type Parsed, parseSuite } from './parse.js';
import type { Suite } from './suite.js';

/** Bytes: more than a suite may have, so that it is refused for its length. */
const longest = 4 * 2 ** 20 + 1;

const isSuiteFile = /^(.+\.)?procready\.(ya?ml|json)$/;

/** `procready.yaml` and `*.procready.yaml` (or `.yml`, `.json`) below the directory, in order; not in hidden directories and node_modules. */
export function findSuites(directory: string): string[] {
	const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
	const at = (name: string) => (directory === '.' ? name : join(directory, name));
	const files = entries.filter((entry) => entry.isFile() && isSuiteFile.test(entry.name));
	const below = entries.filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
	return [...files.map(({ name }) => at(name)), ...below.flatMap(({ name }) => findSuites(at(name)))];
}

/** All suites, and all that is wrong in any of the files. */
export function loadSuites(files: readonly string[]): { suites: Suite[]; mistakes: Mistake[] } {
	const parsed = files.map(loadSuite);
	return {
		suites: parsed.flatMap(({ suite }) => suite ?? []),
		mistakes: parsed.flatMap(({ mistakes }) => mistakes),
	};
}

function loadSuite(file: string): Parsed {
	const refused = (message: string) => ({ mistakes: [{ file, line: 1, column: 1, message }] });
	try {
		const read = readBounded(file, longest);
		if ('not' in read) return refused(`this is ${read.not}, and a suite is a file`);
		return parseSuite(readDocument(read.bytes.toString('utf8'), file));
	} catch (error) {
		if (errnoOf(error) === undefined) throw error;
		return refused(`the file cannot be read: ${reasonOf(error)}`);
	}
}

/** `FILE:LINE:COLUMN`, which editors and terminals make links of. */
export function placeText({ file, line, column }: Place): string {
	return `${file}:${line}:${column}`;
}
