/** Start a program, wait for it, and keep what it wrote. */
import { machine } from '../host/machine.js';
import type { Options } from '../model/options.js';
import type { Spec } from '../model/spec.js';
import type { Readable } from '../model/streams.js';
import type { Result } from '../report/result.js';
import { Container } from './container.js';

export interface RunResult extends Result {
	/** What the program wrote, as UTF-8; empty unless the option was `'pipe'`. With `terminal` all of it is stdout. */
	stdout: string;
	stderr: string;
	/** More than `maxOutput` was written. */
	truncated: boolean;
}

const defaultMaxOutput = 16 * 2 ** 20;

/**
 * Runs `args` under `options.limits`, or what a specification says, to its end. Resolves however the program ended; rejects with a `ProcreadyError`
 * when it could not be started, or was aborted.
 */
export async function run(args: readonly string[] | Spec, options: Options = {}): Promise<RunResult> {
	const { maxOutput = defaultMaxOutput, input, ...others } = options;
	const container = await Container.launch(args, { stdin: input === undefined ? 'ignore' : 'pipe', ...others });
	container.stdin?.on('error', () => {}).end(input); // a program need not read it
	const outputs = Promise.all([
		collect(container.terminal ?? container.stdout, maxOutput),
		collect(container.stderr, maxOutput),
	]);
	const result = await container.wait();
	const [stdout, stderr] = await outputs;
	return { ...result, stdout: stdout.text, stderr: stderr.text, truncated: stdout.truncated || stderr.truncated };
}

/** Reads to the end, also what is dropped: the program must not block on a full pipe. */
async function collect(stream: Readable | null, limit: number): Promise<{ text: string; truncated: boolean }> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of stream ?? []) {
		if (size < limit) chunks.push(chunk.subarray(0, limit - size));
		size += chunk.length;
	}
	return { text: machine.textOf(chunks), truncated: size > limit };
}
