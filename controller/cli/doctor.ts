/** `procready doctor`: what this host can do, and what would mend the rest. */
import { doctor } from '../doctor/diagnose.js';
import { doctorText } from '../doctor/text.js';
import { parseFlags } from '../flags/arguments.js';
import type { Flags } from '../model/flag.js';
import { helpFlag } from './named.js';
import { stdout } from './output.js';
import { helpText, type Page } from './page.js';

const flags = {
	json: { type: 'boolean', help: 'write the results as JSON' },
	...helpFlag,
} as const satisfies Flags;

export const page: Page = {
	name: 'doctor',
	summary: 'say what this host can do, and what would mend the rest',
	synopsis: ['[--json]'],
	text: `Says what this host and this caller can do: cgroups and their controllers, namespaces, rights, and what newer kernels
count. Each line has its state, ✓ works, ! works in part, ✗ does not, and below it what is affected and what mends it.
Whatever can be tried is tried; nothing is left behind.`,
	topics: { 'Options:': flags },
	notes: `Exit status: 0 when limits of pids, memory and cpu can be enforced, 1 when not, 125 when procready itself failed.`,
};

/** Resolves to the exit status. */
export async function run(argv: string[]): Promise<number> {
	const { json, help } = parseFlags(argv, flags, 'doctor');
	if (help) {
		stdout.write(helpText(page));
		return 0;
	}
	const diagnosis = await doctor();
	stdout.write(json ? `${JSON.stringify(diagnosis, null, '\t')}\n` : doctorText(diagnosis, stdout.hasColours));
	return diagnosis.verdict.enforceable ? 0 : 1;
}
