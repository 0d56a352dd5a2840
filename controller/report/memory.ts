/** What was hit of memory: the container's own limits, those of the cgroups above, or all that the host has. */

import { type Cause, type Ended, type InForce, limitOf } from './cause.js';
import type { Usage } from './usage.js';
import { bytes, count } from './words.js';

export function memoryCauses(ended: Ended, inForce: InForce, { memory }: Usage): Cause[] {
	return [...maxCauses(ended, inForce, memory), ...highCauses(inForce, memory), ...swapCauses(inForce, memory)];
}

/**
 * Who killed: a kill in the container counts for it whoever's limit it was. Its own limit was the reason if it was
 * exceeded; else that of a cgroup above that was reached meanwhile; else the host was out of memory.
 */
function maxCauses(ended: Ended, inForce: InForce, memory: Usage['memory']): Cause[] {
	const kills = memory.oomKills ?? 0;
	const hits = memory.limitHits ?? 0;
	const value = limitOf(inForce, 'memory.max');
	const exceeded = value !== undefined && isExceeded(Number(value), memory);
	const fatal = kills > 0 && ended.signal === 'SIGKILL' && !ended.timedOut && !ended.killed;
	const causes: Cause[] = [];
	if (value !== undefined && (hits > 0 || (exceeded && kills > 0)))
		causes.push(own(value, exceeded ? kills : 0, hits, fatal && exceeded));
	if (kills === 0 || exceeded) return causes;
	const limits = inForce.ancestors.filter(({ limit }) => limit === 'memory.max');
	const above =
		limits.find(({ hits }) => hits) ?? limits.find(({ value, peak }) => isNear(Number(value), peak ?? null));
	return [...causes, above ? ancestor(above, kills, fatal) : host(kills, fatal)];
}

/** v1 has no count of it, and memory.failcnt not where memory and swap have one limit; but then the peak is at the limit. */
function isExceeded(value: number, { oom, limitHits, peak }: Usage['memory']): boolean {
	if (oom !== null) return oom > 0;
	return (limitHits ?? 0) > 0 || isNear(value, peak);
}

/** The kernel charges in steps, so that a limit is exceeded some pages below it. */
function isNear(value: number, peak: number | null): boolean {
	return peak !== null && peak >= value * 0.9;
}

function highCauses(inForce: InForce, { highHits }: Usage['memory']): Cause[] {
	const value = limitOf(inForce, 'memory.high');
	const above = inForce.ancestors.filter(({ limit, hits }) => limit === 'memory.high' && hits);
	return [
		...(value !== undefined && highHits ? [slowed(value, highHits)] : []),
		...above.map((one) => slowed(one.value, one.hits ?? 0, one)),
	];
}

function swapCauses(inForce: InForce, { swapHits }: Usage['memory']): Cause[] {
	const value = limitOf(inForce, 'memory.swap.max');
	return value !== undefined && value !== '0' && swapHits ? [swapFull(value, swapHits)] : [];
}

function killed(kills: number, fatal: boolean): string {
	return fatal ? 'the kernel killed the program' : `the kernel killed ${count(kills, 'process', 'processes')}`;
}

function own(value: string, kills: number, hits: number, fatal: boolean): Cause {
	const limit = `The memory limit of ${bytes(Number(value))}`;
	return {
		limit: 'memory.max',
		level: 'self',
		value,
		hits: Math.max(hits, kills),
		evidence: `oom_kill ${kills}, limit reached ${hits}`,
		fatal,
		sentence:
			kills > 0
				? `${limit} was exceeded, and ${killed(kills, fatal)}.`
				: `${limit} was reached ${count(hits, 'time')}, and each time memory could be reclaimed.`,
	};
}

function ancestor(
	{ path, value, hits, counter, peak }: InForce['ancestors'][number],
	kills: number,
	fatal: boolean,
): Cause {
	return {
		limit: 'memory.max',
		level: 'ancestor',
		value,
		hits: hits || kills,
		evidence: `oom_kill ${kills}, ${hits ? `${counter} +${hits}` : `peak of ${path} ${bytes(peak ?? 0)}`}`,
		fatal,
		sentence: `The memory limit of ${bytes(Number(value))} of ${path} was exceeded, and ${killed(kills, fatal)}.`,
	};
}

function host(kills: number, fatal: boolean): Cause {
	return {
		limit: 'memory',
		level: 'host',
		value: '',
		hits: kills,
		evidence: `oom_kill ${kills}, no limit reached`,
		fatal,
		sentence: `The host was out of memory, and ${killed(kills, fatal)}.`,
	};
}

function slowed(value: string, hits: number, above?: InForce['ancestors'][number]): Cause {
	const whose = above ? ` of ${above.path}` : '';
	return {
		limit: 'memory.high',
		level: above ? 'ancestor' : 'self',
		value,
		hits,
		evidence: above ? `${above.counter} +${hits}` : `memory.events high ${hits}`,
		fatal: false,
		sentence: `memory.high of ${bytes(Number(value))}${whose} was exceeded: slowed down and reclaimed ${count(hits, 'time')}.`,
	};
}

function swapFull(value: string, hits: number): Cause {
	return {
		limit: 'memory.swap.max',
		level: 'self',
		value,
		hits,
		evidence: `memory.swap.events max ${hits}`,
		fatal: false,
		sentence: `The swap limit of ${bytes(Number(value))} was reached ${count(hits, 'time')}.`,
	};
}
