/** Reads what shards have written, also where it was cut off. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../container/run.js';
import { type ErrorDescription, errnoOf, ProcreadyError, reasonOf } from '../../errors.js';
import { compile } from '../expect/check.js';
import { judgeClients } from '../service/judge.js';
import type { CaseOutcome } from '../suite/outcome.js';
import type { Case } from '../suite/suite.js';
import type { BlobHead, BlobLine, CaseLine, EndLine, SuiteEndLine, SuiteLine } from './blob.js';
import { readSealed, type Unreadable } from './sealed.js';

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
	const read = readSealed<BlobHead, BlobLine>(path, 'blob', '--reporter blob');
	if ('wrong' in read) return read;
	const { head, lines, isWhole } = read;
	const of = <T extends BlobLine['type']>(type: T) =>
		lines.filter((one): one is Extract<BlobLine, { type: T }> => one.type === type);
	const end = isWhole ? of('end')[0] : undefined;
	return { path, head, suites: of('suite'), cases: of('case'), suiteEnds: of('suite-end'), end };
}

/** As reporters are told of it. */
export function outcomeIn(line: CaseLine): CaseOutcome {
	const { outcome, came, served } = line;
	return {
		...outcome,
		case: caseIn(line),
		...(came && { came: cameIn(came) }),
		...(served && {
			served: {
				services: served.services.map(({ name, came }) => ({ name, came: cameIn(came) })),
				clients: served.clients.map(cameIn),
			},
		}),
	};
}

function cameIn<R extends RunResult>(written: R | ErrorDescription): R | ProcreadyError {
	return 'verdict' in written ? written : new ProcreadyError(written.code, written.message, written);
}

/** It has run: what was expected of it is not looked at again. */
function caseIn({ case: written, places, isServing }: CaseLine): Case {
	const serving = { services: [], isShared: false, clients: [], judge: judgeClients({}) };
	return {
		...written,
		expect: {},
		compiled: compile({}),
		placeOf: (where) => places[where] ?? written.place,
		only: false,
		skip: undefined,
		...(isServing && { serving }),
	};
}
