/** What a program writes where that is limited: its stdout and stderr are pipes of ours, read, counted and passed on. */

import { errnoOf, invalidOption, ProcreadyError } from '../errors.js';
import { errnoText } from '../host/errno.js';
import type { Filtered, Pipe } from '../host/interface.js';
import { machine } from '../host/machine.js';
import type { Stdio } from '../model/options.js';
import type { Streams } from '../protocol/start.js';

export type Three = readonly [Stdio, Stdio, Stdio];

export interface Output {
	/** Calls `start` with what the program is to have. Where that fails, all is closed. */
	handOver<T>(start: (stdio: Three) => Promise<T>): Promise<T>;
	/** Begins to read; may be called once, after `handOver`. The result is what the caller gets of the streams. */
	begin(streams: Streams, onExceeded: () => void): Streams;
	/** To be called when all of the container is gone: how many bytes came. Resolves when they have been passed on. */
	finish(): Promise<number>;
}

/** With a terminal all is printed there. */
export async function openOutput(stdio: Three, max: number, terminal: unknown): Promise<Output> {
	const [stdin, ...outputs] = stdio;
	const places = terminal ? [] : placesOf(outputs);
	const pipes: Pipe[] = [];
	const closeEnds = (end: keyof Pipe) => {
		for (const pipe of pipes) machine.close(pipe[end]);
	};
	try {
		for (const place of places) if (!place.same) pipes.push(await machine.makePipe());
	} catch (error) {
		for (const end of ['reading', 'writing'] as const) closeEnds(end);
		throw cannotMake(error);
	}
	const [first, second = first] = pipes;
	const open: Filtered[] = [];
	const copies: Promise<void>[] = [];
	let [written, isExceeded] = [0, false];
	return {
		async handOver(start) {
			try {
				return await start(first && second ? [stdin, first.writing, second.writing] : stdio);
			} catch (error) {
				closeEnds('reading');
				throw error;
			} finally {
				closeEnds('writing');
			}
		},
		begin(streams, onExceeded) {
			const filter = (chunk: Uint8Array) => {
				const kept = chunk.subarray(0, Math.max(0, max - written));
				written += chunk.length;
				if (written > max && !isExceeded) {
					isExceeded = true;
					onExceeded();
				}
				return kept;
			};
			const take = (from: Parameters<typeof machine.filtered>[0]) => {
				const one = machine.filtered(from, filter);
				open.push(one);
				return one.stream;
			};
			if (terminal) return { ...streams, terminal: streams.terminal && take(streams.terminal) };
			const passed = places.map(({ to, same }) => {
				if (same) return null;
				const stream = take((pipes[open.length] as Pipe).reading);
				if (to === 'ignore') stream.resume();
				if (typeof to === 'number') copies.push(machine.copyTo(to, stream));
				return to === 'pipe' ? stream : null;
			});
			for (const copy of copies) copy.catch(() => {}); // reported by finish()
			return { ...streams, stdout: passed[0] ?? null, stderr: passed[1] ?? null };
		},
		async finish() {
			await Promise.all(open.map((one) => one.finish()));
			await Promise.all(copies).catch(cannotPassOn);
			return written;
		},
	};
}

function cannotMake(cause: unknown): ProcreadyError {
	if (cause instanceof ProcreadyError) return cause;
	const errno = errnoOf(cause) ?? 'unknown error';
	return new ProcreadyError('setup-failed', `limits.outputMax: cannot make its pipes: ${errnoText(errno)}`, {
		where: '/limits/outputMax',
		errno,
		cause,
	});
}

function cannotPassOn(cause: unknown): never {
	const errno = errnoOf(cause) ?? 'unknown error';
	const details = { errno, cause };
	throw new ProcreadyError(
		'setup-failed',
		`what the program wrote could not be passed on: ${errnoText(errno)}`,
		details,
	);
}

interface Place {
	to: 'pipe' | 'ignore' | number;
	/** It is the same open file as the one before: one pipe keeps what comes over both in its order. */
	same: boolean;
}

function placesOf(outputs: Stdio[]): Place[] {
	const all = outputs.map((stdio, index) => placeOf(stdio, index));
	const [one, other] = all.map((to) => (typeof to === 'number' ? linkOf(to) : undefined));
	return all.map((to, index) => ({ to, same: index === 1 && one !== undefined && one === other }));
}

function placeOf(stdio: Stdio, index: number): Place['to'] {
	if (stdio === 'inherit') return index + 1;
	if (typeof stdio !== 'object') return stdio;
	const file = machine.fileOf(stdio);
	if (file === undefined) throw invalidOption(index === 0 ? '/stdout' : '/stderr', 'is a stream without an open file');
	return file;
}

function linkOf(file: number): string {
	return machine.readLink(`/proc/self/fd/${file}`);
}
