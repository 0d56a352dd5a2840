/** What is done to a container while its program runs, and when: as people write it, and as the plan has it. */

import type { Limits } from './limit-options.js';

/** Limits whose hits the kernel counts while the program runs: those that `container.events()` tells of. */
export const tellingLimits = ['pids.max', 'memory.high', 'memory.max', 'memory.swap.max'] as const;

export type TellingLimit = (typeof tellingLimits)[number];

/** At a time or on a limit, one of the two; and what is done: other limits, then a signal, then a pause. */
export interface ScheduledStep {
	/** Since the program was started: milliseconds, or a string such as `'200ms'`. */
	at?: number | string;
	/** When this limit is hit; by the name of its file or of its option. */
	on?: TellingLimit | 'pids' | 'memoryHigh' | 'memory' | 'swap';
	/** With `on`: when it has been hit so often. Default: 1. */
	hits?: number;
	/** As `container.update()` takes them: what is not named stays. */
	set?: Limits;
	/** As `container.kill()` sends it. */
	signal?: NodeJS.Signals;
	/** Stops all that runs for so long: milliseconds, or a string such as `'100ms'`. */
	freeze?: number | string;
}

/** With times in milliseconds. */
export interface PlannedStep {
	at?: number;
	on?: TellingLimit;
	hits?: number;
	set?: Limits;
	signal?: NodeJS.Signals;
	freeze?: number;
}

/** What became of one part of a step. */
export interface Done {
	/** Milliseconds from the moment the limits were in force; `null`: the program ended before. */
	time: number | null;
	/** Why then: `at 200 ms`, `on pids.max`. */
	when: string;
	/** Such as `memory.max=16777216`, as the kernel took it, `SIGTERM` or `freeze 100 ms`. */
	did: string;
	/** Why it was not done. */
	error?: string;
}
