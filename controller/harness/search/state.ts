/** A file in which a search keeps what it knows, so that it can be stopped and go on. */
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { errnoOf, ProcreadyError, reasonOf } from '../../errors.js';
import { readGiven } from '../../host/node/read-bounded.js';
import { notWritten } from '../not-written.js';
import type { Tally } from './trials.js';

/** For each limit the tallies of its values. */
export type Known = Map<string, Map<number, Tally>>;

interface Content {
	/** What is searched, so that no other search goes on with it. */
	of: string;
	command: string[];
	limits: Record<string, [value: number, passed: number, failed: number][]>;
}

export interface StateFile {
	known: Known;
	save(): void;
}

/** `what` is all that the outcome of a run depends on. Throws `option-invalid` for a file of something else. */
export function openState(file: string | undefined, command: readonly string[], what: unknown): StateFile {
	const of = createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16);
	const known = file === undefined ? new Map() : read(file, of);
	return {
		known,
		save() {
			if (file !== undefined) write(file, { of, command: [...command], limits: limitsOf(known) });
		},
	};
}

function limitsOf(known: Known): Content['limits'] {
	return Object.fromEntries(
		[...known].map(([limit, tallies]) => [
			limit,
			[...tallies]
				.sort(([one], [other]) => one - other)
				.map(([value, { passed, failed }]): [number, number, number] => [value, passed, failed]),
		]),
	);
}

function invalid(file: string, what: string, cause?: unknown): ProcreadyError {
	return new ProcreadyError('option-invalid', `${file}: ${what}`, { where: 'state', ...(cause ? { cause } : {}) });
}

function read(file: string, of: string): Known {
	let content: Content;
	try {
		content = JSON.parse(readGiven(file).toString());
		if (typeof content.of !== 'string' || typeof content.limits !== 'object') throw new TypeError('no state');
	} catch (cause) {
		const errno = errnoOf(cause);
		if (errno === 'ENOENT') return new Map();
		if (errno) throw invalid(file, `cannot be read: ${reasonOf(cause)}`, cause);
		throw invalid(file, 'is not the state of a search; give another name, or remove it', cause);
	}
	if (content.of !== of)
		throw invalid(file, `is the state of another search (${content.command?.join(' ')}); remove it to begin anew`);
	return new Map(
		Object.entries(content.limits).map(([limit, tallies]) => [
			limit,
			new Map(tallies.map(([value, passed, failed]) => [value, { passed, failed }])),
		]),
	);
}

/** Whole or not at all, whenever it is stopped. */
function write(file: string, content: Content): void {
	try {
		writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`);
		renameSync(`${file}.new`, file);
	} catch (cause) {
		throw notWritten(`state: ${file}`, cause, 'state');
	}
}
