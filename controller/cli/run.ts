/** `procready run`: one program under limits, with the caller's stdin, stdout and stderr. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Container, plan } from '../container.js';
import { ProcreadyError } from '../errors.js';
import { type Result, signalNumber } from '../report/result.js';
import { reportText } from '../report/text.js';
import type { Limits, Options } from '../spec/options.js';
import { parseDuration } from '../spec/units.js';
import { catchSignals } from './signals.js';

const usage = `usage: procready run [OPTION]... -- COMMAND [ARG]...

Runs COMMAND in new pid, mount, uts, ipc and cgroup namespaces, with the files and the network of the host, under
exactly the limits given, and says on stderr which of them it hit.

  --pids-max N        at most N tasks (processes and threads), COMMAND included
  --memory-max SIZE   bytes, or with K, M, G, T (powers of 1024); forbids swap too
  --cpu-max CPUS      processors, for example 0.5; or "QUOTA PERIOD" in microseconds
  --set FILE=VALUE    any other file of the container's cgroup, for example memory.high=32M; may be repeated
  --timeout T         kill everything after T seconds, or 500ms, 10s, 5m, 1h
  --env K=V           set a variable; may be repeated
  --cwd DIR           start in DIR
  --json FILE|-       write the whole report as JSON; - is stdout
  --verbose           report also when no limit was hit
  --dry-run           print what would be done as JSON, and do nothing
  --help

Exit status: that of COMMAND; 128+N when signal N ended it; 124 on time-out; 125 when procready itself failed; 126 when
COMMAND cannot be executed; 127 when it was not found. SIGINT and SIGTERM are forwarded; a second one kills.
`;

const flags = {
	'pids-max': { type: 'string' },
	'memory-max': { type: 'string' },
	'cpu-max': { type: 'string' },
	set: { type: 'string', multiple: true },
	timeout: { type: 'string' },
	env: { type: 'string', multiple: true },
	cwd: { type: 'string' },
	json: { type: 'string' },
	verbose: { type: 'boolean' },
	'dry-run': { type: 'boolean' },
	help: { type: 'boolean' },
} as const;

/** Resolves to the exit status. */
export async function run(argv: string[]): Promise<number> {
	const { values, command } = parse(argv);
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	using signals = catchSignals();
	try {
		const options = optionsOf(values);
		if (values['dry-run']) {
			process.stdout.write(`${JSON.stringify(plan(command, options), null, '\t')}\n`);
			return 0;
		}
		const stdio = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' } as const;
		await using container = await Container.launch(command, { ...options, ...stdio, signal: signals.abort });
		signals.forwardTo(container);
		const result = await container.wait();
		writeJson(values.json, result);
		if (values.verbose || isRemarkable(result)) process.stderr.write(reportText(result));
		return statusOf(result);
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		writeJson(values.json, { error });
		process.stderr.write(`procready: ${inFlags(error)}\n`);
		return error.code === 'aborted' && signals.received ? 128 + signalNumber(signals.received) : errorStatus(error);
	}
}

/** A limit that only throttled or reclaimed is remarkable too: whoever set it wants to know. */
function isRemarkable({ verdict }: Result): boolean {
	return verdict.causes.length > 0;
}

/** The command begins after `--`, or with the first word that is no option; what stands before it is ours. */
function parse(argv: string[]) {
	const { tokens } = parseArgs({ args: argv, options: flags, strict: false, tokens: true });
	const first = tokens.find(({ kind }) => kind !== 'option');
	const end = first?.index ?? argv.length;
	const command = argv.slice(first?.kind === 'option-terminator' ? end + 1 : end);
	try {
		const { values } = parseArgs({ args: argv.slice(0, end), options: flags });
		return { values, command };
	} catch (cause) {
		const [what] = (cause as Error).message.split('. To specify');
		throw new ProcreadyError('option-invalid', `${what}; see procready run --help`, { cause });
	}
}

type Values = ReturnType<typeof parse>['values'];

function optionsOf(values: Values): Options {
	const limits: Limits = {
		...(values['pids-max'] === undefined ? {} : { pids: values['pids-max'] }),
		...(values['memory-max'] === undefined ? {} : { memory: values['memory-max'] }),
		...(values['cpu-max'] === undefined ? {} : { cpu: values['cpu-max'] }),
		...(values.set === undefined ? {} : { set: pairs('--set', values.set) }),
	};
	return {
		limits,
		...(values.timeout === undefined ? {} : { timeout: parseDuration(values.timeout, '--timeout', 's') }),
		...(values.env === undefined ? {} : { env: pairs('--env', values.env) }),
		...(values.cwd === undefined ? {} : { cwd: values.cwd }),
	};
}

function pairs(flag: string, given: string[]): Record<string, string> {
	return Object.fromEntries(
		given.map((pair) => {
			const equals = pair.indexOf('=');
			if (equals < 1)
				throw new ProcreadyError('option-invalid', `${flag}: ${JSON.stringify(pair)} is not of the form NAME=VALUE`, {
					where: flag,
				});
			return [pair.slice(0, equals), pair.slice(equals + 1)];
		}),
	);
}

const flagOf: [string, string][] = [
	['limits.pids', '--pids-max'],
	['limits.memory', '--memory-max'],
	['limits.cpu', '--cpu-max'],
	['limits.set.', '--set '],
	['env.', '--env '],
	['cwd', '--cwd'],
	['args', 'COMMAND'],
];

/** The message, with the flag that was typed in the place of the option of the library. */
function inFlags({ message, code }: ProcreadyError): string {
	const [option, flag] = flagOf.find(([option]) => code === 'option-invalid' && message.startsWith(option)) ?? ['', ''];
	return flag + message.slice(option.length).replace(/also as limits\.(\w+)/, 'also as --$1-max');
}

function writeJson(file: string | undefined, report: object): void {
	if (file === undefined) return;
	const text = `${JSON.stringify(report, null, '\t')}\n`;
	if (file === '-') process.stdout.write(text);
	else
		try {
			writeFileSync(file, text);
		} catch (cause) {
			throw new ProcreadyError('option-invalid', `--json: cannot write ${file}: ${(cause as Error).message}`, {
				cause,
			});
		}
}

function statusOf({ exitCode, signal, timedOut }: Result): number {
	if (timedOut) return 124;
	return exitCode ?? 128 + signalNumber(signal as string);
}

function errorStatus({ code }: ProcreadyError): number {
	if (code === 'command-not-found') return 127;
	if (code === 'command-not-executable') return 126;
	return 125;
}
