/** Subcommands that run a command many times: what they are about comes first, flags before and behind it. */
import { ProcreadyError } from '../errors.js';
import { type Parsed, parse } from '../flags/arguments.js';
import type { Flags } from '../model/flag.js';

/** The words between the flags, and the command behind `--`. */
export function parseSubject<F extends Flags>(
	argv: string[],
	flags: F,
	subcommand: string,
): Parsed<F> & { subjects: string[] } {
	const end = argv.indexOf('--');
	const before = end < 0 ? argv : argv.slice(0, end);
	const subjects: string[] = [];
	let words = before;
	for (;;) {
		const { values, command } = parse(words, flags, subcommand);
		const [subject] = command;
		if (subject === undefined) return { values, subjects, command: end < 0 ? [] : argv.slice(end + 1) };
		subjects.push(subject);
		words = words.toSpliced(words.length - command.length, 1);
	}
}

export function mustHaveCommand(command: readonly string[], subcommand: string): void {
	if (command.length === 0)
		throw new ProcreadyError(
			'option-invalid',
			`a command is missing: it comes after --; see procready ${subcommand} --help`,
		);
}
