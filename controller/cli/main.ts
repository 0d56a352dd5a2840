/** The command line: picks the subcommand. Each is a file of its own, loaded only when it is called. */

import { unexpected } from '../errors.js';
import { version } from '../host/release.js';
import { visibleLines } from '../model/visible.js';
import { commands } from './commands.js';
import { takeOver } from './inherited.js';
import { flush, stderr, stdout } from './output.js';
import { helpText } from './page.js';

const usage = `procready ${version}: run a program under exact Linux limits, and say which limit it hit

usage: procready run [OPTION]... -- COMMAND [ARG]...
       procready exec NAME [OPTION]... -- COMMAND [ARG]...
       procready test [OPTION]... [FILE]...
       procready merge [OPTION]... FILE|DIR...
       procready search LIMIT|--all [OPTION]... -- COMMAND [ARG]...
       procready sweep LIMIT=FROM..TO [OPTION]... -- COMMAND [ARG]...
       procready compare --base COMMAND|FILE.json [OPTION]... -- COMMAND [ARG]...
       procready serve --stdio [OPTION]...
       procready ps [--json]
       procready stats NAME [--interval T] [--count N] [--json]
       procready update NAME --LIMIT VALUE...
       procready pause|resume NAME
       procready kill NAME [--signal SIGNAL]
       procready doctor [--json]
       procready oci COMMAND ...
       procready help SUBCOMMAND
       procready SUBCOMMAND --help
       procready --version
`;

async function main([word, ...args]: string[]): Promise<number> {
	if (word !== undefined && ['--version', '-V', '-v', 'version'].includes(word)) return say(`procready ${version}\n`);
	const isHelp = word === 'help' || word === '--help' || word === '-h';
	if (isHelp && [undefined, 'help', 'version'].includes(args[0])) return say(usage);
	const name = isHelp ? args[0] : word;
	const load = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (load) {
		const command = await load();
		return isHelp ? say(helpText(command.page)) : command.call(args);
	}
	if (name === undefined) stderr.write(usage);
	else {
		const { unknownText } = await import('./unknown.js');
		stderr.write(`procready: ${unknownText(name, isHelp ? [] : args, Object.keys(commands))}\n`);
	}
	return 125;
}

function say(text: string): number {
	stdout.write(text);
	return 0;
}

/** Whatever fails ends here. */
function tell(error: unknown): number {
	stderr.write(`procready: ${visibleLines(unexpected(error).message)}\n`);
	return 125;
}

/** Where nobody has awaited what failed, nobody else can end this process; the shim ends the container with it. */
process.on('uncaughtException', (error) => {
	tell(error);
	flush()
		.catch(() => {})
		.finally(() => process.exit(125));
});

async function end(argv: string[]): Promise<void> {
	const status = await main(argv).catch(tell);
	process.exitCode = await flush().then(() => status, tell);
}

takeOver();
void end(process.argv.slice(2));
