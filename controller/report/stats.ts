/** What a container that runs uses, at one moment. */
import type { AppliedLimit } from '../model/applied-limit.js';
import type { Count, Counters } from '../model/counters.js';
import { countedOf, type Usage } from './usage.js';

/** Times are milliseconds, sizes bytes; what is counted is so since procReady, as in the result. */
export interface Stats extends Omit<Usage, 'rusage'> {
	/** Since the epoch. */
	time: number;
	/** Since the limits are in force. */
	wallTime: number;
	paused: boolean;
	/** `current` is how many there are now. pids.current. */
	tasks: Usage['tasks'] & { current: Count };
	/** `swap` is how much is in use now. memory.swap.current. */
	memory: Usage['memory'] & { swap: Count };
	/** In force. */
	limits: readonly AppliedLimit[];
}

type Moment = Pick<Stats, 'wallTime' | 'paused' | 'limits'>;

export function statsOf(counters: Counters, { wallTime, paused, limits }: Moment): Stats {
	const { tasks, memory, ...rest } = countedOf(counters);
	return {
		time: Date.now(),
		wallTime,
		paused,
		tasks: { current: counters.tasks.current, ...tasks },
		memory: { ...memory, swap: counters.memory.swap },
		...rest,
		limits,
	};
}

/** Processors in use since the sample before, or since the start; `null` where they are not counted. */
export function processorsSince(before: Stats | undefined, { cpu, wallTime }: Stats): Count {
	if (cpu.total === null) return null;
	const time = wallTime - (before?.wallTime ?? 0);
	return time > 0 ? (cpu.total - (before?.cpu.total ?? 0)) / time : 0;
}
