/** What the subcommands for a container that runs have in common: its name, and no other words. */

import { attach, type LiveContainer } from '../container/live.js';
import { parseNamed, tooMany, type Values } from '../flags/arguments.js';
import { reportFlags } from '../flags/flags.js';
import type { Flags } from '../model/flag.js';
import { stdout } from './output.js';
import { helpText, type Page } from './page.js';

export const helpFlag = { help: reportFlags.help };

/** `undefined` where help was asked for and given. Throws `not-running`. */
export function findNamed<F extends Flags>(
	argv: string[],
	flags: F,
	page: Page,
): { container: LiveContainer; values: Values<F> } | undefined {
	const { name, values, command } = parseNamed(argv, flags, page.name);
	if ('help' in values) {
		stdout.write(helpText(page));
		return undefined;
	}
	const [more] = command;
	if (more !== undefined) throw tooMany(more, page.name);
	return { container: attach(name), values };
}
