/** What the tests of the init alone ask of a run: what its program sees, how it fails, and that it stays for a while. */
import { readFileSync } from 'node:fs';
import type { ProcError } from '../../controller/model/messages.js';
import { forEverybody } from './everybody.js';
import { probe } from './paths.js';
import { type Changes, run, type ShimOptions } from './raw-shim.js';
import { type Seen, seen } from './see.js';

/** What a program sees under such a config; throws unless it ran to its end. */
export async function look(changes: Changes, options: ShimOptions = {}): Promise<Seen> {
	const { last, stdout, stderr } = await run({ args: [forEverybody(probe), 'see'], ...changes }, options);
	if (last?.type !== 'procExited' || !('code' in last) || last.code !== 0)
		throw new Error(`no clean end: ${JSON.stringify(last)} ${stderr}`);
	return seen(stdout);
}

/** The one error that such a config ends in; throws where there is none, or more. */
export async function failure(changes: Changes, options: ShimOptions = {}): Promise<ProcError> {
	const { last, messages } = await run(changes, options);
	if (last?.type !== 'procError') throw new Error(`no error: ${JSON.stringify(messages)}`);
	return last;
}

/** Calls `use` with the pid of a program that only waits, in such a container, and with that of the shim. */
export async function whileRunning(
	changes: Changes,
	use: (pid: number, outer: number) => unknown,
	options: ShimOptions = {},
): Promise<void> {
	let ran = false;
	const running = async (pid: number, outer: number) => {
		ran = true;
		try {
			await use(pid, outer);
		} finally {
			process.kill(pid, 'SIGKILL');
		}
	};
	const { last } = await run({ args: [forEverybody(probe), 'hold'], ...changes }, { ...options, running });
	if (!ran) throw new Error(`it did not start: ${JSON.stringify(last)}`);
}

/** The target of setns that this process is. */
export function target(pid: number): { pid: number; startTime: number } {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
		.replace(/^.*\) /s, '')
		.split(' ');
	return { pid, startTime: Number(fields[19]) };
}
