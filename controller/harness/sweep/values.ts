/** What is written for a sweep: a list, or a range with steps of equal size or ratio. */
import { invalidOption } from '../../errors.js';
import { type OrderedLimit, orderedLimit } from '../search/ordered.js';

export interface Range {
	limit: OrderedLimit;
	/** In steps of the limit, in the order in which they are run. */
	values: number[];
}

export interface Stepping {
	/** How many values a range has, its ends included: 2 to 1000. Default: 10. */
	steps?: number;
	/** The size of a step instead. */
	step?: string;
}

/** `cpu.max=0.1..2`, `pids.max=1,2,4,8`. Sizes have steps of equal ratio, all others of equal size. Throws `option-invalid`. */
export function rangeOf(written: string, { steps, step }: Stepping = {}): Range {
	const [, name, text] = /^([^=]+)=(.+)$/.exec(written) ?? [];
	if (name === undefined || text === undefined)
		throw invalidOption('range', `${JSON.stringify(written)} is not of the form LIMIT=FROM..TO or LIMIT=A,B,C`);
	const limit = orderedLimit(name, 'range');
	const [from, to, ...more] = text.split('..');
	if (to === undefined) {
		if (steps !== undefined || step !== undefined) throw invalidOption('range', 'a list has no steps of its own');
		return { limit, values: text.split(',').map((one) => limit.parse(one, 'range')) };
	}
	const [first, last] = [limit.parse(from as string, 'range'), limit.parse(to, 'range')];
	if (more.length > 0 || last <= first)
		throw invalidOption('range', `${text} does not go up from one value to another`);
	return { limit, values: valuesBetween(limit, first, last, { steps, step }) };
}

/**
 * What `words` of the limit takes as `like`, so that all the values have one unit: the largest in which none is less than 1, or
 * where two of them would look the same, the smallest there is.
 */
export function unitOf(limit: OrderedLimit, values: readonly number[]): number {
	const least = Math.min(...values.filter((value) => value > 0));
	if (least === Number.POSITIVE_INFINITY) return 1;
	const told = new Set(values.map((value) => limit.words(value, least)));
	return told.size === new Set(values).size ? least : 1;
}

function valuesBetween(
	limit: OrderedLimit,
	first: number,
	last: number,
	stepping: { steps: number | undefined; step: string | undefined },
): number[] {
	const { steps = 10, step } = stepping;
	if (stepping.steps !== undefined && step !== undefined)
		throw invalidOption('step', 'is given beside the number of steps: one of the two decides');
	if (!Number.isInteger(steps) || steps < 2 || steps > 1000)
		throw invalidOption('steps', `${steps} is not a number from 2 to 1000`);
	const size = step === undefined ? undefined : stepSize(limit, step);
	const count = size === undefined ? steps : Math.floor((last - first) / size) + 1;
	if (count > 1000) throw invalidOption('step', `${step} is too small: that would be ${count} values`);
	const at = (index: number) => {
		if (size !== undefined) return first + index * size;
		const part = index / (count - 1);
		return limit.logarithmic ? first * (last / first) ** part : first + (last - first) * part;
	};
	const values = Array.from({ length: count }, (_, index) => Math.round(at(index)));
	if (values.at(-1) !== last) values.push(last);
	return [...new Set(values)];
}

function stepSize(limit: OrderedLimit, step: string): number {
	const size = { ...limit, least: 1 }.parse(step, 'step');
	return Math.max(1, size);
}
