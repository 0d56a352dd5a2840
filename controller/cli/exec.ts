/** `procready exec`: one more process in a running container, with the caller's stdin, stdout and stderr. */

import { exec as start } from '../container/exec.js';
import type { ExecutionResult } from '../container/execution.js';
import type { ProcreadyError } from '../errors.js';
import { inFlags, invalidFlag, parseNamed } from '../flags/arguments.js';
import { processFlags, reportFlags, statusFlags } from '../flags/flags.js';
import { processOptionsOf } from '../flags/options.js';
import type { ExecOptions } from '../plan/join.js';
import { checkReports } from './callers-file.js';
import { tellFailure, tellMistake } from './failure.js';
import { stdout } from './output.js';
import { helpText, type Page } from './page.js';
import { reporting } from './report.js';
import { catchSignals, type Signals } from './signals.js';
import { statusOf } from './status.js';
import { mustHaveCommand } from './subject.js';
import { checkTerminal, lendTerminal, sizeOfWindow } from './terminal.js';
import { writeJson } from './write-report.js';

const reports = { json: reportFlags.json, help: reportFlags.help };
const flags = { ...processFlags, ...reports };

export const page: Page = {
	name: 'exec',
	summary: 'run one more process in a container that runs',
	synopsis: ['NAME [OPTION]... -- COMMAND [ARG]...'],
	text: `Runs COMMAND in the namespaces and under the limits of the container that was started with --name NAME. What is not set
by an option is the same as for the program of the container.`,
	topics: { 'The process:': processFlags, 'The report:': reports },
	unset: "that of the container's program",
	notes: `Exit status: that of COMMAND; 128+N when signal N ended it, 137 when the container has ended; 125 when procready itself
failed; 126 when COMMAND cannot be executed; 127 when it was not found.
Signals are forwarded; a third SIGINT or SIGTERM kills. There is no verdict on what exec runs: which limits were hit says
the procready run that started the container, which has --fail-on and --exit-status.`,
};

/** Resolves to the exit status. */
export async function exec(argv: string[]): Promise<number> {
	const known = { ...flags, ...statusFlags };
	let parsed: ReturnType<typeof parseNamed<typeof known>>;
	try {
		parsed = parseNamed(argv, known, 'exec');
	} catch (cause) {
		return tellMistake(cause, argv, known, 1);
	}
	const { name, values, command } = parsed;
	if (values.help) {
		stdout.write(helpText(page));
		return 0;
	}
	checkReports(values);
	const report = reporting(command);
	using signals = catchSignals();
	try {
		checkTerminal(values);
		mustHaveCommand(command, 'exec');
		for (const flag of Object.keys(statusFlags)) if (flag in values) throw withoutVerdict(`--${flag}`);
		const result = await run(name, command, processOptionsOf(values), values.interactive === true, signals);
		writeJson(values.json, report.complete({ kind: 'execution', container: name, ...result }));
		return statusOf(result);
	} catch (cause) {
		return await tellFailure(cause, {
			received: signals.received,
			words: (error) => inFlags(error, flags, values),
			write: (content) => writeJson(values.json, report.complete(content)),
		});
	}
}

/** Limits are those of the container, and only who started it hears which of them were hit. */
function withoutVerdict(flag: string): ProcreadyError {
	return invalidFlag(
		flag,
		'there is no verdict on what exec runs: give it to the procready run that started the container',
	);
}

/** Runs it to its end. Its terminal, if it has one, is on the caller's meanwhile. */
async function run(
	name: string,
	command: string[],
	options: ExecOptions,
	interactive: boolean,
	signals: Signals,
): Promise<ExecutionResult> {
	const stdio = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' } as const;
	const size = options.terminal ? sizeOfWindow() : {};
	await using execution = await start(name, command, { ...options, ...stdio, ...size, signal: signals.abort });
	signals.forwardTo(execution);
	using lent = lendTerminal(execution, interactive, signals.hangUp);
	const result = await execution.wait();
	await lent.printed;
	return result;
}
