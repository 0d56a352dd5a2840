/** The reporters by their names, each with where it writes. */
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ProcreadyError, reasonOf } from '../../errors.js';
import { didYouMean } from '../../model/closest.js';
import { notWritten } from '../not-written.js';
import { blob } from '../shards/blob.js';
import type { HarnessEvent } from '../suite/outcome.js';
import { github } from './github.js';
import { jsonl } from './jsonl.js';
import { junit } from './junit.js';
import { pretty } from './pretty.js';
import type { MakeReporter, Output } from './reporter.js';
import { tap } from './tap.js';
import { tap13 } from './tap13.js';

export const reporters: Record<string, MakeReporter> = { tap, tap13, pretty, junit, jsonl, github, blob };

export interface OpenReporters extends Disposable {
	/** Whatever a reporter cannot write, the cases and the others go on. */
	tell(event: HarnessEvent): void;
	/** To be called when all was told. Throws `not-written` for the first that could not write all of its report. */
	finish(): void;
}

/**
 * `NAME` or `NAME=FILE` each; without a file it writes to stdout, for which there is one only. `openedBefore` knows the files
 * that are open already. Throws `option-invalid`.
 */
export function openReporters(
	given: readonly string[],
	stdout: Output,
	openedBefore: (flag: string, file: string) => Pick<Output, 'write'> | undefined,
): OpenReporters {
	const parsed = given.map((text) => {
		const [, name = text, file] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
		return {
			text,
			make: reporterOf(name),
			file,
			opened: file === undefined ? undefined : openedBefore('--reporter', file),
		};
	});
	if (parsed.filter(({ file }) => file === undefined).length > 1)
		throw invalid('only one reporter can write to stdout: write --reporter NAME=FILE for the others');
	const files: number[] = [];
	const told = parsed.map(({ text, make, file, opened }) => {
		if (file === undefined) return { text, tell: make(stdout) };
		const plain = { isTerminal: false, hasColours: false };
		if (opened) return { text, tell: make({ write: (text) => opened.write(text), ...plain }) };
		const fd = open(file);
		files.push(fd);
		return { text, tell: make({ write: (text) => writeFileSync(fd, text), ...plain }) };
	});
	const failures = new Map<string, unknown>();
	return {
		tell(event) {
			for (const { text, tell } of told)
				try {
					if (!failures.has(text)) tell(event);
				} catch (error) {
					failures.set(text, error);
				}
		},
		finish() {
			for (const [text, error] of failures)
				throw error instanceof ProcreadyError ? error : notWritten(`--reporter ${text}`, error);
		},
		[Symbol.dispose]() {
			for (const fd of files) closeSync(fd);
		},
	};
}

function reporterOf(name: string): MakeReporter {
	const names = Object.keys(reporters);
	const found = Object.hasOwn(reporters, name) ? reporters[name] : undefined;
	if (!found) throw invalid(`${JSON.stringify(name)} is none of ${names.join(', ')}${didYouMean(name, names)}`);
	return found;
}

function open(file: string): number {
	try {
		mkdirSync(dirname(file), { recursive: true });
		return openSync(file, 'w');
	} catch (cause) {
		throw invalid(`${file} cannot be written: ${reasonOf(cause)}`);
	}
}

function invalid(what: string): ProcreadyError {
	return new ProcreadyError('option-invalid', `--reporter: ${what}`, { where: '--reporter' });
}
