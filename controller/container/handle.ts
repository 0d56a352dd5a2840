/** What can be done with a container that runs, by whichever process it was started. */

import { countNow } from '../cgroup/account.js';
import { isRunning } from '../host/processes.js';
import type { ContainerFacts, NamedFacts } from '../model/container-facts.js';
import { type Counters, since } from '../model/counters.js';
import type { Changes } from './changes.js';
import { changesOf } from './state.js';

export interface Handle {
	readonly facts: ContainerFacts;
	readonly changes: Changes;
	/** What was counted since procReady; when it has ended, until then. */
	counters(): Counters;
	isRunning(): boolean;
	/** Resolves when the program has ended. Absent where nobody tells, so that it has to be looked for. */
	readonly ended?: Promise<void>;
}

/**
 * Of a container that another process may have started. Its peaks are those since its cgroup was made: only who has reset
 * them knows the others (memory.peak of v2).
 */
export function handleOf(facts: NamedFacts): Handle {
	const { name, baseline, directories, spare, limits } = facts;
	const isMetered = limits.some(({ limit }) => limit === 'cpu.time');
	return {
		facts,
		changes: changesOf(name),
		counters: () => {
			const counters = since(baseline, countNow([...directories, ...spare]));
			return isMetered ? withoutThrottling(counters) : counters;
		},
		isRunning: () => isRunning(facts),
	};
}

/** Near the end of its processor time a container is slowed down; only who does that knows what of it was the caller's cpu.max. */
function withoutThrottling({ cpu, ...others }: Counters): Counters {
	return { ...others, cpu: { ...cpu, periods: null, throttledPeriods: null, throttled: null } };
}
