/** Listens to what a service writes while it is kept. */
import { Container } from '../../container/container.js';
import { collected, type RunResult } from '../../container/run.js';
import type { Options } from '../../model/options.js';
import type { Spec } from '../../model/spec.js';
import type { Readable } from '../../model/streams.js';

/** Characters of each stream in which what is awaited is sought: it may come in pieces. */
const longest = 64 * 1024;

export interface Hearing {
	/** Whether what is awaited was written. */
	hasSaid(): boolean;
	/** What takes the place of the container for whoever keeps its output. */
	streams(container: Container): Pick<Container, 'stdin' | 'stdout' | 'stderr' | 'terminal'> & {
		wait: Container['wait'];
	};
}

/** `awaited` is asked of the text of each stream as it grows, until it holds; without it nothing is awaited. */
export function hearing(awaited: ((text: string) => boolean) | undefined): Hearing {
	let isSaid = false;
	async function* heard(stream: Readable): AsyncGenerator<Uint8Array> {
		const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // a character may come in pieces too
		let text = '';
		for await (const chunk of stream as AsyncIterable<Uint8Array>) {
			if (awaited && !isSaid) {
				text += decoder.decode(chunk, { stream: true });
				isSaid = awaited(text);
				text = text.slice(-longest);
			}
			yield chunk;
		}
	}
	const passedOn = <Stream extends Readable | null>(stream: Stream) => (stream && heard(stream)) as unknown as Stream;
	return {
		hasSaid: () => isSaid,
		streams: (container) => ({
			stdin: container.stdin,
			stdout: passedOn(container.stdout),
			stderr: passedOn(container.stderr),
			terminal: passedOn(container.terminal),
			wait: () => container.wait(),
		}),
	};
}

/** Resolves when the program runs; what it writes is kept until its end. */
export function launchHeard(
	args: readonly string[] | Spec,
	options: Options,
	{ streams }: Hearing,
): Promise<{ container: Container; result: Promise<RunResult> }> {
	return new Promise((resolve, reject) => {
		const result = collected({ ...options, stdout: 'pipe', stderr: 'pipe' } as const, async (others) => {
			const container = await Container.launch(args, others);
			resolve({ container, result });
			return streams(container);
		});
		result.catch(reject);
	});
}
