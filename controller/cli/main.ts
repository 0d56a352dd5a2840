/** The command line: picks the subcommand. Each is a file of its own, loaded only when it is called. */
import { ProcreadyError } from '../errors.js';
import { version } from '../host/release.js';

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
       procready SUBCOMMAND --help
       procready --version
`;

async function main([subcommand, ...args]: string[]): Promise<number> {
	switch (subcommand) {
		case 'run':
			return (await import('./run.js')).run(args);
		case 'exec':
			return (await import('./exec.js')).exec(args);
		case 'test':
			return (await import('./test.js')).test(args);
		case 'search':
			return (await import('./search.js')).search(args);
		case 'sweep':
			return (await import('./sweep.js')).sweep(args);
		case 'ps':
			return (await import('./ps.js')).ps(args);
		case 'stats':
			return (await import('./stats.js')).stats(args);
		case 'update':
			return (await import('./update.js')).update(args);
		case 'pause':
			return (await import('./pause.js')).pause(args);
		case 'resume':
			return (await import('./resume.js')).resume(args);
		case 'kill':
			return (await import('./kill.js')).kill(args);
		case 'doctor':
			return (await import('./doctor.js')).run(args);
		case '--version':
			process.stdout.write(`procready ${version}\n`);
			return 0;
		case '--help':
		case 'help':
			process.stdout.write(usage);
			return 0;
		default:
			process.stderr.write(subcommand === undefined ? usage : `procready: no subcommand "${subcommand}"\n\n${usage}`);
			return 125;
	}
}

main(process.argv.slice(2)).then(
	(status) => {
		process.exitCode = status;
	},
	(error) => {
		if (!(error instanceof ProcreadyError)) throw error;
		process.stderr.write(`procready: ${error.message}\n`);
		process.exitCode = 125;
	},
);
