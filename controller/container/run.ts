/** Start a program, wait for it, and keep what it wrote. */
import { errnoOf, withOwnErrors } from '../errors.js';
import { machine } from '../host/machine.js';
import type { Options } from '../model/options.js';
import type { Spec } from '../model/spec.js';
import type { Readable } from '../model/streams.js';
import type { Streams } from '../protocol/start.js';
import type { Result } from '../report/result.js';
import { Container } from './container.js';

export interface RunResult extends Result {
	/** What the program wrote, as UTF-8; empty unless the option was `'pipe'`. With `terminal` all of it is stdout. */
	stdout: string;
	/** The same of stderr. */
	stderr: string;
	/** More than `maxOutput` was written to one of them: then it holds the beginning, and `written` says of how much. */
	truncated: boolean;
	/** All that was written, kept or not. */
	written: {
		/** To stdout. */
		stdout: Written;
		/** To stderr. */
		stderr: Written;
	};
}

/** What went through one stream. */
export interface Written {
	/** Bytes. */
	bytes: number;
	/** Lines; a last one without a line feed is counted too. */
	lines: number;
	/** How many of the bytes, from the first on, were kept; all of them where nothing was cut. */
	kept: number;
}

const defaultMaxOutput = 16 * 2 ** 20;

/**
 * Runs `args` under `options.limits`, or what a specification says, to its end. Resolves however the program ended; rejects with a `ProcreadyError`
 * when it could not be started, or was aborted.
 */
export async function run(args: readonly string[] | Spec, options: Options = {}): Promise<RunResult> {
	return withOwnErrors(() => runToEnd(args, options));
}

async function runToEnd(args: readonly string[] | Spec, options: Options): Promise<RunResult> {
	return collected(options, (others) => Container.launch(args, others));
}

interface Launched extends Pick<Streams, 'stdin' | 'stdout' | 'stderr'> {
	terminal?: Streams['terminal'];
	wait(): Promise<Result>;
}

/** Waits for what `launch` starts, and keeps what it writes. */
export async function collected<O extends Pick<Options, 'input' | 'maxOutput' | 'stdin'>>(
	options: O,
	launch: (options: Omit<O, 'input' | 'maxOutput'>) => Promise<Launched>,
): Promise<RunResult> {
	const { maxOutput = defaultMaxOutput, input, ...others } = options;
	const started = await launch({ stdin: input === undefined ? 'ignore' : 'pipe', ...others });
	started.stdin?.on('error', () => {}).end(input); // a program need not read it
	const outputs = Promise.all([
		collect(started.terminal ?? started.stdout, maxOutput),
		collect(started.stderr, maxOutput),
	]);
	outputs.catch(() => {}); // reported below
	const result = await started.wait();
	const [stdout, stderr] = await outputs;
	return {
		...result,
		stdout: stdout.text,
		stderr: stderr.text,
		truncated: isCut(stdout.written) || isCut(stderr.written),
		written: { stdout: stdout.written, stderr: stderr.written },
	};
}

export function isCut({ bytes, kept }: Pick<Written, 'bytes' | 'kept'>): boolean {
	return kept < bytes;
}

const lineFeed = 10;

/** Reads to the end, also what is dropped: the program must not block on a full pipe. */
async function collect(stream: Readable | null, limit: number): Promise<{ text: string; written: Written }> {
	const chunks: Uint8Array[] = [];
	let [bytes, lines, last] = [0, 0, lineFeed];
	try {
		for await (const chunk of (stream ?? []) as AsyncIterable<Uint8Array>) {
			if (bytes < limit) chunks.push(chunk.subarray(0, limit - bytes));
			bytes += chunk.length;
			for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) lines++;
			last = chunk.at(-1) ?? last;
		}
	} catch (error) {
		if (errnoOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
	}
	const written = { bytes, lines: last === lineFeed ? lines : lines + 1, kept: Math.min(bytes, limit) };
	const text = machine.decodeUtf8(chunks);
	return { text: isCut(written) ? text.replace(/\uFFFD$/, '') : text, written }; // it may be half a character
}
