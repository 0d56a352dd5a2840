/** A command under each of some values of a limit: how long it takes, what it uses, how it ends. */
import type { Options } from '../../model/options.js';
import type { Expectations } from '../expect/expectations.js';
import { median } from '../median.js';
import { judgeOf } from '../search/passes.js';
import { mustBeCount } from '../search/search.js';
import type { ServiceProgram } from '../service/program.js';
import type { Shard } from '../shards/shard.js';
import { rangeOf, type Stepping, unitOf } from './values.js';

/** The options of each run, and: */
export interface SweepOptions extends Omit<Options, 'stdin' | 'stdout' | 'stderr'>, Stepping {
	/** What it means to pass. Default: exit status 0. */
	expect?: Expectations;
	/** Runs with each value, 1 to 1000; figures are the medians. Default: 1. */
	repeat?: number;
	/** Only some of the values: every `count`th, from the `index`th on, since what is slow is often at one end. Default: all. */
	shard?: Shard;
}

/** Times are milliseconds, sizes bytes; `null`: not counted here, or it could not be started. */
export interface Point {
	limit: string;
	value: string;
	/** The same for people, in one unit for all points of a sweep. */
	words: string;
	runs: number;
	passed: number;
	wallTime: number | null;
	memoryPeak: number | null;
	tasksPeak: number | null;
	cpuTime: number | null;
	/** Of cpu.max: for how long it was throttled. */
	throttled: number | null;
	/** Of the first run that did not pass: why. */
	reason?: string;
	/** Of merged shards: the host that it was measured on. */
	host?: string;
}

/** `range` is `cpu.max=0.1..2` or `pids.max=1,2,4,8`. Throws `option-invalid`, and as `run` does. */
export async function* sweep(
	range: string,
	program: readonly string[] | ServiceProgram,
	options: SweepOptions = {},
): AsyncGenerator<Point, void, undefined> {
	const { expect, repeat = 1, steps, step, shard = { index: 1, count: 1 }, ...base } = options;
	const { limit, values } = rangeOf(range, {
		...(steps === undefined ? {} : { steps }),
		...(step === undefined ? {} : { step }),
	});
	mustBeCount(repeat);
	const judge = judgeOf(expect);
	const stdio = { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' } as const;
	const like = unitOf(limit, values);
	for (const value of values.filter((_, position) => position % shard.count === shard.index - 1)) {
		const trials = [];
		for (let i = 0; i < repeat; i++) trials.push(await judge(program, { ...limit.options(base, value), ...stdio }));
		const results = trials.map(({ result }) => result);
		const failed = trials.find(({ passed }) => !passed);
		yield {
			limit: limit.name,
			value: limit.text(value),
			words: limit.words(value, like),
			runs: trials.length,
			passed: trials.filter(({ passed }) => passed).length,
			wallTime: median(results.map((one) => one?.wallTime)),
			memoryPeak: median(results.map((one) => one?.usage.memory.peak)),
			tasksPeak: median(results.map((one) => one?.usage.tasks.peak)),
			cpuTime: median(results.map((one) => one?.usage.cpu.total)),
			throttled: median(results.map((one) => one?.usage.cpu.throttled)),
			...(failed?.reason ? { reason: failed.reason } : {}),
		};
	}
}
