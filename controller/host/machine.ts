/** The machine that this process runs on, by Node. */

import './node/dispose.js'; // first: other modules have these symbols in their classes
import type { Machine } from './interface.js';
import * as clock from './node/clock.js';
import * as errnos from './node/errnos.js';
import * as files from './node/files.js';
import * as lines from './node/lines.js';
import * as pipes from './node/pipes.js';
import * as processes from './node/processes.js';
import * as self from './node/self.js';

export const machine: Machine = { ...files, ...processes, ...pipes, ...clock, ...lines, ...self, ...errnos };

/** For tests: these functions instead of those of the machine, until the result is disposed. */
export function replace(functions: Partial<Machine>): Disposable {
	const before = { ...machine };
	Object.assign(machine, functions);
	return { [Symbol.dispose]: () => void Object.assign(machine, before) };
}
