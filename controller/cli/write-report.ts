/** A report as a file, for `--json FILE|-` and the like. */
import { writeFileSync } from 'node:fs';
import { notWritten } from '../harness/not-written.js';
import { stdout } from './output.js';

/** `-` is stdout. Does nothing where none is asked for. */
export function writeReport(flag: string, file: string | undefined, text: string): void {
	if (file === undefined) return;
	try {
		if (file === '-') stdout.write(text);
		else writeFileSync(file, text);
	} catch (cause) {
		throw notWritten(`${flag} ${file}`, cause);
	}
}

export function writeJson(file: string | undefined, report: object): void {
	writeReport('--json', file, `${JSON.stringify(report, null, '\t')}\n`);
}
