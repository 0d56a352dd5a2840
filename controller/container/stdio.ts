/** What a process has as stdin, stdout and stderr. */
import type { ProcessOptions, Stdio } from '../model/options.js';

/** With a terminal it is all three, whatever the shim has. */
export function stdioOf(terminal: unknown, options: ProcessOptions): [Stdio, Stdio, Stdio] {
	const { stdin = 'pipe', stdout = 'pipe', stderr = 'pipe' } = options;
	return terminal ? ['ignore', 'ignore', 'ignore'] : [stdin, stdout, stderr];
}
