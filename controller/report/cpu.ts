/** Periods in which a quota of processor time was used up: the container's, or that of a cgroup below or above. */

import type { OtherLimit } from '../model/applied-limit.js';
import { type Cause, type InForce, limitOf, nameOf } from './cause.js';
import type { Usage } from './usage.js';
import { count, duration } from './words.js';

export function cpuCauses(inForce: InForce, { cpu }: Usage): Cause[] {
	const causes: Cause[] = [];
	const value = limitOf(inForce, 'cpu.max');
	if (value !== undefined && cpu.throttledPeriods)
		causes.push({
			limit: 'cpu.max',
			level: 'self',
			value,
			hits: cpu.throttledPeriods,
			evidence: `cpu.stat nr_throttled ${cpu.throttledPeriods}`,
			fatal: false,
			sentence:
				`The limit of ${processors(value)} was hit: throttled in ${cpu.throttledPeriods} of ` +
				`${count(cpu.periods ?? 0, 'period')}, for ${duration(cpu.throttled ?? 0)} in all.`,
		});
	const others = (['below', 'ancestor'] as const).flatMap((level) =>
		inForce[level === 'below' ? 'below' : 'ancestors']
			.filter(({ limit, hits }) => limit === 'cpu.max' && hits)
			.map((one) => throttledElsewhere(level, one)),
	);
	return [...causes, ...others];
}

function throttledElsewhere(level: 'below' | 'ancestor', { path, value, hits, counter }: OtherLimit): Cause {
	return {
		...{ limit: 'cpu.max', level, path, value, hits: hits ?? 0, evidence: `${counter} +${hits}`, fatal: false },
		sentence: `The limit of ${processors(value)} of ${nameOf(level, path)} was hit: all in it was throttled in ${count(hits ?? 0, 'period')}.`,
	};
}

function processors(value: string): string {
	const [quota = 0, period = 1] = value.split(' ').map(Number);
	return count(quota / period, 'processor');
}
