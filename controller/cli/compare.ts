/** `procready compare`: whether a command uses more than another one, or than its budget. */
import { unexpected } from '../errors.js';
import { integer, invalidFlag, type Parsed, type Values } from '../flags/arguments.js';
import { reportFlags } from '../flags/flags.js';
import { optionsOf } from '../flags/options.js';
import { type Budget, readBudget } from '../harness/budget/budget.js';
import { type CompareOptions, type CompareProgress, compare as compareRuns } from '../harness/compare/compare.js';
import { type ComparedFigure, comparedNames } from '../harness/compare/figures.js';
import { comparisonMarkdown, comparisonText, summaryOf } from '../harness/compare/text.js';
import { wordsOfCommand } from '../harness/compare/words-of-command.js';
import { defined, maybe } from '../model/defined.js';
import type { Flags } from '../model/flag.js';
import { parseDuration, parseShare } from '../model/units.js';
import { visible } from '../model/visible.js';
import { reportText } from '../report/text.js';
import { expectationsOf, expectFlag } from './expect.js';
import { stderr, stdout } from './output.js';
import type { Page } from './page.js';
import type { Progress } from './progress.js';
import { type Content, reporting } from './report.js';
import { mustHaveCommand } from './subject.js';
import { runTrials, type Trial } from './trial.js';
import { trialFlags, trialTopics } from './trial-flags.js';
import { writeJson, writeReport } from './write-report.js';

const compareFlags = {
	base: {
		type: 'string',
		value: 'COMMAND|FILE.json',
		help: 'what it is compared with: words in one text, or a budget',
		text: 'what it is compared with: a command as one text, whose words are quoted as for a shell but are not read by one; or a file of `procready run --save-budget`, one word that ends with `.json`',
	},
	'max-runs': {
		type: 'string',
		value: 'N',
		help: 'runs of each at most, fewer where that says enough; default: 40',
		option: 'maxRuns',
	},
	'max-time': {
		type: 'string',
		value: 'T',
		help: 'then no more runs begin; seconds, or 500ms, 5m; default: 10m',
		option: 'maxTime',
	},
	tolerance: {
		type: 'string',
		value: 'P%',
		help: 'more by no more than that is no growth; default: 5%, of times 10%',
		option: 'tolerance',
	},
	figure: {
		type: 'string',
		multiple: true,
		value: 'NAME',
		help: 'its growth is a failure; default: all but wall, cpu.user, cpu.system',
		option: 'judged',
	},
	'count-forks': {
		type: 'boolean',
		help: 'count forks too: each takes some 20 µs more so',
		option: 'countForks',
	},
	...expectFlag,
	json: reportFlags.json,
	markdown: { type: 'string', value: 'FILE|-|fd:N', help: 'write it as Markdown, for a comment; - is stdout' },
	help: reportFlags.help,
} as const satisfies Flags;

const flags = { ...compareFlags, ...trialFlags };

export const page: Page = {
	name: 'compare',
	summary: 'say whether a command uses more than another one, or than its budget',
	synopsis: ['--base COMMAND [OPTION]... -- COMMAND [ARG]...', '--base FILE.json [OPTION]... -- COMMAND [ARG]...'],
	text: `Runs both in turn, in the order A B B A or B A A B, once before without counting it and then until enough is known. Says
of tasks, page faults, blocks read and written, peak of memory and processor time that it has grown or shrunk, by how
much and with what certainty; that no difference was seen; or that it is too noisy to say. Of 500 comparisons of equal
commands one at most ends with 1. Limits and all other options hold for both. What they print is dropped; a run that
does not pass ends the comparison.`,
	topics: { 'The comparison:': compareFlags, ...trialTopics },
	notes: `Exit status: 0 when nothing was seen to grow, also where it is too noisy to say; 1 when something has grown; 128+N when
signal N stopped it; 125 when a run did not pass, nothing could be compared, or procready itself failed; 126 and 127 as
run.`,
};

/** Resolves to the exit status. */
export async function compare(argv: string[]): Promise<number> {
	const report = reporting(null);
	const write = ({ values, command }: Parsed<typeof flags>, content: Content) => {
		report.command = command;
		writeJson(values.json, report.complete(content));
	};
	return runTrials(argv, {
		page,
		flags,
		act: (trial) => act(trial, (content) => write(trial, content)),
		failed: write,
	});
}

async function act(
	{ values, subjects, command, progress, signal }: Trial<typeof flags>,
	write: (content: Content) => void,
): Promise<number> {
	if (values.base === undefined) throw invalidFlag('--base', 'is missing: it says what COMMAND is compared with');
	if (subjects[0] !== undefined)
		throw invalidFlag(
			'--base',
			`"${subjects[0]}" is a word too many: quote all words of the base as one text; COMMAND comes after --`,
		);
	mustHaveCommand(command, 'compare');
	if (values.json === '-' && values.markdown === '-')
		throw invalidFlag('--markdown', '- is the place of --json already');
	const options = { ...compareOptionsOf(values), signal, onRun: shown(progress) };
	const comparison = await compareRuns(baseOf(values.base), command, options);
	const { failed, grown } = comparison;
	write({ kind: 'comparison', comparison });
	writeReport('--markdown', values.markdown, comparisonMarkdown(comparison));
	if (grown === null) {
		if (failed) progress.line(reportText(failed.result, stderr.hasColours).trimEnd());
		progress.line(`procready: no comparison: ${visible(summaryOf(comparison))}`);
		return 125;
	}
	if (values.json === '-' || values.markdown === '-') progress.line(comparisonText(comparison).trimEnd());
	else stdout.write(comparisonText(comparison));
	return grown ? 1 : 0;
}

function baseOf(given: string): string[] | Budget {
	const words = wordsOfCommand(given, '--base');
	const [file, ...more] = words;
	if (!file?.endsWith('.json') || more.length > 0) return words;
	try {
		return readBudget(file);
	} catch (error) {
		throw invalidFlag('--base', unexpected(error).message, error);
	}
}

function compareOptionsOf(values: Values<typeof flags>): CompareOptions {
	return {
		...optionsOf(values),
		...defined({
			expect: expectationsOf(values.expect),
			maxRuns: maybe(values['max-runs'], (given) => integer('--max-runs', given)),
			maxTime: maybe(values['max-time'], (given) => parseDuration(given, '--max-time', 's')),
			tolerance: maybe(values.tolerance, (given) => parseShare(given, '--tolerance')),
			judged: maybe(values.figure, (given) => given.map(figureOf)),
			countForks: values['count-forks'],
		}),
	};
}

function figureOf(given: string): ComparedFigure {
	const found = comparedNames.find((name) => name === given);
	if (found === undefined)
		throw invalidFlag('--figure', `${JSON.stringify(given)} is not one of ${comparedNames.join(', ')}`);
	return found;
}

function shown(progress: Progress) {
	return ({ side, runs, maxRuns }: CompareProgress) =>
		progress.live(`run ${runs} of ${side === 'base' ? 'the base' : 'the command'}, of ${maxRuns} at most`);
}
