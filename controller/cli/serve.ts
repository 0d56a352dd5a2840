/** `procready serve --stdio`: a harness in any language runs thousands of programs without a process of procready for each. */
import { ProcreadyError } from '../errors.js';
import { integer, invalidFlag, parseFlags } from '../flags/arguments.js';
import { provenance } from '../harness/provenance.js';
import type { Flags } from '../model/flag.js';
import { signalNumber } from '../model/numbers.js';
import { linesOf } from './lines.js';
import { flush, stderr, stdout } from './output.js';
import { helpText, type Page } from './page.js';
import { longestRequest, type ReadLine, readRequest, tooLong } from './serve-request.js';
import { Server } from './server.js';
import { stopOnSignal } from './stop.js';

const flags = {
	stdio: { type: 'boolean', help: 'read requests from stdin, and write answers to stdout' },
	jobs: { type: 'string', short: 'j', value: 'N', help: 'programs at once, 1 to 1000', default: '64' },
	waiting: { type: 'string', value: 'N', help: 'requests that wait beside them, 0 to 100000', default: '1024' },
	help: { type: 'boolean', short: 'h', help: 'this' },
} as const satisfies Flags;

export const page: Page = {
	name: 'serve',
	summary: 'run commands for a program that asks by JSON lines',
	synopsis: ['--stdio [OPTION]...'],
	text: `Reads a request a line: run, cancel, signal and end; and writes an answer a line: hello, started, hit, result, signaled,
refused and end. They are JSON; schema/serve-requests.schema.json and schema/serve-answers.schema.json describe them.`,
	topics: { 'Options:': flags },
	notes: `When stdin ends without the request end, or nobody reads stdout any more, the client is gone: all that runs is killed.

Exit status: 0 after the request end; 1 when the client was gone without it; 125 when the command line is wrong; 128+N when signal N
ended it.`,
};

/** Resolves to the exit status. */
export async function serve(argv: string[]): Promise<number> {
	const values = parseFlags(argv, flags, 'serve');
	if (values.help) {
		stdout.write(helpText(page));
		return 0;
	}
	if (!values.stdio)
		throw invalidFlag('--stdio', 'is missing: requests come from stdin, and there is no other way yet');
	const jobs = within('--jobs', values.jobs ?? '64', 1, 1000);
	const waiting = within('--waiting', values.waiting ?? '1024', 0, 100_000);
	using stop = stopOnSignal();
	const server = new Server(send, { jobs, waiting });
	const gone = AbortSignal.any([stop.abort, stdout.closed]);
	gone.addEventListener('abort', () => {
		server.abort();
		process.stdin.destroy(); // nobody asks for anything more
	});
	server.answer({ type: 'hello', ...provenance(), jobs, waiting });
	const isEnd = await answerAll(server, gone);
	if (!isEnd) server.abort();
	await server.idle();
	process.stdin.destroy();
	if (stop.received) return 128 + signalNumber(stop.received);
	if (!isEnd) {
		stderr.write('procready: stdin ended without the request end: what ran was killed\n');
		return 1;
	}
	server.answer({ type: 'end', results: server.results });
	return 0;
}

function within(flag: string, given: string, least: number, most: number): number {
	const number = integer(flag, given);
	if (number >= least && number <= most) return number;
	throw invalidFlag(flag, `${given} is not a number from ${least} to ${most}`);
}

/** That nobody reads it is seen by `stdout.closed`. */
async function send(text: string): Promise<void> {
	stdout.write(text);
	await flush().catch(() => {});
}

/** Resolves when the client has no more to ask: to whether it has said so. */
async function answerAll(server: Server, gone: AbortSignal): Promise<boolean> {
	let number = 0;
	try {
		for await (const line of linesOf(process.stdin, longestRequest)) {
			number++;
			if (line?.length === 0) continue;
			const read = line === undefined ? tooLong() : readRequest(line);
			if ('end' in read) return true;
			answerOne(server, read, number);
			await server.room();
		}
	} catch (error) {
		if (!gone.aborted) throw error;
	}
	return false;
}

function answerOne(server: Server, read: Exclude<ReadLine, { end: true }>, line: number): void {
	try {
		if ('error' in read) throw read.error;
		server.take(read.request);
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		const id = 'error' in read ? read.id : read.request.id;
		server.answer({ type: 'refused', line, id, error: error.toJSON() });
	}
}
