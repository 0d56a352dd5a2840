/** `procready test`: suites of cases, each a run under limits that is held against what was expected. */
import { existsSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { ProcreadyError } from '../errors.js';
import { invalidFlag, parseWords, type Values } from '../flags/arguments.js';
import { annotation } from '../harness/reporters/github.js';
import { mustDiffer } from '../harness/shards/identity.js';
import { wholeOf } from '../harness/shards/whole.js';
import { type Changed, watchSuites } from '../harness/suite/changes.js';
import type { Mistake } from '../harness/suite/document.js';
import { type History, openHistory } from '../harness/suite/history.js';
import { findNamed, loadSuites, type Named, placeText } from '../harness/suite/load.js';
import type { HarnessEvent } from '../harness/suite/outcome.js';
import { runSuites, type Skip, skipping } from '../harness/suite/run-suites.js';
import { selectCases, selectFailed, selectLines, selectShard } from '../harness/suite/select.js';
import type { Case, Suite } from '../harness/suite/suite.js';
import { statusOf } from '../harness/suite/summary.js';
import { heeded } from '../host/node/self.js';
import type { Flag } from '../model/flag.js';
import { visible } from '../model/visible.js';
import { stderr, stdout } from './output.js';
import { helpText, type Page } from './page.js';
import { reporterFlag, reportersOf } from './reporters.js';
import { type AskedShard, announce, shardAsked, shardFlags } from './shard.js';

const flags = {
	...reporterFlag,
	case: {
		type: 'string',
		multiple: true,
		short: 'c',
		value: 'TEXT|/RE/',
		help: 'only cases with TEXT in their name, or that /RE/ matches',
		text: 'only cases with TEXT in `SUITE: CASE`, or that a regular expression of JavaScript matches, `/…/flags`',
	},
	'last-failed': {
		type: 'boolean',
		help: 'only cases that failed when they last ran; all if none did',
		text: 'only cases that failed when they last ran, and those of suites of which the set-up or tear-down did; all where there is none',
	},
	...shardFlags,
	jobs: { type: 'string', short: 'j', value: 'N', help: 'cases at once; "all": one for each processor', default: '1' },
	bail: {
		type: 'string',
		value: 'N',
		implied: '1',
		help: 'start no further case after N failures; without N: 1',
		text: 'start no further case after N failures, without N after one; what runs ends, and tear-down is done',
		default: 'all run',
	},
	watch: {
		type: 'boolean',
		short: 'w',
		help: 'run them again when a file changes; ^C ends it',
		text: 'when a suite changes run it again, and all of them when another file in their directories or below does; SIGINT ends it',
	},
	list: { type: 'boolean', short: 'l', help: 'print the cases that would run as FILE:LINE: SUITE: CASE' },
	check: { type: 'boolean', help: 'read the files and run nothing' },
	help: { type: 'boolean', short: 'h', help: 'this' },
} as const satisfies Record<string, Flag>;

export const page: Page = {
	name: 'test',
	summary: 'run suites of cases at their limits',
	synopsis: ['[OPTION]... [FILE[:LINE]|DIR]...'],
	text: `Runs the cases of each suite, YAML or JSON, and says which of them did not go as expected. With LINE, as reports print
it, it runs the cases that stand in that line of FILE. Of a DIR it runs procready.yaml and *.procready.yaml (also .yml and
.json) in it and below, but not in hidden directories and in node_modules. Without any it is this directory.`,
	topics: { 'Options:': flags },
	notes: `--reporter may be repeated; without FILE it writes to stdout, with fd:N to the file that the caller has
opened as N. Default: pretty on a terminal, else tap.
Which cases failed and how long each took is kept in /var/cache/procready/suites for root, in procready/suites of
$XDG_CACHE_HOME or ~/.cache for others.

Exit status: 0 when all passed; 1 when some failed; 2 when a file or the command line is wrong, and nothing was run; 125
when procready itself failed; 128+N when signal N ended it.`,
};

type Given = Values<typeof flags>;

/** Resolves to the exit status. */
export async function test(argv: string[]): Promise<number> {
	try {
		return await testFiles(argv);
	} catch (error) {
		tellInvalid(error);
		return 2;
	}
}

async function testFiles(argv: string[]): Promise<number> {
	const { values, words } = parseWords(argv, flags, 'test');
	if (values.help) {
		stdout.write(helpText(page));
		return 0;
	}
	for (const other of ['list', 'check'] as const)
		if (values.watch && values[other]) throw invalidFlag('--watch', `cannot be used with --${other}`);
	const asked = {
		values,
		jobs: jobsOf(values.jobs ?? '1'),
		bail: values.bail === undefined ? undefined : bailOf(values.bail),
		shard: shardAsked(values),
	};
	const named = () => findNamed(words.length > 0 ? words : ['.']);
	using interruption = catchInterruption();
	if (!values.watch) return await runNamed(named(), asked, interruption);
	return await keepRunning(named, asked, interruption);
}

interface Asked {
	values: Given;
	jobs: number;
	bail: number | undefined;
	shard: AskedShard;
}

/** Resolves to the exit status. */
async function runNamed(named: Named, asked: Asked, interruption: Interruption): Promise<number> {
	const { values, jobs, bail, shard } = asked;
	const { suites, mistakes, digests } = loadSuites(named.files);
	if (mistakes.length > 0) {
		tellMistakes(mistakes, values.reporter ?? []);
		return 2;
	}
	const history = openHistory();
	const chosen = selectedOf(selectLines(suites, named.lines), values, history);
	const skip = skipping(chosen);
	const durationOf = (suite: Suite, one: Case) => (skip(one) ? 0 : shard.durationOf(history)(suite, one));
	const selected = shard.isPart ? selectShard(chosen, shard.shard, shard.division, durationOf) : chosen;
	if (values.list) stdout.write(listOf(selected, skip));
	if (values.list || values.check) return 0;
	if (shard.isPart) announce(shard, selected.length > 0);
	if ((values.reporter ?? []).some((one) => /^blob(=|$)/.test(one))) mustDiffer(chosen, '--reporter blob');
	const whole = wholeOf(chosen, digests, { shard: shard.shard, division: shard.division, bail, durationOf });
	using reporters = reportersOf(values.reporter);
	const { signal } = interruption;
	const tell = (event: HarnessEvent) => {
		reporters.tell(event);
		// what one shard remembered would be another division for the next: procready merge remembers all of them
		const known =
			event.type === 'suite-end' && !shard.isPart && suites.find(({ file }) => file === event.outcome.suite.file);
		if (known) history.record(known, event.outcome);
	};
	const summary = await runSuites(selected, {
		jobs,
		bail,
		signal,
		skip,
		whole,
		lastDuration: history.durationOf,
		tell,
	});
	reporters.finish();
	return interruption.received ? 128 + constants.signals[interruption.received] : statusOf(summary);
}

function selectedOf(suites: Suite[], values: Given, history: History): Suite[] {
	const chosen = values.case ? selectCases(suites, values.case) : suites;
	if (!values['last-failed']) return chosen;
	const failed = selectFailed(chosen, history);
	if (failed === undefined)
		stderr.write('procready: --last-failed: none of these cases failed when it last ran, so all of them run\n');
	return failed ?? chosen;
}

/** A line a case, with what would keep it from running. */
function listOf(suites: readonly Suite[], skip: Skip): string {
	return suites
		.flatMap(({ name: suite, cases }) =>
			cases.map((one) => {
				const reason = skip(one);
				const text = `${one.place.file}:${one.place.line}: ${suite}: ${one.name}${reason === undefined ? '' : ` # SKIP ${reason}`}`;
				return `${visible(text)}\n`;
			}),
		)
		.join('');
}

const clearScreen = '\x1b[2J\x1b[3J\x1b[H';

/** Runs them until a signal comes: at first all, then what a changed file concerns. */
async function keepRunning(named: () => Named, asked: Asked, interruption: Interruption): Promise<number> {
	let changed: Changed = 'all';
	let all = named();
	const missing = all.files.find((file) => !existsSync(file));
	if (missing !== undefined)
		throw invalidFlag('--watch', `${missing}: there is no such file, so nothing of it can change`);
	for (;;) {
		const watched = watchSuites(all.files);
		const files = all.files.filter((file) => changed === 'all' || changed.includes(file));
		if (stdout.terminal) stdout.write(clearScreen);
		await runNamed({ ...all, files }, asked, interruption).catch(tellInvalid);
		if (interruption.received === undefined) {
			stderr.write('procready: this runs again when a file changes; ^C ends it\n');
			changed = await watched.changed(interruption.signal);
			all = namedAgain(named) ?? all;
		}
		if (interruption.received) return 128 + constants.signals[interruption.received];
	}
}

/** A suite may be gone while an editor replaces it. */
function namedAgain(named: () => Named): Named | undefined {
	try {
		return named();
	} catch (error) {
		tellInvalid(error);
		return undefined;
	}
}

/** What may be right after the next change. */
function tellInvalid(error: unknown): void {
	if (!(error instanceof ProcreadyError) || error.code !== 'option-invalid') throw error;
	stderr.write(`procready: ${error.message}\n`);
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

function bailOf(given: string): number {
	if (!/^[1-9]\d{0,8}$/.test(given))
		throw invalidFlag('--bail', `${JSON.stringify(given)} is not a number of failures from 1`);
	return Number(given);
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
