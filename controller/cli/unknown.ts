/** What is said of a first word that is not a subcommand: what somebody has probably meant, and how that is written. */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../model/closest.js';
import { shellLine } from '../model/shell.js';
import { visible } from '../model/visible.js';

const noImages = 'procready run --rootfs DIR -- COMMAND: a root file system is a directory, and there are no images';

/** Subcommands of others, and what does the same here. */
const elsewhere: Readonly<Record<string, string>> = {
	apply: 'procready run -- COMMAND, or cases in a suite for procready test',
	attach: 'procready exec NAME -- COMMAND',
	bench: 'procready compare --base COMMAND -- COMMAND, procready run --save-budget FILE -- COMMAND, or procready sweep',
	build: noImages,
	check: 'procready doctor, or procready test --check',
	compose: 'the commands as cases of a suite for procready test',
	container: 'procready ps, stats, update, pause, resume, kill or exec',
	create: 'procready run --name NAME -- COMMAND',
	delete: 'procready kill NAME',
	describe: 'procready stats NAME --count 1 --json',
	diff: 'procready compare --base COMMAND -- COMMAND',
	events: 'procready stats NAME',
	find: 'procready search LIMIT -- COMMAND',
	get: 'procready ps',
	image: noImages,
	images: noImages,
	info: 'procready doctor',
	inspect: 'procready stats NAME --count 1 --json',
	list: 'procready ps',
	logs: 'procready run -- COMMAND >FILE: what a command prints goes to the caller',
	ls: 'procready ps',
	pull: noImages,
	restart: 'procready run -- COMMAND again: procready runs a command once',
	rm: 'procready kill NAME: nothing is left of a container that has ended',
	rmi: noImages,
	set: 'procready update NAME --LIMIT VALUE',
	'set-property': 'procready update NAME --LIMIT VALUE',
	show: 'procready stats NAME --count 1 --json',
	signal: 'procready kill NAME --signal SIGNAL',
	start: 'procready run --name NAME -- COMMAND',
	status: 'procready ps, or procready stats NAME',
	stop: 'procready kill NAME --signal SIGTERM',
	top: 'procready stats NAME',
	ulimit: 'procready run --rlimit NAME=SOFT:HARD -- COMMAND',
	unpause: 'procready resume NAME',
	wait: 'procready stats NAME, which ends when the container does',
};

/** A sentence, with the way out. `names` are the subcommands. */
export function unknownText(word: string, args: readonly string[], names: readonly string[]): string {
	if (word.startsWith('-')) {
		const at = args.findIndex((arg) => names.includes(arg));
		const words = at < 0 ? ['run', word, ...args] : [args[at] as string, word, ...args.toSpliced(at, 1)];
		return `${visible(word)}: a subcommand comes first: write ${shellLine(['procready', ...words])}`;
	}
	if (/^\d*\.?\d+[smhd]?$/.test(word) && args.length > 0)
		return `"${word}" is not a subcommand; write ${shellLine(['procready', 'run', '--timeout', word, '--', ...args])}; see procready --help`;
	const meant = nearest(word, [...names, 'help', 'version']);
	const name = nameIn(args) ?? 'NAME';
	const other = Object.hasOwn(elsewhere, word) ? elsewhere[word]?.replace(/\bNAME\b(?!=)/, visible(name)) : undefined;
	const ways = [
		...(isProgram(word) ? [`to run the program write ${shellLine(['procready', 'run', '--', word, ...args])}`] : []),
		...(other === undefined ? [] : [`write ${other}`]),
		...(meant === undefined ? [] : [`did you mean "${meant}"?`]),
	];
	const hint = ways.length > 0 ? ways.join('; ') : `there are ${names.join(', ')}`;
	return `"${visible(word)}" is not a subcommand; ${hint}; see procready --help`;
}

/** Of a container: behind flags, which may have values, it is the last word. */
function nameIn(args: readonly string[]): string | undefined {
	const words = args.filter((arg) => !arg.startsWith('-'));
	return args[0]?.startsWith('-') ? words.at(-1) : words[0];
}

/** As execvp(3) looks for it. */
function isProgram(word: string): boolean {
	if (word === '') return false;
	const places = word.includes('/') ? [''] : (process.env.PATH ?? '').split(':').map((place) => place || '.');
	return places.some((place) => isExecutable(word.includes('/') ? word : join(place, word)));
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return statSync(path).isFile();
	} catch {
		return false;
	}
}
