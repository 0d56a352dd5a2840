/** `procready oci`, and `procready-oci`: an OCI runtime. OCI runtime.md, "Operations"; the command line is that of runc(8). */

import { unexpected } from '../errors.js';
import { version } from '../host/release.js';
import type { Flags } from '../model/flag.js';
import { basename } from '../model/path.js';
import { commands } from './commands.js';
import { removeAbandoned } from './end.js';
import { type CommandName, checkFlags, commandFlags, globalFlags, parseCommand, parseGlobal } from './flags.js';
import { type Log, openLog, print } from './say.js';
import { defaultRoot } from './store.js';

async function main(argv: string[]): Promise<number> {
	let log = openLog(undefined, undefined, false);
	try {
		const { values, command } = parseGlobal(argv);
		log = openLog(values.log, values['log-format'], values.debug === true);
		const [name, ...rest] = command;
		if (values.version) return await say(`procready-oci version ${version}\nspec: 1.3.0\n`);
		if (values.help || name === undefined || name === 'help') return await say(usage());
		if (!Object.hasOwn(commands, name)) throw new Error(`no command "${name}"; see procready oci --help`);
		checkFlags(values);
		if (rest.includes('--help') || rest.includes('-h')) return await say(helpOf(name as CommandName));
		return await run(name as CommandName, rest, values.root ?? defaultRoot(), log);
	} catch (error) {
		await log
			.error(error instanceof Error && error.constructor === Error ? error.message : unexpected(error).message)
			.catch(() => {});
		return 1;
	}
}

async function run(name: CommandName, argv: string[], root: string, log: Log): Promise<number> {
	await removeAbandoned(root).catch((error) => log.warn(`what is left of others stays: ${unexpected(error).message}`));
	const { values, words } = parseCommand(name, argv);
	checkFlags(values);
	return commands[name]({ root, log, words, values: values as never });
}

async function say(text: string): Promise<number> {
	await print(text);
	return 0;
}

function usage(): string {
	return `procready-oci ${version}: an OCI runtime with exact limits

usage: procready-oci [OPTION]... COMMAND [OPTION]... [ID] [ARG]...

commands: ${Object.keys(commandFlags).join(', ')}

${textOf(globalFlags)}`;
}

const helpOf = (name: CommandName) =>
	`usage: procready-oci ${name} [OPTION]... [ID] [ARG]...\n\n${textOf(commandFlags[name])}`;

function textOf(flags: Flags): string {
	return Object.entries(flags)
		.map(
			([name, { short, value, help }]) =>
				`  ${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}  ${help}\n`,
		)
		.join('');
}

/** The kernel gives `procready-oci` its own name; behind `procready` the first word is `oci`. */
function wordsOf([, program = '', ...words]: readonly string[]): string[] {
	return basename(program) !== 'procready-oci' && words[0] === 'oci' ? words.slice(1) : words;
}

main(wordsOf(process.argv)).then((status) => {
	process.exitCode = status;
});
