/** The command line: picks the subcommand. Each is a file of its own, loaded only when it is called. */

import { ProcreadyError } from '../errors.js';
import { version } from '../host/release.js';
import { visible, visibleLines } from '../model/visible.js';
import { commands } from './commands.js';
import { takeOver } from './inherited.js';
import { helpText } from './page.js';

const usage = `procready ${version}: run a program under exact Linux limits, and say which limit it hit

usage: procready run [OPTION]... -- COMMAND [ARG]...
       procready exec NAME [OPTION]... -- COMMAND [ARG]...
       procready test [OPTION]... [FILE]...
       procready search LIMIT|--all [OPTION]... -- COMMAND [ARG]...
       procready sweep LIMIT=FROM..TO [OPTION]... -- COMMAND [ARG]...
       procready ps [--json]
       procready stats NAME [--interval T] [--count N] [--json]
       procready update NAME --LIMIT VALUE...
       procready pause|resume NAME
       procready kill NAME [--signal SIGNAL]
       procready doctor [--json]
       procready help SUBCOMMAND
       procready SUBCOMMAND --help
       procready --version
`;

async function main([word, ...args]: string[]): Promise<number> {
	if (word === '--version') return say(`procready ${version}\n`);
	if (word === '--help' || (word === 'help' && args.length === 0)) return say(usage);
	const name = word === 'help' ? args[0] : word;
	const load = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (!load) {
		process.stderr.write(name === undefined ? usage : `procready: no subcommand "${visible(name)}"\n\n${usage}`);
		return 125;
	}
	const command = await load();
	return word === 'help' ? say(helpText(command.page)) : command.call(args);
}

function say(text: string): number {
	process.stdout.write(text);
	return 0;
}

takeOver();
main(process.argv.slice(2)).then(
	(status) => {
		process.exitCode = status;
	},
	(error) => {
		if (!(error instanceof ProcreadyError)) throw error;
		process.stderr.write(`procready: ${visibleLines(error.message)}\n`);
		process.exitCode = 125;
	},
);
