/** `procready search`: the smallest limits with which a command passes. */
import { ProcreadyError } from '../errors.js';
import { integer, invalidFlag, type Values } from '../flags/arguments.js';
import { reportFlags } from '../flags/flags.js';
import { optionsOf } from '../flags/options.js';
import { orderedNames } from '../harness/search/ordered.js';
import { type Found, type Progress as Run, type SearchOptions, search as searchOne } from '../harness/search/search.js';
import { type FoundAll, searchAll, setNames } from '../harness/search/search-all.js';
import { settingsOf } from '../harness/search/settings.js';
import { defined, maybe } from '../model/defined.js';
import type { Flags } from '../model/flag.js';
import { parseShare } from '../model/units.js';
import { expectationsOf, expectFlag } from './expect.js';
import { stdout } from './output.js';
import type { Page } from './page.js';
import type { Progress } from './progress.js';
import { programOf, serviceFlags } from './service.js';
import { runTrials, type Trial } from './trial.js';
import { trialFlags, trialTopics } from './trial-flags.js';
import { writeJson } from './write-report.js';

const searchFlags = {
	all: { type: 'boolean', help: `${setNames.join(', ')}: a set, with settings to copy` },
	...expectFlag,
	repeat: { type: 'string', value: 'N', help: 'runs that must pass with a value; default: 3', option: 'repeat' },
	precision: {
		type: 'string',
		value: 'P%',
		help: 'how near to the smallest; default: exact, of cpu.max and cpu.time 5%',
		option: 'precision',
	},
	headroom: { type: 'string', value: 'P%', help: 'with --all: added to each; default: 0%' },
	state: { type: 'string', value: 'FILE', help: 'keep what is known in FILE, and go on with it', option: 'state' },
	json: reportFlags.json,
	help: reportFlags.help,
} as const satisfies Flags;

const flags = { ...searchFlags, ...serviceFlags, ...trialFlags };

export const page: Page = {
	name: 'search',
	summary: 'find the smallest limits with which a command passes',
	synopsis: [
		'LIMIT [OPTION]... -- COMMAND [ARG]...',
		'--all [OPTION]... -- COMMAND [ARG]...',
		'LIMIT|--all [OPTION]... --service SCRIPT --ready KIND=VALUE [--client SCRIPT]...',
	],
	text: `Runs COMMAND again and again under values of LIMIT, and finds the smallest with which it always passes, and from where
on it sometimes does. LIMIT is one of ${orderedNames.slice(0, 6).join(', ')},
${orderedNames.slice(6, 10).join(', ')}, ${orderedNames.slice(10, 15).join(', ')},
${orderedNames.slice(15).join(', ')}.
What COMMAND prints is looked at and dropped. What runs longer than --timeout does not pass; the default is ten times
what it takes without a limit, and 2 s. For cpu.max, where time is what decides, it is twice that, and 100 ms.`,
	topics: { 'The search:': searchFlags, 'A service:': serviceFlags, ...trialTopics },
	notes: `Exit status: 0 when it was found; 1 when it does not always pass with any value; 128+N when signal N stopped the search;
125 when procready itself failed; 126 and 127 as run.`,
};

/** Resolves to the exit status. */
export async function search(argv: string[]): Promise<number> {
	return runTrials(argv, { page, flags, act, explain });
}

async function act({ values, subjects, command, progress, signal }: Trial<typeof flags>): Promise<number> {
	const limit = subjectOf(values, subjects);
	const program = programOf(values, command, 'search');
	const options = { ...searchOptionsOf(values), signal, onRun: shown(progress) };
	if (limit === undefined) {
		const headroom = maybe(values.headroom, (given) => parseShare(given, '--headroom')) ?? 0;
		return report(values, await searchAll(program, { ...options, headroom }), allText);
	}
	return report(values, await searchOne(limit, program, options), foundText);
}

function explain({ code }: ProcreadyError, { state }: Values<typeof flags>): string | undefined {
	if (code !== 'aborted' || state === undefined) return undefined;
	return `what is known is in ${state}; the same command goes on with it`;
}

/** `undefined`: all. */
function subjectOf({ all, headroom }: Values<typeof searchFlags>, [limit, ...more]: string[]): string | undefined {
	if (all && limit !== undefined) throw invalidFlag('--all', `says which limits; ${limit} is one more`);
	if (!all && limit === undefined)
		throw new ProcreadyError('option-invalid', 'LIMIT is missing, or --all; see procready search --help');
	if (more.length > 0)
		throw new ProcreadyError('option-invalid', `"${more[0]}" is a word too many: COMMAND comes after --`);
	if (!all && headroom !== undefined) throw invalidFlag('--headroom', 'is for --all');
	return limit;
}

function searchOptionsOf(values: Values<typeof flags>): SearchOptions {
	return {
		...optionsOf(values),
		...defined({
			expect: expectationsOf(values.expect),
			repeat: maybe(values.repeat, (given) => integer('--repeat', given)),
			precision: maybe(values.precision, (given) => parseShare(given, '--precision')),
			state: values.state,
		}),
	};
}

/** A line for each value when it is first seen to pass, or not to; in a terminal each run is shown too. */
function shown(progress: Progress) {
	const said = new Set<string>();
	return ({ limit, words, passed, reason, runs }: Run) => {
		const what = `${limit} ${words}`.trim();
		const known = `${what}: ${passed ? 'passes' : 'does not pass'}`;
		if (!said.has(known)) progress.line(passed ? known : `${known}: ${reason}`);
		said.add(known);
		progress.live(`${what}: ${runs} runs`);
	};
}

function report<T extends Found | FoundAll>(
	values: Values<typeof flags>,
	result: T,
	text: (result: T) => string,
): number {
	const isFound = 'set' in result ? result.set !== null : result.value !== null;
	writeJson(values.json, 'set' in result && result.set ? { ...result, settings: settingsOf(result.set) } : result);
	if (values.json !== '-') stdout.write(text(result));
	return isFound ? 0 : 1;
}

export function foundText({ limit, value, words, flakyFrom, reason, tried }: Found): string {
	if (value === null) return `${limit}: not found. ${reason}\n`;
	const runs = tried.reduce((sum, { passed, failed }) => sum + passed + failed, 0);
	const shownAs = words === value ? value : `${value} (${words})`;
	// rounded for people, two values may look the same
	const member = flakyFrom?.words === words ? 'value' : 'words';
	const zone = flakyFrom
		? `passes always from ${{ value, words }[member]}, sometimes from ${flakyFrom[member]}`
		: `passes from ${words}, never below`;
	return `${limit} ${shownAs}: ${zone}; ${runs} runs\n`;
}

function allText({ found, set, added, reason }: FoundAll): string {
	const lines = found.map(foundText).join('');
	const isSaid = found.some(({ value }) => value === null);
	if (set === null) return `${lines}no set was found.${isSaid ? '' : ` ${reason}`}\n`;
	const together =
		added === 0
			? 'Together they pass.'
			: `Together they pass with ${Math.round(added * 100)}% more than the head-room, and not with less.`;
	const { kubernetes, docker, systemd } = settingsOf(set);
	return `${lines}${together}\n\n${kubernetes}\n\n${docker}\n\n${systemd}\n`;
}
