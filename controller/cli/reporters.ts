/** `--reporter` of the subcommands that report on cases. */
import { type OpenReporters, openReporters } from '../harness/reporters/open.js';
import type { Flags } from '../model/flag.js';
import { callersFile } from './callers-file.js';
import { stdout } from './output.js';

export const reporterFlag = {
	reporter: {
		type: 'string',
		multiple: true,
		short: 'r',
		value: 'NAME[=FILE]',
		help: 'tap, tap13, pretty, junit, jsonl, github or blob; FILE may be fd:N',
	},
} as const satisfies Flags;

/** Those that were asked for; by default `pretty` on a terminal, else `tap`. Throws `option-invalid`. */
export function reportersOf(given: readonly string[] | undefined): OpenReporters {
	const { terminal } = stdout;
	const output = {
		write: (text: string) => stdout.write(text),
		isTerminal: terminal !== undefined,
		hasColours: stdout.hasColours,
		columns: () => terminal?.columns ?? 0,
	};
	return openReporters(given ?? [terminal ? 'pretty' : 'tap'], output, callersFile);
}
