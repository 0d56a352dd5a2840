/** `procready run`: one program under limits, with the caller's stdin, stdout and stderr. */

import { Container, plan } from '../container/container.js';
import type { ProcreadyError } from '../errors.js';
import { inFlags, invalidFlag, type Parsed, parse, type Values } from '../flags/arguments.js';
import {
	budgetFlags,
	containerFlags,
	faultFlags,
	namespaceFlags,
	networkFlags,
	observeFlags,
	processFlags,
	reportFlags,
	rootFlags,
	statusFlags,
	timeFlags,
} from '../flags/flags.js';
import { limitFlags } from '../flags/limits.js';
import { launchOptionsOf, optionsOf } from '../flags/options.js';
import type { Recording } from '../harness/pictures/recording.js';
import { allInTurn } from '../model/in-turn.js';
import type { Options } from '../model/options.js';
import type { Plan } from '../model/plan.js';
import type { Spec } from '../model/spec.js';
import { visible } from '../model/visible.js';
import { readSpec } from '../plan/bundle.js';
import type { Result } from '../report/result.js';
import { reportText } from '../report/text.js';
import { againOf } from './again.js';
import { runForBudget } from './budget.js';
import { checkReports } from './callers-file.js';
import { reportEachFork } from './each-fork.js';
import { tellFailure, tellMistake } from './failure.js';
import { insteadOf, launchObserved, observeOptionsOf } from './observe.js';
import { stderr, stdout } from './output.js';
import { helpText, type Page } from './page.js';
import { type Content, type Report, reporting } from './report.js';
import { catchSignals, type Signals } from './signals.js';
import { type StatusRules, statusByRules, statusRulesOf } from './status-rules.js';
import { stopOnSignal } from './stop.js';
import { commandHint, mustHaveCommand } from './subject.js';
import { checkTerminal, lendTerminal, sizeOfWindow } from './terminal.js';
import { writeJson, writeReport } from './write-report.js';

const flags = {
	...limitFlags,
	...timeFlags,
	...processFlags,
	...rootFlags,
	...namespaceFlags,
	...networkFlags,
	...containerFlags,
	...faultFlags,
	...budgetFlags,
	...statusFlags,
	...observeFlags,
	...reportFlags,
};

export const page: Page = {
	name: 'run',
	summary: 'run a command under limits, and say which of them it hit',
	synopsis: ['[OPTION]... -- COMMAND [ARG]...', '[OPTION]... --spec FILE'],
	text: `Runs COMMAND in new pid, mount, uts, ipc and cgroup namespaces, with the files and the network of the host or in a root
file system of its own, under exactly the limits given, and says on stderr which of them it hit.`,
	topics: {
		'Limits:': { ...limitFlags, ...timeFlags },
		'The process:': processFlags,
		'Its files:': rootFlags,
		'Its namespaces:': namespaceFlags,
		'Its network:': networkFlags,
		'The container:': containerFlags,
		'Faults:': faultFlags,
		'The budget:': budgetFlags,
		'The exit status:': statusFlags,
		'Without rights:': observeFlags,
		'The report:': reportFlags,
	},
	notes: `Options for one of several things, such as --set, --env and --mount, may be repeated.

Exit status: that of COMMAND; 128+N when signal N ended it; 124 on time-out and for --cpu-time, 137 for --output-max;
125 when procready itself failed; 126 when COMMAND cannot be executed; 127 when it was not found. Signals are forwarded;
a third SIGINT or SIGTERM kills.
With --each-fork: 0 when each run ended by itself, with whatever status, within --timeout (10 s), else 1.
With --check-budget: 122 when it used more than the budget and the tolerance.
With --fail-on: 123 when COMMAND passed but one of the limits was hit.
With --exit-status LIMIT=N: N when COMMAND did not pass, and LIMIT ended it, or none did and LIMIT was hit. A memory.max
below which memory could always be reclaimed fails nothing; nor does what was hit before a signal of the caller's came.`,
};

/** Resolves to the exit status. */
export async function run(argv: string[]): Promise<number> {
	let parsed: Parsed<typeof flags>;
	try {
		parsed = parse(argv, flags, 'run');
	} catch (cause) {
		return tellMistake(cause, argv, flags);
	}
	const { values, command } = parsed;
	if (values.help) {
		stdout.write(helpText(page));
		return 0;
	}
	checkReports(values);
	if (values['each-fork']) return runEachFork(values, command);
	if (isForBudget(values)) return runBudget(values, command);
	if (values.observe) return runObserved(values, command);
	const again = againOf(argv, parsed, flags);
	const report = reporting(values.spec === undefined ? command : null);
	using signals = catchSignals();
	try {
		checkTerminal(values);
		const rules = statusRulesOf(values);
		const [what, options] = whatToRun(values, command);
		report.command = commandOf(what);
		if (values['dry-run']) {
			stdout.write(planText(plan(what, options), values.verbose === true));
			return 0;
		}
		const { result, recording } = await launch(what, options, values, signals);
		if (values.verbose || values.watch || isRemarkable(result, signals.received))
			stderr.write(reportText(result, stderr.hasColours));
		await writeReports(
			values,
			report.complete({ kind: 'result', ...result }),
			async () => recording && pageOf(result, recording, again),
		);
		return ruledStatus(result, rules, signals.received);
	} catch (cause) {
		return await tellFailure(cause, {
			received: signals.received,
			words: (error) => `${inWords(error, values)}${insteadOf(error, values, flags)}${commandHint(error, command)}`,
			write: (content) => writeReports(values, report.complete(content), () => failurePage(content.error, again)),
		});
	}
}

/** Without the values of variables, which are often secrets, and logs are kept: each is still `NAME=…`, so that it can be read as one. */
function planText(made: Plan, isWhole: boolean): string {
	const env = made.init.env.map((variable) => variable.replace(/=.*$/s, '=(left out: --verbose shows it)'));
	return `${JSON.stringify(isWhole ? made : { ...made, init: { ...made.init, env } }, null, '\t')}\n`;
}

/** It is told where it is not the usual one. */
function ruledStatus(result: Result, rules: StatusRules, received: NodeJS.Signals | undefined): number {
	const { status, reason } = statusByRules(result, rules, received);
	if (reason !== undefined) stderr.write(`procready: ${reason}\n`);
	return status;
}

/** Nothing is limited or isolated. */
async function runObserved(values: Values<typeof flags>, command: string[]): Promise<number> {
	const report = reporting(command);
	using signals = catchSignals();
	try {
		const options = observeOptionsOf(values, flags);
		const rules = statusRulesOf(values);
		mustHaveCommand(command, 'run');
		const result = await launchObserved(command, { ...options, signal: signals.abort }, signals);
		if (values.verbose || isRemarkable(result, signals.received)) stderr.write(reportText(result, stderr.hasColours));
		writeJson(values.json, report.complete({ kind: 'result', ...result }));
		return ruledStatus(result, rules, signals.received);
	} catch (cause) {
		return await tellFailure(cause, {
			received: signals.received,
			words: (error) => `${inWords(error, values)}${commandHint(error, command)}`,
			write: (content) => writeJson(values.json, report.complete(content)),
		});
	}
}

/** Whatever cannot be written, the other is. The page is made where it is asked for. */
async function writeReports(
	{ json, html }: Values<typeof flags>,
	report: Report,
	page: () => Promise<string | undefined>,
): Promise<void> {
	await allInTurn(
		() => writeJson(json, report),
		async () => html !== undefined && writeReport('--html', html, (await page()) ?? ''),
	);
}

/** With --spec errors are about the file, which is named. */
function inWords(error: ProcreadyError, values: Values<typeof flags>): string {
	const { spec } = values;
	if (spec === undefined) return inFlags(error, flags, values);
	return error.message.replace(/^specification: (cannot read)?/, (_, reads) =>
		reads ? `--spec: ${reads}` : `--spec ${spec}: `,
	);
}

function whatToRun(values: Values<typeof flags>, command: string[]): [string[] | Spec, Options] {
	if (values.spec !== undefined) return specified(values, command);
	mustHaveCommand(command, 'run');
	return [command, optionsOf(values)];
}

function commandOf(what: string[] | Spec): string[] {
	return Array.isArray(what) ? what : what.process.args;
}

/** Status 0: every run ended by itself; 1: one did not. */
async function runEachFork(values: Values<typeof flags>, command: string[]): Promise<number> {
	const excluded = ['refuse-fork', 'tty', 'dry-run', 'html', 'fail-on', 'exit-status'] as const;
	return runMany('--each-fork', values, command, excluded, async (what, options) => {
		const content = await reportEachFork(what, options);
		return { status: content.acceptable ? 0 : 1, content };
	});
}

function isForBudget(values: Values<typeof flags>): boolean {
	return Object.keys(budgetFlags).some((name) => name in values);
}

async function runBudget(values: Values<typeof flags>, command: string[]): Promise<number> {
	const flag = values['save-budget'] === undefined ? '--check-budget' : '--save-budget';
	const excluded = ['tty', 'dry-run', 'html', 'name', 'fail-on', 'exit-status'] as const;
	return runMany(flag, values, command, excluded, (what, options) => runForBudget(values, what, options));
}

/** One report of many runs, and the exit status. */
async function runMany(
	flag: string,
	values: Values<typeof flags>,
	command: string[],
	excluded: readonly (keyof typeof flags)[],
	act: (what: string[] | Spec, options: Options) => Promise<{ status: number; content: Content }>,
): Promise<number> {
	const report = reporting(values.spec === undefined ? command : null);
	using stop = stopOnSignal();
	try {
		for (const other of excluded) if (values[other]) throw invalidFlag(flag, `cannot be used with --${other}`);
		const [what, options] = whatToRun(values, command);
		report.command = commandOf(what);
		const { status, content } = await act(what, { ...options, signal: stop.abort });
		writeJson(values.json, report.complete(content));
		return status;
	} catch (cause) {
		return await tellFailure(cause, {
			received: stop.received,
			before: 'the last run had ended',
			words: (error) => inWords(error, values),
			write: (content) => writeJson(values.json, report.complete(content)),
		});
	}
}

/** Runs it to its end. Its terminal, if it has one, is on the caller's meanwhile. */
async function launch(
	what: string[] | Spec,
	options: Options,
	{ interactive = false, html, watch }: Values<typeof flags>,
	signals: Signals,
): Promise<{ result: Result; recording: Recording | undefined }> {
	const pictures = html === undefined ? undefined : await import('../harness/pictures/index.js');
	const live = watch ? await import('./watch.js') : undefined;
	const stdio = { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' } as const;
	const size = hasTerminal(what, options) ? sizeOfWindow() : {};
	await using container = await Container.launch(what, { ...options, ...stdio, ...size, signal: signals.abort });
	for (const note of container.notes) stderr.write(`procready: note: ${visible(note)}\n`);
	signals.forwardTo(container);
	using lent = lendTerminal(container, interactive, signals.hangUp);
	using watching = live?.watch(container, stderr);
	const [result, recording] = await Promise.all([container.wait(), pictures?.record(container), watching?.ended]);
	await lent.printed;
	return { result, recording };
}

function hasTerminal(what: string[] | Spec, { terminal = false }: Options): boolean {
	return Array.isArray(what) ? terminal : what.process.terminal === true;
}

/** With --spec a flag that says what the file says is refused by the library. */
function specified(values: Values<typeof flags>, command: string[]): [Spec, Options] {
	const spec = readSpec(values.spec as string);
	if (command.length > 0)
		throw invalidFlag('--spec', `the command is in the file, and "${command.join(' ')}" is one more`);
	const given = Object.keys(values).filter((name) => !alsoOf(name));
	if (given.length > 0) throw invalidFlag(`--${given[0]}`, `belongs in ${values.spec}, beside which it is given`);
	return [spec, launchOptionsOf(values)];
}

/** Flags that are for a launch, whatever is launched. */
function alsoOf(name: string): boolean {
	return (
		name in reportFlags ||
		name in faultFlags ||
		name in budgetFlags ||
		name in statusFlags ||
		['spec', 'timeout', 'setup-timeout', 'name', 'console-socket', 'preserve-fds', 'interactive'].includes(name)
	);
}

/**
 * A limit that only throttled or reclaimed is remarkable too: whoever set it wants to know. And a SIGKILL from nowhere is
 * easily taken for a limit's; not one that the caller has sent. Whoever asks for a fault wants to know whether it came.
 */
function isRemarkable({ verdict, signal, forks, schedule, notes }: Result, sent: NodeJS.Signals | undefined): boolean {
	return (
		verdict.causes.length > 0 ||
		forks !== undefined ||
		schedule !== undefined ||
		notes !== undefined ||
		(signal === 'SIGKILL' && sent === undefined)
	);
}

/** Loaded only when a page is asked for. */
async function pageOf(result: Result, recording: Recording, again: string[]): Promise<string> {
	const { readHostFacts, renderPage } = await import('../harness/pictures/index.js');
	return renderPage(result, recording, { host: readHostFacts(), again });
}

async function failurePage(error: Pick<ProcreadyError, 'code' | 'message'>, again: string[]): Promise<string> {
	const { readHostFacts, renderFailure } = await import('../harness/pictures/index.js');
	return renderFailure(error, { host: readHostFacts(), again });
}
