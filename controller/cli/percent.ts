/** `20%` or `0.2`, as a fraction. */
import { invalidFlag } from '../flags/arguments.js';

export function percent(flag: string, given: string): number {
	const [, number, sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(given) ?? [];
	if (number === undefined) throw invalidFlag(flag, `${JSON.stringify(given)} is not of the form 20% or 0.2`);
	return sign ? Number(number) / 100 : Number(number);
}
