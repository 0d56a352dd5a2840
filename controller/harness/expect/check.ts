/** Holds a run against what was expected of it. */

import type { RunResult } from '../../container/run.js';
import { type ErrorCode, errorCodes, invalidOption, ProcreadyError } from '../../errors.js';
import { didYouMean } from '../../model/closest.js';
import { escapeToken } from '../../model/pointer.js';
import { isObject } from '../is-object.js';
import { parseAmount, shown, type Unit } from './amount.js';
import { type Attempt, collectMistakes } from './attempt.js';
import type { Expectations, Failure, Outcome } from './expectations.js';
import { figureIn, figureNames, figureOf, figures, hitCounters, hitLimits } from './figures.js';
import { type Kept, parseText, type TextCheck } from './text.js';

/** What came of a run: its result, or the error that there was none. */
export type Came = RunResult | ProcreadyError;

/** A file that was looked at, or what is there instead of one: `a directory`, `something that cannot be read (EACCES)`. */
export type Found = Kept | { not: string };

/** Those that are looked at, by the names that the expectations give them; absent: nothing is there. */
export type Files = Readonly<Record<string, Found>>;

/** What expectations are held against. */
interface Observed extends Pick<RunResult, 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'written'> {
	verdict: Pick<RunResult['verdict'], 'outcome' | 'causes' | 'sentence'>;
	/** `null`: no program ran. */
	wallTime: number | null;
	usage: RunResult['usage'] | null;
}

type Check = (result: Observed, files: Files) => (Failure | undefined)[];

/** Expectations that were understood, and what of them was not. */
export interface Compiled {
	/** All that does not hold; empty when all is as expected. */
	failures(came: Came, files?: Files): Failure[];
	/** `option-invalid` each, `where` a JSON pointer into the expectations. */
	mistakes: ProcreadyError[];
}

/** All that does not hold. Throws `option-invalid` for expectations that cannot be understood. Pure. */
export function check(expectations: Expectations, came: Came, files: Files = {}): Failure[] {
	const { failures, mistakes } = compile(expectations);
	if (mistakes[0]) throw mistakes[0];
	return failures(came, files);
}

export function compile(expectations: Expectations): Compiled {
	const { mistakes, attempt } = collectMistakes();
	const checks = Object.entries(expectations).flatMap(([name, given]): Check[] => {
		if (given === undefined) return [];
		const where = `/${escapeToken(name)}`;
		if (name === 'error') return attempt(() => void errorCode(given, where)).flatMap(() => []);
		const parser = Object.hasOwn(parsers, name) ? parsers[name as keyof typeof parsers] : undefined;
		if (parser === undefined)
			return attempt(() => unknown(where, name, [...Object.keys(parsers), 'error'], 'nothing that can be expected'));
		if (typeof parser === 'function') return attempt(() => parser(given, where, attempt));
		if (name === 'hits' && given === 'none') return [noHits(where)];
		if (!isObject(given)) return attempt(() => wrong(where, parser.what));
		return Object.entries(given).flatMap(([key, value]) =>
			attempt(() => parser.parse(key, value, `${where}/${escapeToken(key)}`, attempt)),
		);
	});
	const { error } = expectations;
	const held = (result: Observed, files: Files) =>
		checks.flatMap((one) => one(result, files)).filter((failure) => failure !== undefined);
	return {
		mistakes,
		failures(came, files = {}) {
			if (error === undefined && !(came instanceof ProcreadyError)) return held(came, files);
			const refused = came instanceof ProcreadyError && error === undefined ? asShell(expectations, came) : undefined;
			return refused ? held(refused, files) : errorFailures(error, came);
		},
	};
}

/** With which status a shell says that it could not run a command. POSIX.1-2024, XCU 2.8.2. */
const shellStatuses: Partial<Record<ErrorCode, number>> = {
	'command-not-found': 127,
	'command-not-executable': 126,
};

/**
 * Of a command that is not there, or that the kernel cannot execute, what a shell would have given: only where just that
 * status is expected, as any other expectation is of a program that runs. It has written nothing, and nothing was counted.
 */
export function asShell({ exitCode }: Expectations, { code, message }: ProcreadyError): Observed | undefined {
	const status = shellStatuses[code];
	if (status === undefined || !new RegExp(`^\\s*(==?\\s*)?${status}\\s*$`).test(String(exitCode))) return undefined;
	const nothing = { bytes: 0, lines: 0, kept: 0 };
	return {
		exitCode: status,
		signal: null,
		verdict: { outcome: 'failed', sentence: message, causes: [] },
		wallTime: null,
		usage: null,
		stdout: '',
		stderr: '',
		written: { stdout: nothing, stderr: nothing },
	};
}

interface ByName {
	what: string;
	parse(name: string, given: unknown, where: string, attempt: Attempt): Check;
}

const parsers: Record<
	Exclude<keyof Expectations, 'error'>,
	((given: unknown, where: string, attempt: Attempt) => Check) | ByName
> = {
	exitCode(given, where) {
		const comparison = parseAmount(given, 'count', where);
		return ({ exitCode, signal }) => {
			if (exitCode !== null && comparison.holds(exitCode)) return [];
			const found = exitCode === null ? `none, ${signal ?? 'an unknown signal'} ended it` : String(exitCode);
			return [failure(where, 'exit status', comparison.text, found)];
		};
	},
	signal(given, where) {
		if (given !== null && !(typeof given === 'string' && /^SIG[A-Z0-9+]+$/.test(given)))
			throw invalidOption(where, `${JSON.stringify(given)} is neither the name of a signal such as SIGKILL nor null`);
		return ({ signal, exitCode }) => {
			if (signal === given) return [];
			return [
				failure(
					where,
					'signal',
					String(given ?? 'none'),
					signal ?? (exitCode === null ? 'not known' : `none, it exited with ${exitCode}`),
				),
			];
		};
	},
	verdict(given, where) {
		const wanted = given === 'any' ? [...outcomes] : [given].flat();
		for (const [index, one] of wanted.entries())
			if (!outcomes.includes(one as Outcome)) {
				const at = Array.isArray(given) ? `${where}/${index}` : where;
				unknown(at, String(one), [...outcomes, 'any'], 'not an outcome');
			}
		return ({ verdict }) =>
			wanted.includes(verdict.outcome)
				? []
				: [failure(where, 'verdict', wanted.join(' or '), `${verdict.outcome}: ${reasonOf(verdict)}`)];
	},
	stdout: output('stdout'),
	stderr: output('stderr'),
	hits: {
		what: 'an object of limits and how often they are hit, such as { pids.max: ">= 1" }, or none',
		parse(limit, given, where) {
			const limits =
				hitLimits(limit) ?? unknown(where, limit, Object.keys(hitCounters), 'no limit of which hits are counted');
			const comparison = parseAmount(given, 'count', where);
			return ({ verdict, usage }) => {
				const own = verdict.causes.filter(
					(cause) => limits.includes(cause.limit) && !['ancestor', 'below'].includes(cause.level),
				);
				const counter = hitCounters[limits[0] as string];
				if (own.length === 0 && counter && figureIn(usage, counter) === null)
					return [uncounted(where, `hits of ${limit}`, comparison.text, usage)];
				const hits = own.reduce((sum, cause) => sum + cause.hits, 0);
				return compared(where, `hits of ${limit}`, comparison, hits, 'count');
			};
		},
	},
	usage: {
		what: 'an object of figures of the report, such as { memory.peak: "< 48M" }',
		parse(name, given, where) {
			const figure = figureOf(name) ?? unknown(where, name, figureNames, 'not a figure of the report');
			const comparison = parseAmount(given, figures[figure], where);
			return ({ usage }) => {
				const value = figureIn(usage, figure);
				if (value === null) return [uncounted(where, name, comparison.text, usage)];
				return compared(where, name, comparison, value, figures[figure]);
			};
		},
	},
	wall(given, where) {
		const comparison = parseAmount(given, 'milliseconds', where);
		return ({ wallTime, usage }) => {
			if (wallTime === null) return [uncounted(where, 'wall', comparison.text, usage)];
			return compared(where, 'wall', comparison, wallTime, 'milliseconds');
		};
	},
	files: {
		what: 'an object of paths and what is in them',
		parse(path, given, where, attempt) {
			const { exists = true, ...tests } = isObject(given) ? given : { exists: true };
			if (typeof exists !== 'boolean') throw invalidOption(`${where}/exists`, 'must be true or false');
			const checks = parseText(isObject(given) ? tests : given, where, attempt);
			return (_, files) => {
				const found = Object.hasOwn(files, path) ? files[path] : undefined;
				const is = found === undefined ? 'no file' : 'not' in found ? found.not : 'a file';
				const wanted = exists ? 'a file' : 'no file';
				if (is !== wanted) return [failure(where, path, wanted, is)];
				return found === undefined ? [] : textFailures(checks, where, path, found as Kept);
			};
		},
	},
};

function output(name: 'stdout' | 'stderr') {
	return (given: unknown, where: string, attempt: Attempt): Check => {
		const checks = parseText(given, where, attempt);
		return (result) => {
			const kept = { text: result[name], ...result.written[name], more: 'raise the option maxOutput' };
			return textFailures(checks, where, name, kept);
		};
	};
}

const outcomes: readonly Outcome[] = ['passed', 'failed', 'signaled', 'timed-out'];

/** No limit at all; not that of a cgroup above either. What a program does in cgroups of its own making is its own doing. */
function noHits(where: string): Check {
	return ({ verdict }) =>
		verdict.causes
			.filter(({ level }) => level !== 'below')
			.map(({ limit, sentence }) => failure(where, 'hits', 'none', `${limit}: ${sentence.replace(/\.$/, '')}`));
}

function errorCode(given: unknown, where: string): void {
	const codes = Object.keys(errorCodes);
	if (!codes.includes(String(given))) unknown(where, String(given), codes, 'no code of an error');
}

function errorFailures(expected: string | undefined, came: Came): Failure[] {
	const found = came instanceof ProcreadyError ? `${came.code}: ${came.message}` : 'it ran';
	if (came instanceof ProcreadyError && came.code === expected) return [];
	return [failure('/error', 'error', expected ?? 'none', found)];
}

function reasonOf({ causes, sentence }: Observed['verdict']): string {
	return (causes.find(({ fatal }) => fatal)?.sentence ?? sentence).replace(/\.$/, '');
}

function textFailures(checks: TextCheck[], where: string, what: string, text: Kept): Failure[] {
	return checks.flatMap((one) => {
		const failed = one(text);
		return failed ? [{ where, what, ...failed, sentence: `${what} ${failed.sentence}` }] : [];
	});
}

function compared(
	where: string,
	what: string,
	{ text, holds }: ReturnType<typeof parseAmount>,
	value: number,
	unit: Unit,
): Failure[] {
	return holds(value) ? [] : [failure(where, what, text, shown(value, unit))];
}

function uncounted(where: string, what: string, expected: string, usage: Observed['usage']): Failure {
	const found = usage === null ? 'not known, as no program ran' : 'not counted';
	const said = usage === null ? found : `${found} on this host`;
	return { where, what, expected, found, sentence: `${what} is ${said}, and ${expected} was expected.` };
}

function failure(where: string, what: string, expected: string, found: string): Failure {
	return { where, what, expected, found, sentence: `${what} was ${found}, and ${expected} was expected.` };
}

function unknown(where: string, written: string, names: readonly string[], what: string): never {
	const hint = didYouMean(written, names) || `: there are ${names.join(', ')}`;
	throw invalidOption(where, `${JSON.stringify(written)} is ${what}${hint}`);
}

function wrong(where: string, what: string): never {
	throw invalidOption(where, `must be ${what}`);
}
