/** The flags of what is made to fail, as options of the library. */

import { ProcreadyError } from '../errors.js';
import { didYouMean } from '../model/closest.js';
import { defined, maybe } from '../model/defined.js';
import type { Flag } from '../model/flag.js';
import { limitName, limits } from '../model/limits.js';
import { parseSignal } from '../model/numbers.js';
import type { Options } from '../model/options.js';
import type { ScheduledStep, TellingLimit } from '../model/schedule.js';
import { tellingLimits } from '../model/schedule.js';
import { parseDuration, parseTimeLimit } from '../model/units.js';
import { checkLimitName, limitNamed } from '../plan/limit-named.js';
import { scheduleOf } from '../plan/schedule.js';
import { integer, invalidFlag, type Values } from './arguments.js';
import { optionsIn, pairWords, timeText } from './convert.js';

/** What is made to fail. */
export const faultFlags = {
	'refuse-fork': {
		type: 'string',
		multiple: true,
		value: 'K[,K…]',
		help: 'the K-th fork fails; threads count as forks',
		text: 'the K-th fork of the command and its descendants fails with EAGAIN, the others do not; threads count',
		option: 'refuseForks',
		parse: forkNumbers,
		print: (numbers: number[]) => (numbers.length > 0 ? [numbers.join()] : undefined),
	},
	'each-fork': {
		type: 'boolean',
		help: 'run once for every fork, which then fails, and say how each run ended',
		text: 'run the command once, and then once for every fork it made, with that one refused; say how each run ended',
	},
	at: {
		type: 'string',
		multiple: true,
		value: 'T:WHAT',
		help: 'after T do WHAT: FILE=VALUE of a limit, freeze=TIME or a signal',
		text: 'T seconds (or `200ms`) after the start do WHAT: another limit, `memory.max=16M`; `freeze=100ms`; a signal, `SIGTERM`',
		option: 'schedule',
		parse: (given: string[]) => given.map((one) => checked('--at', stepAt(one))),
		print: (steps: ScheduledStep[]) => steps.filter(({ on }) => on === undefined).flatMap(stepWords),
	},
	on: {
		type: 'string',
		multiple: true,
		value: 'LIMIT[@N]:WHAT',
		help: 'the same when LIMIT is hit (the N-th time): pids.max:pids.max=8',
		text: 'the same when LIMIT (`pids.max`, `memory.high`, `memory.max`, `memory.swap.max`) is hit, or is hit the N-th time',
		option: 'schedule',
		parse: (given: string[]) => given.map((one) => checked('--on', stepOn(one))),
		print: (steps: ScheduledStep[]) => steps.filter(({ on }) => on !== undefined).flatMap(stepWords),
	},
} as const satisfies Record<string, Flag>;

export type FaultValues = Values<typeof faultFlags>;

export function faultOptionsOf(values: FaultValues): Pick<Options, 'refuseForks' | 'schedule'> {
	return optionsIn(faultFlags, values);
}

function forkNumbers(given: string[]): number[] {
	const numbers = given.flatMap((list) => list.split(',')).map((number) => integer('--refuse-fork', number));
	for (const number of numbers)
		if (number < 1) throw invalidFlag('--refuse-fork', `${number} is not the number of a fork: the first is 1`);
	return [...new Set(numbers)];
}

/** An error names the flag, which the library does not see. */
function checked(flag: string, step: ScheduledStep): ScheduledStep {
	try {
		scheduleOf([step]);
		return step;
	} catch (error) {
		if (!(error instanceof ProcreadyError)) throw error;
		throw invalidFlag(flag, error.message.replace(/^[^\s:]*: /, ''), error);
	}
}

function stepAt(given: string): ScheduledStep {
	const [time, what] = halves('--at', given, 'T:WHAT, such as 200ms:memory.max=16M');
	const at = parseTimeLimit(time, '--at', 's');
	return { at, ...actOf('--at', what) };
}

function stepOn(given: string): ScheduledStep {
	const [when, what] = halves('--on', given, 'LIMIT:WHAT, such as pids.max:pids.max=8');
	const [name = '', hits, ...rest] = when.split('@');
	const on = limitName(name);
	if (!tellingLimits.includes(on as TellingLimit) || rest.length > 0)
		throw invalidFlag(
			'--on',
			`${JSON.stringify(when)} is none of ${tellingLimits.join(', ')}, with @N where not the first time is meant${didYouMean(on, tellingLimits)}`,
		);
	const number = maybe(hits, (text) => integer('--on', text));
	if (number !== undefined && number < 1) throw invalidFlag('--on', `@${hits}: the first time is 1`);
	return defined({ on: on as TellingLimit, hits: number, ...actOf('--on', what) });
}

function halves(flag: string, given: string, form: string): [string, string] {
	const colon = given.indexOf(':');
	if (colon < 1 || colon === given.length - 1)
		throw invalidFlag(flag, `${JSON.stringify(given)} is not of the form ${form}`);
	return [given.slice(0, colon), given.slice(colon + 1)];
}

function actOf(flag: string, what: string): Pick<ScheduledStep, 'set' | 'signal' | 'freeze'> {
	const [, name, value = ''] = /^([^=]+)=(.+)$/s.exec(what) ?? [];
	if (name === 'freeze') return { freeze: parseDuration(value, flag, 's') };
	if (name !== undefined) {
		checkLimitName(name, flag, ['freeze']);
		return { set: limitNamed(limitName(name), value, flag) };
	}
	if (/^(SIG)?[A-Z]+\d?$/.test(what)) return { signal: parseSignal(what, flag) };
	throw invalidFlag(
		flag,
		`${JSON.stringify(what)} is not of the form FILE=VALUE or freeze=TIME, nor the name of a signal`,
	);
}

/** A word for each thing that is done then. */
function stepWords({ at, on, hits, set = {}, signal, freeze }: ScheduledStep): string[] {
	const named = Object.entries(set).flatMap(([option, value]) => {
		const row = limits.find((one) => 'option' in one && one.option === option);
		return typeof value === 'object' ? pairWords(value) : [`${row?.name ?? option}=${value === true ? 1 : value}`];
	});
	const acts = [...named, ...(signal ? [signal] : []), ...(freeze === undefined ? [] : [`freeze=${timeText(freeze)}`])];
	const when = on === undefined ? (at ? timeText(at) : '0') : `${on}${hits === undefined ? '' : `@${hits}`}`;
	return acts.map((act) => `${when}:${act}`);
}
