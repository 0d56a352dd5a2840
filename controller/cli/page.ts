/** What is said of a subcommand: its help, its manual page and its part of README.md are made of it. */
import { helpOf } from '../flags/help.js';
import type { Flags } from '../model/flag.js';

export interface Page {
	name: string;
	/** What it does, in half a line. */
	summary: string;
	/** What may follow its name, one form each. */
	synopsis: readonly string[];
	text: string;
	topics: Readonly<Record<string, Flags>>;
	/** What holds where an option is not given, if that is the same for all of them. */
	unset?: string;
	/** What comes after the flags: exit statuses. */
	notes: string;
}

export function helpText({ name, synopsis, text, topics, notes }: Page): string {
	const usage = synopsis.map((form) => `procready ${name} ${form}`.trim()).join('\n       ');
	return `usage: ${usage}\n\n${text}\n\n${helpOf(topics)}\n${notes}\n`;
}
