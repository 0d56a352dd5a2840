/** The command line that does the same again. */
import { type Parsed, words } from '../flags/arguments.js';
import { reportFlags } from '../flags/flags.js';
import type { Flags } from '../model/flag.js';

/**
 * Without the flags that only say what is reported, which whoever runs it chooses anew. Values of variables are left out,
 * so that it can be shown: they are often secrets.
 */
export function againOf(argv: readonly string[], { command }: Parsed<Flags>, flags: Flags): string[] {
	const given = words(argv.slice(0, argv.length - command.length), flags).flatMap(({ name, value }) => {
		if (name in reportFlags) return [];
		if (value === undefined) return [`--${name}`];
		const shown = name === 'env' ? (value.split('=')[0] as string) : value;
		return shown.startsWith('-') ? [`--${name}=${shown}`] : [`--${name}`, shown];
	});
	return ['procready', 'run', ...given, ...(command.length > 0 ? ['--', ...command] : [])];
}
