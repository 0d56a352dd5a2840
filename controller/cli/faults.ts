/** The flags of what is made to fail, as options of the library. */
import { defined, maybe } from '../spec/defined.js';
import type { Options } from '../spec/options.js';
import { integer, invalidFlag, type Values } from './arguments.js';
import type { faultFlags } from './flags.js';

export type FaultValues = Values<typeof faultFlags>;

export function faultOptionsOf(values: FaultValues): Pick<Options, 'refuseForks'> {
	return defined({ refuseForks: maybe(values['refuse-fork'], forkNumbers) });
}

function forkNumbers(given: string[]): number[] {
	const numbers = given.flatMap((list) => list.split(',')).map((number) => integer('--refuse-fork', number));
	for (const number of numbers)
		if (number < 1) throw invalidFlag('--refuse-fork', `${number} is no number of a fork: the first is 1`);
	return [...new Set(numbers)];
}
