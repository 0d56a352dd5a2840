/** What subcommands that run a command are about: the words before the command, and what its first word may have meant. */
import { ProcreadyError } from '../errors.js';
import { type Parsed, parse } from '../flags/arguments.js';
import { isImage } from '../flags/foreign/docker.js';
import type { Flags } from '../model/flag.js';
import { shellLine } from '../model/shell.js';

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

/** What was probably meant by a first word that is not a program: who is used to docker names an image. */
export function commandHint({ code }: ProcreadyError, [name = '', ...args]: string[]): string {
	if (code !== 'command-not-found') return '';
	if (isImage(name))
		return '; procready has no images: a root file system in a directory is --rootfs DIR, and the command stands behind --';
	if (/\s/.test(name)) return `; a line for a shell is ${shellLine(['--', 'sh', '-c', name])}`;
	if (/^\d*\.?\d+[smhd]?$/.test(name) && args.length > 0)
		return `; an end of time is ${shellLine(['--timeout', name, '--', ...args])}`;
	if (/^[A-Za-z_]\w*=/.test(name) && args.length > 0)
		return `; a variable is ${shellLine(['--env', name, '--', ...args])}`;
	return '';
}
