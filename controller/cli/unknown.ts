/** What is said of a first word that is not a subcommand: what somebody has probably meant, and how that is written. */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../model/closest.js';
import { shellLine } from '../model/shell.js';
import { visible } from '../model/visible.js';

/** Subcommands of others, and what does the same here. */
const elsewhere: Readonly<Record<string, string>> = {
	attach: 'procready exec NAME -- COMMAND',
	bench: 'procready compare --base COMMAND -- COMMAND, procready run --save-budget FILE -- COMMAND, or procready sweep',
	check: 'procready doctor, or procready test --check',
	container: 'procready ps, stats, update, pause, resume, kill or exec',
	create: 'procready run --name NAME -- COMMAND',
	diff: 'procready compare --base COMMAND -- COMMAND',
	events: 'procready stats NAME',
	find: 'procready search LIMIT -- COMMAND',
	info: 'procready doctor',
	inspect: 'procready stats NAME --count 1 --json',
	list: 'procready ps',
	ls: 'procready ps',
	rm: 'procready kill NAME: nothing is left of a container that has ended',
	set: 'procready update NAME --LIMIT VALUE',
	'set-property': 'procready update NAME --LIMIT VALUE',
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
		const line = shellLine(['procready', 'run', word, ...args]);
		return `${visible(word)}: a subcommand comes first: write ${line}`;
	}
	const meant = nearest(word, [...names, 'help', 'version']);
	const name = args.find((arg) => !arg.startsWith('-')) ?? 'NAME';
	const other = Object.hasOwn(elsewhere, word) ? elsewhere[word]?.replace(/\bNAME\b(?!=)/, visible(name)) : undefined;
	const ways = [
		...(isProgram(word) ? [`to run the program write ${shellLine(['procready', 'run', '--', word, ...args])}`] : []),
		...(other === undefined ? [] : [`write ${other}`]),
		...(meant === undefined ? [] : [`did you mean "${meant}"?`]),
	];
	const hint = ways.length > 0 ? ways.join('; ') : `there are ${names.join(', ')}`;
	return `"${visible(word)}" is not a subcommand; ${hint}; see procready --help`;
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
