/** Reads what shards have written, also where it was cut off. */

import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, ProcreadyError, reasonOf } from '../../errors.js';
import { readGiven } from '../../host/node/read-bounded.js';
import { version } from '../../host/release.js';
import { compile } from '../expect/check.js';
import { isObject } from '../is-object.js';
import type { CaseOutcome } from '../suite/outcome.js';
import type { Case } from '../suite/suite.js';
import type { BlobCase, BlobHead, BlobLine, CaseLine, EndLine, SuiteEndLine, SuiteLine } from './blob.js';

/** What a file of a shard says. */
export interface Blob {
	/** As it was given. */
	path: string;
	head: BlobHead;
	suites: SuiteLine[];
	cases: CaseLine[];
	suiteEnds: SuiteEndLine[];
	/** `undefined`: its end is missing, so that the shard was killed, runs still, or the file was cut off. */
	end: EndLine | undefined;
}

/** What is wrong with a file, in a sentence that begins with its path. */
export interface Unreadable {
	wrong: string;
	/** Nothing was written yet, so that it lacks nothing where all shards are there. */
	isEmpty: boolean;
}

/** Bytes: what a buffer of Node may have. */
const longest = 2 ** 31 - 1;

/** Files, and of directories all files below that are called `*.blob`. Throws `option-invalid` where there is none. */
export function findBlobs(words: readonly string[]): string[] {
	const found = words.flatMap((word) => {
		if (statSync(word, { throwIfNoEntry: false })?.isDirectory() !== true) return [word];
		const inside = blobsIn(word);
		if (inside.length > 0) return inside;
		throw new ProcreadyError('option-invalid', `${word}: there is no *.blob in this directory or below`);
	});
	return [...new Set(found)];
}

function blobsIn(directory: string): string[] {
	try {
		const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
		return names
			.filter((name) => name.endsWith('.blob'))
			.map((name) => join(directory, name))
			.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
	} catch (cause) {
		if (errnoOf(cause) === undefined) throw cause;
		throw new ProcreadyError('option-invalid', `${directory} cannot be searched: ${reasonOf(cause)}`, { cause });
	}
}

export function readBlob(path: string): Blob | Unreadable {
	let content: Buffer;
	try {
		content = readGiven(path, { longest });
	} catch (cause) {
		return { wrong: `${path}: cannot be read: ${reasonOf(cause)}`, isEmpty: false };
	}
	const refused = (why: string) => ({ wrong: `${path}: ${why}`, isEmpty: content.length === 0 });
	if (content.length === 0) return refused('is empty: its shard was killed before it began, or runs still');
	const lines = linesOf(content);
	const [head, ...others] = lines.map(({ line }) => line);
	if (!isObject(head) || head.type !== 'blob')
		return refused('is not what --reporter blob writes: its first line does not say so');
	if (head.version !== version)
		return refused(`was written by procready ${head.version}, and this is ${version}: merge it with that`);
	const of = <T extends BlobLine['type']>(type: T) =>
		others.filter((one): one is Extract<BlobLine, { type: T }> => one?.type === type);
	const last = lines.at(-1);
	const [end] = of('end');
	const isWhole =
		end !== undefined &&
		last?.line === end &&
		end.digest === createHash('sha256').update(content.subarray(0, last.start)).digest('hex');
	if (end !== undefined && !isWhole)
		return refused('is not what its shard has written: the digest at its end is of something else');
	return { path, head: head as BlobHead, suites: of('suite'), cases: of('case'), suiteEnds: of('suite-end'), end };
}

/** A line that is not whole is the last, and left out. */
function linesOf(content: Buffer): { start: number; line: BlobLine | undefined }[] {
	const lines = [];
	for (let start = 0; start < content.length; ) {
		const end = content.indexOf('\n', start);
		if (end < 0) break;
		lines.push({ start, line: parsed(content.toString('utf8', start, end)) });
		start = end + 1;
	}
	return lines;
}

function parsed(text: string): BlobLine | undefined {
	try {
		const found: unknown = JSON.parse(text);
		return isObject(found) ? (found as unknown as BlobLine) : undefined;
	} catch {
		return undefined;
	}
}

/** As reporters are told of it. */
export function outcomeIn({ case: written, outcome, places, result, error }: CaseLine): CaseOutcome {
	const came = error ? new ProcreadyError(error.code, error.message, error) : result;
	return { ...outcome, case: caseIn(written, places), ...(came && { came }) };
}

/** It has run: what was expected of it is not looked at again. */
function caseIn(written: BlobCase, places: CaseLine['places']): Case {
	return {
		...written,
		expect: {},
		compiled: compile({}),
		placeOf: (where) => places[where] ?? written.place,
		only: false,
		skip: undefined,
	};
}
