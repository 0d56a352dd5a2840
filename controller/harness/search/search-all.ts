/** A set of limits that is enough: each is searched alone, and all are verified together. */
import type { Options } from '../../model/options.js';
import type { ServiceProgram } from '../service/program.js';
import { type OrderedLimit, orderedLimit } from './ordered.js';
import { type Found, type Prepared, prepare, type SearchOptions, searchWith } from './search.js';

export interface SearchAllOptions extends SearchOptions {
	/** What is added to each value, relative, 0 to 10. Default: 0. */
	headroom?: number;
}

export interface FoundAll {
	/** Each alone. */
	found: Found[];
	/** Together, with the head-room: they were verified. `null` where there are none. */
	set: LimitSet | null;
	/** What had to be added beyond the head-room, because together they were not enough; 0: nothing. */
	added: number;
	reason?: string;
}

/** As they are written in a flag. */
export type LimitSet = Record<(typeof setNames)[number], string>;

export const setNames = ['memory.max', 'pids.max', 'cpu.max', 'nofile'] as const;

/** Steps beyond the head-room, relative, that are tried when the limits together are not enough. */
const additions = [0, 0.05, 0.1, 0.2, 0.4, 0.8];

export async function searchAll(
	program: readonly string[] | ServiceProgram,
	options: SearchAllOptions = {},
): Promise<FoundAll> {
	const { headroom = 0, ...rest } = options;
	const prepared = await prepare(program, rest);
	const limits = setNames.map((name) => orderedLimit(name));
	const found: Found[] = [];
	for (const limit of limits) {
		const one = await searchWith(prepared, limit);
		found.push(one);
		if (one.value === null) return { found, set: null, added: 0, ...(one.reason ? { reason: one.reason } : {}) };
	}
	const values = found.map(({ value }, index) => Math.round(Number(value) / (limits[index] as OrderedLimit).step));
	let reason: string | undefined;
	for (const added of additions) {
		const steps = values.map((value, index) =>
			raised(limits[index] as OrderedLimit, value, (1 + headroom) * (1 + added)),
		);
		const set = Object.fromEntries(
			limits.map(({ name, text }, index) => [name, text(steps[index] as number)]),
		) as LimitSet;
		reason = await failureOf(prepared, limits, steps);
		if (reason === undefined) return { found, set, added };
	}
	return { found, set: null, added: 0, reason: `Together they are not enough: ${reason}` };
}

function raised({ most }: OrderedLimit, steps: number, factor: number): number {
	return Math.min(most, Math.ceil(steps * factor));
}

/** `undefined`: all runs passed. */
async function failureOf(prepared: Prepared, limits: OrderedLimit[], steps: number[]): Promise<string | undefined> {
	const { judge, base, repeat, tell } = prepared;
	const options = limits.reduce<Options>((all, limit, index) => limit.options(all, steps[index] as number), base);
	for (let i = 0; i < 2 * repeat; i++) {
		const { passed, reason } = await judge(options);
		tell('all together', null, limits.map(({ words }, index) => words(steps[index] as number)).join(', '), {
			passed,
			...(reason ? { reason } : {}),
		});
		if (!passed) return reason ?? 'it did not pass';
	}
	return undefined;
}
