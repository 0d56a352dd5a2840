/** Reads files that others have made: never more than is wanted, and never waiting for somebody who writes. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

export interface BoundedFile {
	/** At most as many as were wanted. */
	bytes: Buffer;
	/** Of all of it; `undefined`: there are more, and a file of /proc or the like does not say how many. */
	size: number | undefined;
}

const kinds = {
	isDirectory: 'a directory',
	isFIFO: 'a FIFO',
	isSocket: 'a socket',
	isCharacterDevice: 'a device',
	isBlockDevice: 'a device',
} as const satisfies Partial<Record<keyof Stats, string>>;

/** `a directory` …, `undefined` where it is a file. */
function kindOf(stats: Stats): string | undefined {
	return Object.entries(kinds).find(([is]) => stats[is as keyof typeof kinds]())?.[1];
}

const MiB = 2 ** 20;

/**
 * All of a file that somebody has named, by default of at most 16 MiB. Throws what the kernel says, or a sentence on what is
 * no such file. A pipe is read where `waits` is true, as from `<(COMMAND)` of a shell.
 */
export function readGiven(path: string, { longest = 16 * MiB, waits = false } = {}): Buffer {
	const read = waits && statSync(path).isFIFO() ? readPipe(path, longest) : readBounded(path, longest);
	if ('not' in read) throw new Error(`it is ${read.not}, and must be a file`);
	if (read.size !== read.bytes.length) throw new Error(`it is longer than ${longest / MiB} MiB`);
	return read.bytes;
}

function readPipe(path: string, longest: number): BoundedFile {
	const file = openSync(path, constants.O_RDONLY);
	try {
		return bounded(file, 0, longest);
	} finally {
		closeSync(file);
	}
}

/** The beginning of a file, or what it is instead of a file. Throws what the kernel says, with its errno(3) as `code`. */
export function readBounded(path: string, longest: number): BoundedFile | { not: string } {
	const kind = kindOf(statSync(path)); // to open a device or a FIFO may do something to it
	if (kind !== undefined) return { not: kind };
	const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
	try {
		const stats = fstatSync(file);
		const other = kindOf(stats);
		return other === undefined ? bounded(file, stats.size, longest) : { not: other };
	} finally {
		closeSync(file);
	}
}

function bounded(file: number, size: number, longest: number): BoundedFile {
	let buffer = Buffer.allocUnsafe(Math.min(size, longest) + 1);
	let length = 0;
	for (;;) {
		if (length === buffer.length) buffer = Buffer.concat([buffer], Math.min(2 * length + 4096, longest + 1));
		const count = readSync(file, buffer, length, buffer.length - length, null);
		length += count;
		if (count === 0) return { bytes: buffer.subarray(0, length), size: length };
		if (length > longest) return { bytes: buffer.subarray(0, longest), size: size >= length ? size : undefined };
	}
}
