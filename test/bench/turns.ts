/** Contestants that take turns, so that what disturbs the host disturbs them alike; and the table of their times. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, problemOf } from './bench.js';
import { median, quantile, spread } from './statistics.js';
import { ratio, type Table } from './table.js';

/** Runs of one contestant before the next one has its turn; the first of a block is not counted. */
export const block = 10;

export interface Contestant {
	name: string;
	/** Column of the ratios to this one. */
	reference?: string;
	/** Why it cannot run here. */
	problem?: string | undefined;
	runs: number;
	/** Milliseconds of each of so many runs. */
	measure(runs: number): Promise<number[]>;
}

export type Times = Map<Contestant, number[]>;

export async function takeTurns(contestants: Contestant[], { runs, signal }: Bench): Promise<Times> {
	const times: Times = new Map(contestants.map((contestant) => [contestant, []]));
	const rounds = Math.ceil(runs / block);
	for (let round = 1; round <= rounds; round++)
		for (const [contestant, measured] of times) {
			const due = Math.round((contestant.runs * round) / rounds) - measured.length;
			if (contestant.problem || due === 0) continue;
			signal.throwIfAborted();
			try {
				measured.push(...(await contestant.measure(due + 1)).slice(1));
			} catch (error) {
				contestant.problem = problemOf(error, signal);
			}
		}
	return times;
}

/** Times each run, which must end with 0, with a pause in milliseconds before it. */
export function each(once: () => Promise<unknown>, pause = 0): Contestant['measure'] {
	return async (runs) => {
		const times: number[] = [];
		for (let left = runs; left > 0; left--) {
			if (pause > 0) await sleep(pause);
			const before = performance.now();
			const status = await once();
			times.push(performance.now() - before);
			if (status !== 0) throw new Error(`a run ended with ${status} instead of 0`);
		}
		return times;
	};
}

export function timesTable(title: string, times: Times, notes: string[]): Table {
	const references = [...times].filter(([{ reference }]) => reference);
	const fixed = (values: number[], share: number) => quantile(values, share).toFixed(2);
	return {
		title,
		columns: ['runs', 'p50', 'p99', 'p25 - p75', ...references.map(([{ reference }]) => `/ ${reference}`)],
		rows: [...times].map(([{ name, problem }, values]) => ({
			name,
			cells: problem ?? [
				String(values.length),
				fixed(values, 0.5),
				fixed(values, 0.99),
				spread(values),
				...references.map(([, of]) => ratio(median(values), of.length > 0 ? median(of) : undefined)),
			],
		})),
		notes: [
			`milliseconds; ratios are of p50. Interleaved in blocks of ${block}, the first run of a block not counted;`,
			'those with fewer runs are slow',
			...notes,
		],
		data: [...times].map(([{ name, problem }, milliseconds]) => ({ name, problem, milliseconds })),
	};
}
