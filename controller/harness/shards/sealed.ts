/**
 * Files that shards write for `procready merge`: JSON lines, of the release that writes them alone. The last line has the digest of
 * those before it: without it the shard did not come to its end, or the file did not.
 */
import { createHash } from 'node:crypto';
import { reasonOf } from '../../errors.js';
import { readBounded, readGiven } from '../../host/node/read-bounded.js';
import { version } from '../../host/release.js';
import { isObject } from '../is-object.js';

/** Writes lines; one of the type `end` gets the digest, and is the last. */
export function sealing(write: (text: string) => void): (line: { type: string }) => void {
	const hash = createHash('sha256');
	return (line) => {
		const text = `${JSON.stringify(line.type === 'end' ? { ...line, digest: hash.copy().digest('hex') } : line)}\n`;
		hash.update(text);
		write(text);
	};
}

export interface Sealed<Head, Line> {
	/** The first line. */
	head: Head;
	/** All others, the end included. */
	lines: Line[];
	/** It has its end. */
	isWhole: boolean;
}

/** What is wrong with a file, in a sentence that begins with its path. */
export interface Unreadable {
	wrong: string;
	/** Nothing was written yet, so that it lacks nothing where all shards are there. */
	isEmpty: boolean;
}

/** Bytes: what a buffer of Node may have. */
const longest = 2 ** 31 - 1;

/** That of the first line; `undefined` where the file cannot be read or is not such a file. */
export function typeOf(path: string): string | undefined {
	try {
		const read = readBounded(path, 64);
		return 'not' in read ? undefined : /^\{"type":"(\w+)"/.exec(read.bytes.toString('latin1'))?.[1];
	} catch {
		return undefined; // who reads it says why
	}
}

/** `type` is that of the first line, `writer` what writes such files. */
export function readSealed<Head, Line>(path: string, type: string, writer: string): Sealed<Head, Line> | Unreadable {
	let content: Buffer;
	try {
		content = readGiven(path, { longest });
	} catch (cause) {
		return { wrong: `${path}: cannot be read: ${reasonOf(cause)}`, isEmpty: false };
	}
	const refused = (why: string) => ({ wrong: `${path}: ${why}`, isEmpty: content.length === 0 });
	if (content.length === 0) return refused('is empty: its shard was killed before it began, or runs still');
	const all = linesOf(content);
	const [head, ...others] = all.map(({ line }) => line);
	if (head?.type !== type) return refused(`is not what ${writer} writes: its first line does not say so`);
	if (head.version !== version)
		return refused(`was written by procready ${head.version}, and this is ${version}: merge it with that`);
	const end = others.find((one) => one?.type === 'end');
	const last = all.at(-1);
	const isWhole =
		end !== undefined &&
		last?.line === end &&
		end.digest === createHash('sha256').update(content.subarray(0, last.start)).digest('hex');
	if (end !== undefined && !isWhole)
		return refused('is not what its shard has written: the digest at its end is of something else');
	return { head: head as Head, lines: others.filter((one) => one !== undefined) as Line[], isWhole };
}

/** A line that is not whole is the last, and left out. */
function linesOf(content: Buffer): { start: number; line: Record<string, unknown> | undefined }[] {
	const lines = [];
	for (let start = 0; start < content.length; ) {
		const end = content.indexOf('\n', start);
		if (end < 0) break;
		lines.push({ start, line: parsed(content.toString('utf8', start, end)) });
		start = end + 1;
	}
	return lines;
}

function parsed(text: string): Record<string, unknown> | undefined {
	try {
		const found: unknown = JSON.parse(text);
		return isObject(found) ? found : undefined;
	} catch {
		return undefined;
	}
}
