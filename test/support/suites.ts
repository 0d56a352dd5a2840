/** Suites as they are written, read from memory. */
import { readDocument } from '../../controller/harness/suite/document.js';
import { parseSuite } from '../../controller/harness/suite/parse.js';
import type { Suite } from '../../controller/harness/suite/suite.js';

/** `LINE:COLUMN: message` of every mistake. */
export function mistakesIn(text: string): string[] {
	const { mistakes } = parseSuite(readDocument(text, '/suites/a.procready.yaml'));
	return mistakes.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

export function suiteOf(text: string): Suite {
	const { suite, mistakes } = parseSuite(readDocument(text, '/suites/a.procready.yaml'));
	if (!suite) throw new Error(mistakes.map(({ message }) => message).join('\n'));
	return suite;
}
