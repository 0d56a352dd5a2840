/** A service with its clients where a command may stand: in a search, in a sweep, and in assertions of tests. */
import type { ProcreadyError } from '../../errors.js';
import type { Options } from '../../model/options.js';
import { type Came, compile, type Files } from '../expect/check.js';
import { type Expectations, type Failure, withDefaults } from '../expect/expectations.js';
import { divided, judgeClients } from './judge.js';
import { type Ready, wordsFor } from './ready.js';
import { type Served, serve } from './serve.js';
import type { ClientCommand } from './service.js';
import type { StopOptions } from './stop.js';

export interface ServiceProgram {
	/** A script for `sh -c`, or the words of a command. */
	command: string | readonly string[];
	/** What shows that it is ready. */
	ready: Ready;
	/** Run one after the other when it is: a script, or a list of scripts and of lists of words. Default: none. */
	client?: string | readonly ClientCommand[];
	/** How it is stopped. Default: SIGTERM, and SIGKILL 5 s later. */
	stop?: StopOptions;
}

/** What became of one run of it. */
export interface ServedRun {
	served: Served;
	/** Of the service. */
	came: Came;
	/** What does not hold. */
	failures(files?: Files): Failure[];
}

/** What hangs must not hang whoever waits. */
const defaultTimeout = '1m';

export function isService(program: object): program is ServiceProgram {
	return 'ready' in program;
}

/** `timeout` of the options is 1 minute where it is not said: for all of a run. */
export function compileServed(expectations: Expectations): {
	mistakes: ProcreadyError[];
	run(program: ServiceProgram, options: Options): Promise<ServedRun>;
} {
	const service = compile(withDefaults(divided(expectations)[1]));
	const clients = judgeClients(expectations);
	return {
		mistakes: [...service.mistakes, ...clients.mistakes],
		async run({ command, ready, client = [], stop }, { signal, ...options }) {
			const all = { timeout: defaultTimeout, ...options, ready, ...(stop && { stop }) };
			const served = await serve({
				services: [{ name: 'service', args: wordsFor(command), options: all }],
				isShared: false,
				clients: [client].flat() as ClientCommand[],
				clientOptions: {},
				accepts: clients.accepts,
				signal,
			});
			const came = served.services[0]?.came as Came;
			return {
				...{ served, came },
				failures: (files = {}) => [...service.failures(came, files), ...clients.failures(served)],
			};
		},
	};
}

/** For people: the command alone. */
export function commandOf(program: readonly string[] | ServiceProgram): readonly string[] {
	return isService(program) ? wordsFor(program.command) : program;
}
