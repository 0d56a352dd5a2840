/** The reporters by their names, each with where it writes. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, ProcreadyError } from '../../errors.js';
import { didYouMean } from '../expect/closest.js';
import type { HarnessEvent } from '../suite/outcome.js';
import { github } from './github.js';
import { jsonl } from './jsonl.js';
import { junit } from './junit.js';
import { pretty } from './pretty.js';
import type { MakeReporter, Output, Reporter } from './reporter.js';
import { tap } from './tap.js';

export const reporters: Record<string, MakeReporter> = { tap, pretty, junit, jsonl, github };

export interface OpenReporters extends Disposable {
	tell(event: HarnessEvent): void;
}

/** `NAME` or `NAME=FILE` each; without a file it writes to stdout, for which there is one only. Throws `option-invalid`. */
export function openReporters(given: readonly string[]): OpenReporters {
	const parsed = given.map((text) => {
		const [, name = text, file] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
		return { make: reporterOf(name), file };
	});
	if (parsed.filter(({ file }) => file === undefined).length > 1)
		throw invalid('only one reporter can write to stdout: write --reporter NAME=FILE for the others');
	const files: number[] = [];
	const opened = parsed.map(({ make, file }): Reporter => {
		if (file === undefined) return make(stdout());
		const fd = open(file);
		files.push(fd);
		return make({ write: (text) => void writeSync(fd, text), isTerminal: false, hasColours: false });
	});
	return {
		tell(event) {
			for (const tell of opened) tell(event);
		},
		[Symbol.dispose]() {
			for (const fd of files) closeSync(fd);
		},
	};
}

/** https://no-color.org */
function stdout(): Output {
	const isTerminal = process.stdout.isTTY === true;
	return {
		write: (text) => void process.stdout.write(text),
		isTerminal,
		hasColours: isTerminal && !process.env.NO_COLOR,
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
		throw invalid(`${file} cannot be written: ${errnoOf(cause) ?? cause}`);
	}
}

function invalid(what: string): ProcreadyError {
	return new ProcreadyError('option-invalid', `--reporter: ${what}`, { where: '--reporter' });
}
