/** The flags of what is made to fail, as options of the library. */

import { defined, maybe, nonEmpty } from '../model/defined.js';
import type { Options } from '../model/options.js';
import type { ScheduledStep, TellingLimit } from '../model/schedule.js';
import { tellingLimits } from '../model/schedule.js';
import { parseDuration } from '../model/units.js';
import { limitNamed } from '../plan/limit-named.js';
import { integer, invalidFlag, type Values } from './arguments.js';
import type { faultFlags } from './flags.js';

export type FaultValues = Values<typeof faultFlags>;

export function faultOptionsOf(values: FaultValues): Pick<Options, 'refuseForks' | 'schedule'> {
	return defined({
		refuseForks: maybe(values['refuse-fork'], forkNumbers),
		schedule: nonEmpty([...(values.at ?? []).map(stepAt), ...(values.on ?? []).map(stepOn)]),
	});
}

function forkNumbers(given: string[]): number[] {
	const numbers = given.flatMap((list) => list.split(',')).map((number) => integer('--refuse-fork', number));
	for (const number of numbers)
		if (number < 1) throw invalidFlag('--refuse-fork', `${number} is not the number of a fork: the first is 1`);
	return [...new Set(numbers)];
}

function stepAt(given: string): ScheduledStep {
	const [time, what] = halves('--at', given, 'T:WHAT, such as 200ms:memory.max=16M');
	const at = /^0+$/.test(time) ? 0 : parseDuration(time, '--at', 's');
	return { at, ...actOf('--at', what) };
}

function stepOn(given: string): ScheduledStep {
	const [when, what] = halves('--on', given, 'LIMIT:WHAT, such as pids.max:pids.max=8');
	const [on = '', hits, ...rest] = when.split('@');
	if (!tellingLimits.includes(on as TellingLimit) || rest.length > 0)
		throw invalidFlag(
			'--on',
			`${JSON.stringify(when)} is none of ${tellingLimits.join(', ')}, with @N where not the first time is meant`,
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
	if (name !== undefined) return { set: limitNamed(name, value, flag) };
	if (/^SIG[A-Z0-9]+$/.test(what)) return { signal: what as NodeJS.Signals };
	throw invalidFlag(
		flag,
		`${JSON.stringify(what)} is not of the form FILE=VALUE or freeze=TIME, nor the name of a signal`,
	);
}
