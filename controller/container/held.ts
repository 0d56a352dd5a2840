/** A new process that is left to whoever is above this one, and let go later: ../../shim/hold.c. */

import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { findProcess } from '../host/processes.js';
import type { ProcError } from '../model/messages.js';
import { join } from '../model/path.js';
import { errorOf, type Shim } from '../protocol/shim.js';
import type { Setup } from './setup.js';

/** In the place of procRun. When it resolves nothing of the shim is left, and the process lives on without this one. */
export async function hold(shim: Shim, setup: Setup): Promise<void> {
	shim.send({ type: 'procHold' });
	await setup.expect('procHeld');
	await shim.close();
}

/**
 * Lets it become its program, by the FIFOs in the directory that its config names as `hold`, and resolves when it has. Any
 * process of its user may do so. Rejects with what the init says, or `shim-died`.
 */
export async function letRun(directory: string, pid: number): Promise<void> {
	const answer = machine.open(join(directory, 'answer'), 'fifo');
	const run = machine.open(join(directory, 'start'), 'readWrite'); // waits for nobody, also where the init has died
	const chunks: Uint8Array[] = [];
	try {
		const { stream } = machine.filtered(answer, (chunk) => {
			chunks.push(chunk);
			return chunk;
		});
		machine.write(run, '{"type":"procRun"}\n');
		for await (const _ of stream); // its end: the init became the program, or has died
	} finally {
		machine.close(run);
	}
	const said = machine.decodeUtf8(chunks);
	if (said !== '') throw errorOf(JSON.parse(said) as ProcError);
	const process = findProcess(pid);
	if (process && !process.hasExeced)
		throw new ProcreadyError('shim-died', 'the new process was killed before it became the program');
}
