/** A report as a file, for `--json FILE|-|fd:N` and the like. */
import { writeFileSync } from 'node:fs';
import { ProcreadyError } from '../errors.js';
import { notWritten } from '../harness/not-written.js';
import { callersFile } from './callers-file.js';
import { stdout } from './output.js';

/** `-` is stdout, `fd:N` an open file of the caller. Does nothing where none is asked for. */
export function writeReport(flag: string, file: string | undefined, text: string): void {
	if (file === undefined) return;
	try {
		const opened = file === '-' ? stdout : callersFile(flag, file);
		if (opened) opened.write(text);
		else writeFileSync(file, text);
	} catch (cause) {
		if (cause instanceof ProcreadyError) throw cause;
		throw notWritten(`${flag} ${file}`, cause);
	}
}

export function writeJson(file: string | undefined, report: object): void {
	writeReport('--json', file, `${JSON.stringify(report, null, '\t')}\n`);
}
