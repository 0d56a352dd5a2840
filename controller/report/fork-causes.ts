/** Forks that were refused by their number, in the words of a verdict: not to be taken for those of pids.max. */
import type { Forks } from '../model/messages.js';
import type { Cause } from './cause.js';

export function forkCauses({ attempted, refused }: Forks = { attempted: 0, refused: [] }): Cause[] {
	if (refused.length === 0) return [];
	const numbers = refused.toSorted((a, b) => a - b);
	const [last, ...others] = numbers.toReversed();
	const which = others.length > 0 ? `Forks ${others.toReversed().join(', ')} and ${last} were` : `Fork ${last} was`;
	return [
		{
			limit: 'forks',
			level: 'self',
			value: numbers.join(),
			hits: numbers.length,
			evidence: `the seccomp listener of the shim: ${numbers.length} of ${attempted} answered EAGAIN`,
			fatal: false,
			sentence: `${which} refused as asked.`,
		},
	];
}
