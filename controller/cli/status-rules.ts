/** `--fail-on` and `--exit-status`: the exit status of a run by the limits that it hit, for whoever decides by number alone. */
import { integer, invalidFlag, pairs, type Values } from '../flags/arguments.js';
import type { statusFlags } from '../flags/flags.js';
import { didYouMean } from '../model/closest.js';
import { limits } from '../model/limits.js';
import { rlimitTypes } from '../plan/rlimits.js';
import type { Cause } from '../report/cause.js';
import { isAmong, isNamed, namedLimits, namesOf } from '../report/named.js';
import type { Result } from '../report/result.js';
import { statusOfRun } from './status.js';

type StatusValues = Values<typeof statusFlags>;

export interface StatusRules {
	/** Names of limits, and `any`. */
	failOn: readonly string[];
	/** The exit status by the name of a limit, or `any`. */
	statuses: ReadonlyMap<string, number>;
}

/** Where one that passed has hit a limit of `--fail-on`. */
const limitHit = 123;

/** Statuses that say that procready failed, or that the command was not executed. */
const taken = [125, 126, 127];

const any = 'any';

/** Throws `option-invalid` for what is not the name of a limit whose hits a verdict has. */
export function statusRulesOf({ 'fail-on': failOn = [], 'exit-status': given = [] }: StatusValues): StatusRules {
	const names = failOn.flatMap((list) => list.split(/\s*,\s*/)).flatMap(namesOf);
	for (const name of names) checkName('--fail-on', name);
	const statuses = Object.entries(pairs('--exit-status', given, true)).flatMap(([written, status]) =>
		namesOf(written).map((name): [string, number] => {
			checkName('--exit-status', name);
			return [name, statusIn(status)];
		}),
	);
	return { failOn: names, statuses: new Map(statuses) };
}

function checkName(flag: string, name: string): void {
	if (name === any || isNamed(name)) return;
	const unseen = [...limits.map(({ name }) => name), ...rlimitTypes, 'devices'];
	if (isAmong(name, unseen))
		throw invalidFlag(flag, `${name}: the kernel does not show when this limit is hit, so no verdict names it`);
	const known = [...namedLimits, any];
	throw invalidFlag(
		flag,
		`${JSON.stringify(name)} is not a limit that a verdict names${didYouMean(name, known) || `: there are ${known.join(', ')}`}`,
	);
}

function statusIn(given: string): number {
	const status = integer('--exit-status', given);
	if (status < 0 || status > 255) throw invalidFlag('--exit-status', `${given} is not a number from 0 to 255`);
	if (taken.includes(status))
		throw invalidFlag('--exit-status', `${given} says that procready failed, or that the command was not executed`);
	return status;
}

/**
 * The exit status, and where it is not the usual one the reason for people. `received` is the signal that the caller has
 * sent, if any.
 */
export function statusByRules(
	result: Result,
	{ failOn, statuses }: StatusRules,
	received: NodeJS.Signals | undefined,
): { status: number; reason?: string } {
	const usual = statusOfRun(result);
	const causes = inOrder(result.verdict.causes.filter(isOfThisRun));
	const passed = result.verdict.outcome === 'passed';
	const blamed = passed ? causes.filter(({ limit }) => isIn(failOn, limit)) : causesOfFailure(causes, received);
	const ruled = blamed.find(({ limit }) => isIn([...statuses.keys()], limit));
	if (ruled) {
		const status = (statuses.get(ruled.limit) ?? statuses.get(any)) as number;
		const end = ruled.fatal ? 'ended it' : 'was hit';
		return { status, reason: `exit status ${status}: ${ruled.limit} ${end} (--exit-status)` };
	}
	const [offending] = blamed;
	if (!passed || !offending) return { status: usual };
	return { status: limitHit, reason: `exit status ${limitHit}: ${offending.limit} was hit (--fail-on)` };
}

const isIn = (names: readonly string[], limit: string) => names.includes(limit) || names.includes(any);

/** Not a limit above that others may have hit, nor one that the program has set below; but whichever has ended it. */
function isOfThisRun({ level, fatal }: Cause): boolean {
	return fatal !== false || (level !== 'ancestor' && level !== 'below');
}

/** What ended it first, then what may have. */
function inOrder(causes: readonly Cause[]): Cause[] {
	const of = (wanted: Cause['fatal']) => causes.filter(({ fatal }) => fatal === wanted);
	return [...of(true), ...of(null), ...of(false)];
}

/**
 * Of one that did not pass: what ended it; else what was hit and may have made it fail. Memory that could always be reclaimed
 * has not, and who ends after a signal of the caller's has not ended for a limit that it hit before.
 */
function causesOfFailure(causes: readonly Cause[], received: NodeJS.Signals | undefined): readonly Cause[] {
	const ending = causes.filter(({ fatal }) => fatal);
	if (ending.length > 0 || received !== undefined) return ending;
	return causes.filter(({ limit, victims }) => limit !== 'memory.max' || victims !== undefined);
}
