/** `procready test`: suites of cases, each a run under limits that is held against what was expected. */
import { availableParallelism, constants } from 'node:os';
import { ProcreadyError } from '../errors.js';
import { invalidFlag, parseWords } from '../flags/arguments.js';
import { annotation } from '../harness/reporters/github.js';
import { openReporters } from '../harness/reporters/open.js';
import type { Mistake } from '../harness/suite/document.js';
import { findSuites, loadSuites, placeText } from '../harness/suite/load.js';
import type { HarnessEvent, Summary } from '../harness/suite/outcome.js';
import { runSuites } from '../harness/suite/run-suites.js';
import { selectCases } from '../harness/suite/select.js';
import { heeded } from '../host/node/self.js';
import type { Flag } from '../model/flag.js';
import { callersFile } from './callers-file.js';
import { stderr, stdout } from './output.js';
import { helpText, type Page } from './page.js';

const flags = {
	reporter: {
		type: 'string',
		multiple: true,
		short: 'r',
		value: 'NAME[=FILE]',
		help: 'tap, pretty, junit, jsonl or github; FILE may be fd:N',
	},
	case: { type: 'string', multiple: true, short: 'c', value: 'TEXT', help: 'only cases with TEXT in their name' },
	jobs: { type: 'string', short: 'j', value: 'N', help: 'cases at once; "all": one for each processor' },
	check: { type: 'boolean', help: 'read the files and run nothing' },
	help: { type: 'boolean', short: 'h', help: 'this' },
} as const satisfies Record<string, Flag>;

export const page: Page = {
	name: 'test',
	summary: 'run suites of cases at their limits',
	synopsis: ['[OPTION]... [FILE]...'],
	text: `Runs the cases of each suite, YAML or JSON, and says which of them did not go as expected. Without a FILE: procready.yaml
and *.procready.yaml (also .yml and .json) in this directory and below, but not in hidden ones and in node_modules.`,
	topics: { 'Options:': flags },
	notes: `--reporter may be repeated; without FILE it writes to stdout, with fd:N to the file that the caller has
opened as N. Default: pretty on a terminal, else tap.

Exit status: 0 when all passed; 1 when some failed; 2 when a file or the command line is wrong, and nothing was run; 125
when procready itself failed; 128+N when signal N ended it.`,
};

/** Resolves to the exit status. */
export async function test(argv: string[]): Promise<number> {
	try {
		return await testFiles(argv);
	} catch (error) {
		if (!(error instanceof ProcreadyError) || error.code !== 'option-invalid') throw error;
		stderr.write(`procready: ${error.message}\n`);
		return 2;
	}
}

async function testFiles(argv: string[]): Promise<number> {
	const { values, words } = parseWords(argv, flags, 'test');
	if (values.help) {
		stdout.write(helpText(page));
		return 0;
	}
	const jobs = jobsOf(values.jobs ?? '1');
	const files = words.length > 0 ? words : findSuites('.');
	if (files.length === 0)
		throw new ProcreadyError('option-invalid', 'there is no procready.yaml nor *.procready.yaml here or below');
	const { suites, mistakes } = loadSuites(files);
	if (mistakes.length > 0) {
		tellMistakes(mistakes, values.reporter ?? []);
		return 2;
	}
	const selected = values.case ? selectCases(suites, values.case) : suites;
	if (values.check) return 0;
	const { terminal } = stdout;
	const output = {
		write: (text: string) => stdout.write(text),
		isTerminal: terminal !== undefined,
		hasColours: terminal !== undefined && !process.env.NO_COLOR, // https://no-color.org
		columns: () => terminal?.columns ?? 0,
	};
	using reporters = openReporters(values.reporter ?? [terminal ? 'pretty' : 'tap'], output, callersFile);
	using interruption = catchInterruption();
	const { signal } = interruption;
	const summary = await runSuites(selected, { jobs, signal, tell: (event: HarnessEvent) => reporters.tell(event) });
	reporters.finish();
	return interruption.received ? 128 + constants.signals[interruption.received] : statusOf(summary);
}

/** On GitHub they are annotations too. */
function tellMistakes(mistakes: Mistake[], reporters: string[]): void {
	for (const mistake of mistakes) {
		stderr.write(`${placeText(mistake)}: ${mistake.message}\n`);
		if (reporters.includes('github')) stdout.write(annotation('error', mistake, 'suite', mistake.message));
	}
}

function jobsOf(given: string): number {
	if (given === 'all') return availableParallelism();
	if (!/^[1-9]\d{0,3}$/.test(given))
		throw invalidFlag('--jobs', `${JSON.stringify(given)} is neither a number from 1 to 9999 nor all`);
	return Number(given);
}

/** Codes of errors that no case can be blamed for. */
const ownFailures = [
	'not-permitted',
	'cgroup-missing',
	'shim-missing',
	'shim-refused',
	'shim-died',
	'protocol-violated',
];

/** A step of the set-up is what the case has asked for; all else around it is the host. */
function isOwn({ code, step }: ProcreadyError): boolean {
	return ownFailures.includes(code) || (code === 'setup-failed' && step === undefined);
}

function statusOf({ suites, failed }: Summary): number {
	if (failed === 0) return 0;
	const came = suites.flatMap(({ cases }) => cases.filter(({ status }) => status === 'failed').map(({ came }) => came));
	return came.some((one) => one instanceof ProcreadyError && isOwn(one)) ? 125 : 1;
}

interface Interruption extends Disposable {
	signal: AbortSignal;
	received: NodeJS.Signals | undefined;
}

/** The first signal ends the cases; tear-down and the reports are still done. */
function catchInterruption(): Interruption {
	const abort = new AbortController();
	const signals = heeded(['SIGHUP', 'SIGINT', 'SIGTERM']);
	const interruption = {
		signal: abort.signal,
		received: undefined as NodeJS.Signals | undefined,
		[Symbol.dispose]() {
			for (const signal of signals) process.off(signal, end);
		},
	};
	function end(signal: NodeJS.Signals) {
		interruption.received ??= signal;
		abort.abort();
	}
	for (const signal of signals) process.on(signal, end);
	return interruption;
}
