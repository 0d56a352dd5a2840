/** `procready kill`: a signal for the program of a container. */

import { isDropped } from '../container/signal-fate.js';
import { notRunning } from '../errors.js';
import type { Flags } from '../model/flag.js';
import { parseSignal } from '../model/numbers.js';
import { findNamed, helpFlag } from './named.js';
import { stderr } from './output.js';
import type { Page } from './page.js';

const flags = {
	signal: { type: 'string', short: 's', value: 'SIGNAL', help: 'TERM, SIGTERM or 15; default: KILL' },
	...helpFlag,
} as const satisfies Flags;

export const page: Page = {
	name: 'kill',
	summary: 'send a signal to the program of a container',
	synopsis: ['NAME [--signal SIGNAL]'],
	text: `Sends a signal to the program of the container that was started with --name NAME. SIGKILL ends everything in the
container, also when it is paused. Other signals wait until it is resumed. As for kill(1), -TERM and -15 are
--signal TERM and --signal 15.`,
	topics: { 'Options:': flags },
	notes: `Exit status: 0 when the signal was sent; 125 when there is no such container.`,
};

/** Resolves to the exit status. */
export async function kill(argv: string[]): Promise<number> {
	const found = findNamed(argv.map(asFlag), flags, page);
	if (!found) return 0;
	const { container, values } = found;
	const signal = values.signal === undefined ? 'SIGKILL' : parseSignal(values.signal, '--signal');
	if (isDropped(container.pid, signal))
		stderr.write(
			`procready: note: ${signal} has no effect: the program is process 1 of its pid namespace and has no handler for it\n`,
		);
	if (!container.kill(signal)) throw notRunning(container.name ?? container.id);
	return 0;
}

/** `-9`, `-KILL` and `-SIGKILL` of kill(1). */
function asFlag(word: string): string {
	return /^-([A-Z][A-Z0-9]+|\d+)$/.test(word) ? `--signal=${word.slice(1)}` : word;
}
