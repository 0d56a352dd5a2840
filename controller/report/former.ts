/** Limits that were changed while the program ran: each is judged by what was counted while it was in force. */

import type { AppliedLimit } from '../model/applied-limit.js';
import { type Change, inForce } from '../model/change.js';
import type { Counters } from '../model/counters.js';
import { since } from '../model/counters.js';
import { countedOf, type Usage } from './usage.js';

/** A limit, until it was changed. */
export interface FormerLimit {
	limit: AppliedLimit;
	/** Milliseconds after the start. */
	until: number;
	/** What it was changed to. */
	next: string;
	/** What was counted while it was in force. */
	usage: Omit<Usage, 'rusage'>;
}

export function formerLimits(launched: readonly AppliedLimit[], changes: readonly Change[]): FormerLimit[] {
	const began = new Map<string, Counters>();
	return changes.flatMap(({ wallTime, limits, counters }, index) => {
		const before = inForce(launched, changes.slice(0, index));
		return limits.flatMap(({ limit: name, value }) => {
			const limit = before.find((one) => one.limit === name);
			if (limit?.value === value) return []; // nothing has changed
			const from = began.get(name);
			began.set(name, counters);
			if (!limit) return [];
			return [{ limit, until: wallTime, next: value, usage: countedOf(from ? since(from, counters) : counters) }];
		});
	});
}

/** What the limits are judged by. */
const judged: Record<string, (usage: Usage, former: FormerLimit['usage']) => Partial<Usage>> = {
	'pids.max': ({ tasks }, former) => ({ tasks: less(tasks, former.tasks, ['refused']) }),
	'memory.max': ({ memory }, former) => ({
		memory: less(memory, former.memory, ['limitHits', 'oom', 'oomKills', 'groupKills']),
	}),
	'memory.high': ({ memory }, former) => ({ memory: less(memory, former.memory, ['highHits']) }),
	'memory.swap.max': ({ memory }, former) => ({ memory: less(memory, former.memory, ['swapHits']) }),
	'cpu.max': ({ cpu }, former) => ({ cpu: less(cpu, former.cpu, ['periods', 'throttledPeriods', 'throttled']) }),
};

/** Without what a former limit has been found to be the cause of. */
export function without(usage: Usage, { limit, usage: former }: FormerLimit): Usage {
	return { ...usage, ...judged[limit.limit]?.(usage, former) };
}

function less<T extends Record<string, number | null>>(now: T, before: T, names: (keyof T)[]): T {
	const values = names.map((name) => {
		const [all, some] = [now[name], before[name]];
		return [name, typeof all === 'number' && typeof some === 'number' ? all - some : all];
	});
	return { ...now, ...Object.fromEntries(values) };
}
