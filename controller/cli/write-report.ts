/** A report as a file, for `--json FILE|-` and the like. */
import { writeFileSync } from 'node:fs';
import { invalidFlag } from '../flags/arguments.js';

/** `-` is stdout. Does nothing where none is asked for. */
export function writeReport(flag: string, file: string | undefined, text: string): void {
	if (file === undefined) return;
	if (file === '-') process.stdout.write(text);
	else
		try {
			writeFileSync(file, text);
		} catch (cause) {
			throw invalidFlag(flag, `cannot write ${file}: ${(cause as Error).message}`, cause);
		}
}

export function writeJson(file: string | undefined, report: object): void {
	writeReport('--json', file, `${JSON.stringify(report, null, '\t')}\n`);
}
