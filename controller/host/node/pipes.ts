/** Pipes that this process reads itself, by Node, which makes only sockets: of these a program cannot open /dev/stdout. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fchmodSync, openSync, readSync, write as writeLater } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { Duplex, type Readable, type Stream } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errnoOf, isError, isUnread, ProcreadyError } from '../../errors.js';
import type { Filtered, Pipe } from '../interface.js';

/**
 * By mkfifo(1): Node has no pipe(2). A shell makes it and removes it again when its stdin ends, so that nothing stays where
 * this process is killed meanwhile.
 */
const script = `d=$(mktemp -d -t procready-XXXXXX) && trap 'rm -r "$d"' EXIT && mkfifo "$d/pipe" && echo "$d/pipe" && read -r _`;

export async function makePipe(): Promise<Pipe> {
	const environment = { ...process.env, TMPDIR: tmpdir() };
	const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: environment });
	const ended = new Promise<unknown>((resolve) => {
		child.on('error', resolve).once('close', resolve);
	});
	if (!child.stdio) throw Object.assign(new Error('spawn sh: EMFILE'), { code: 'EMFILE', syscall: 'spawn sh' });
	const { stdin, stdout, stderr } = child;
	stdin.on('error', () => {});
	const complaint = text(stderr);
	try {
		const said = await Promise.race([once(stdout, 'data'), ended]);
		if (Array.isArray(said)) return openPipe(`${said[0]}`.trim());
		const why = isError(said) ? said.message : (await complaint).trim();
		throw new ProcreadyError('setup-failed', `cannot make a pipe by mkfifo(1): ${why}`, { cause: said });
	} finally {
		stdin.destroy();
		await ended;
	}
}

function openPipe(path: string): Pipe {
	const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		fchmodSync(reading, 0o666); // no matter who the program is, it may open /dev/stdout
		return { reading, writing: openSync(path, constants.O_WRONLY) };
	} catch (error) {
		closeSync(reading);
		throw error;
	}
}

export function filtered(from: number | Duplex, filter: (chunk: Uint8Array) => Uint8Array): Filtered {
	const isPipe = typeof from === 'number';
	const source = isPipe ? new Socket({ fd: from, readable: true, writable: false }) : from;
	let isHurried = false;
	const stream = new Duplex({
		allowHalfOpen: false,
		...{ writable: !isPipe },
		read: () => void source.resume(),
		write: (chunk, _, done) => void source.write(chunk, done),
		final: (done) => void source.end(done),
		destroy(error, done) {
			source.destroy();
			done(error);
		},
	});
	const pass = (chunk: Uint8Array) => {
		const kept = filter(chunk);
		if (kept.length > 0 && !stream.destroyed && !stream.push(kept) && !isHurried) source.pause();
	};
	const end = () => void (stream.destroyed || stream.readableEnded || stream.push(null));
	source.on('data', pass).once('end', end).on('error', end);
	return {
		stream,
		async finish() {
			isHurried = true;
			if (!isPipe) {
				source.resume();
				return finished(source, { writable: false }).catch(() => {});
			}
			if (source.destroyed) return;
			source.pause();
			while (source.read() !== null); // each piece goes to `pass`
			readAll(from, pass);
			end();
			source.destroy();
		},
	};
}

/** What is in a pipe now. Whoever still has its other end writes to nobody then. */
function readAll(file: number, pass: (chunk: Uint8Array) => void): void {
	const buffer = Buffer.allocUnsafe(64 * 1024);
	try {
		for (let length = 1; length > 0; ) {
			length = readSync(file, buffer);
			if (length > 0) pass(Uint8Array.prototype.slice.call(buffer, 0, length));
		}
	} catch (error) {
		if (errnoOf(error) !== 'EAGAIN') throw error;
	}
}

const writeByThread = promisify(writeLater);

/** The last piece for each file: they go one after the other, so that one that nobody reads holds up one thread alone. */
const writing = new Map<number, Promise<void>>();

export function writeWhole(file: number, chunk: Uint8Array): Promise<void> {
	const turn = (writing.get(file) ?? Promise.resolve()).then(() => writeAll(file, chunk));
	writing.set(
		file,
		turn.catch(() => {}),
	);
	return turn;
}

/** A file that does not wait by itself is tried again: its flags are those of its other owners too. */
async function writeAll(file: number, chunk: Uint8Array): Promise<void> {
	for (let from = 0; from < chunk.length; )
		try {
			const { bytesWritten } = await writeByThread(file, chunk, from);
			from += bytesWritten;
		} catch (error) {
			if (errnoOf(error) !== 'EAGAIN') throw error;
			await sleep(pauseOfWriter);
		}
}

const pauseOfWriter = 5;

export async function copyTo(file: number, source: Readable): Promise<void> {
	try {
		// where it fails the source is destroyed, and who writes to it learns of that
		for await (const chunk of source) await writeWhole(file, chunk);
	} catch (error) {
		if (!isUnread(error)) throw error;
	}
}

export function fileOf(stream: Stream): number | undefined {
	const { fd, _handle } = stream as { fd?: number | null; _handle?: { fd?: number } };
	return fd ?? _handle?.fd;
}
