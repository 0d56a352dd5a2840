/** What was hit of memory: the container's own limits, those of the cgroups below and above, or all that the host has. */

import type { OtherLimit } from '../model/applied-limit.js';
import { type Cause, type Ended, type InForce, limitOf, nameOf } from './cause.js';
import { type Kills, killsBy } from './kills.js';
import { isNear, type Owner, ownOwner } from './owners.js';
import type { Usage } from './usage.js';
import { bytes, count } from './words.js';

export function memoryCauses(ended: Ended, inForce: InForce, usage: Usage): Cause[] {
	return [...maxCauses(ended, inForce, usage), ...highCauses(inForce, usage), ...swapCauses(inForce, usage)];
}

/** The limits that somebody was killed for, and the container's own also where memory could always be reclaimed. */
function maxCauses(ended: Ended, inForce: InForce, usage: Usage): Cause[] {
	const own = ownOwner(inForce, usage);
	const kills = killsBy(ended, inForce, usage, own);
	const causes = kills.map(killing);
	if (own && own.hits > 0 && !kills.some(({ owner }) => owner === own)) causes.unshift(reclaimed(own));
	return causes;
}

function killing({ owner, kills, victims, fatal, sentence }: Kills): Cause {
	const { level, path, value, hits, evidence } = owner;
	const log = victims === null ? ", the kernel's log says no more" : '';
	return {
		limit: level === 'host' ? 'memory' : 'memory.max',
		level,
		...(level !== 'self' && level !== 'host' && { path }),
		value,
		hits: Math.max(hits, kills, 1),
		evidence: `oom_kill ${kills}, ${evidence}${log}`,
		fatal,
		victims: victims && [...victims],
		sentence: `${level === 'host' ? 'The host was out of memory' : `${limitText(owner)} was exceeded`}, and ${sentence}.`,
	};
}

function limitText({ level, path, value }: Pick<Owner, 'level' | 'path' | 'value'>): string {
	const size = value === '' ? '' : ` of ${bytes(Number(value))}`;
	return `The memory limit${size}${level === 'self' ? '' : ` of ${nameOf(level, path)}`}`;
}

function reclaimed(own: Owner): Cause {
	const { value, hits } = own;
	return {
		...{ limit: 'memory.max', level: 'self', value, hits, evidence: own.evidence, fatal: false },
		sentence: `${limitText(own)} was reached ${count(hits, 'time')}, and each time memory could be reclaimed.`,
	};
}

function highCauses(inForce: InForce, { memory: { highHits } }: Usage): Cause[] {
	const value = limitOf(inForce, 'memory.high');
	const isHigh = ({ limit, hits }: OtherLimit) => limit === 'memory.high' && hits;
	return [
		...(value !== undefined && highHits ? [slowed('self', value, highHits, `memory.events high ${highHits}`)] : []),
		...inForce.below.filter(isHigh).map((one) => slowedElsewhere('below', one)),
		...inForce.ancestors.filter(isHigh).map((one) => slowedElsewhere('ancestor', one)),
	];
}

function slowedElsewhere(level: 'below' | 'ancestor', { value, hits, counter, path }: OtherLimit): Cause {
	return slowed(level, value, hits ?? 0, `${counter} +${hits}`, path);
}

function slowed(level: Cause['level'], value: string, hits: number, evidence: string, path = ''): Cause {
	const whose = level === 'self' ? '' : ` of ${nameOf(level, path)}`;
	const size = value === '' ? '' : ` of ${bytes(Number(value))}`;
	return {
		...{ limit: 'memory.high', level, ...(level !== 'self' && { path }), value, hits, evidence, fatal: false },
		sentence: `memory.high${size}${whose} was exceeded: slowed down and reclaimed ${count(hits, 'time')}.`,
	};
}

/** The kernel counts where the swap was wanted, whoever's limit it was: it is taken for that of the lowest that was reached. */
function swapCauses(inForce: InForce, { memory: { swapHits, swapPeak } }: Usage): Cause[] {
	const limits = inForce.below.filter(({ limit, value, hits }) => limit === 'memory.swap.max' && value !== '0' && hits);
	const elsewhere = limits.reduce((sum, { hits }) => sum + (hits ?? 0), 0);
	const value = limitOf(inForce, 'memory.swap.max');
	const own = value === undefined || value === '0' ? 0 : (swapHits ?? 0) - elsewhere;
	const isReached = swapPeak === null || isNear(Number(value), swapPeak);
	return [
		...(value !== undefined && own > 0 && isReached ? [swapFull('self', value, own, 'memory.swap.events max')] : []),
		...limits.map(({ value, hits, counter, path }) => swapFull('below', value, hits ?? 0, counter, path)),
	];
}

function swapFull(level: 'self' | 'below', value: string, hits: number, counter: string, path = ''): Cause {
	const whose = level === 'self' ? '' : ` of ${nameOf(level, path)}`;
	return {
		...{ limit: 'memory.swap.max', level, ...(level !== 'self' && { path }), value, hits },
		...{ evidence: `${counter} ${hits}`, fatal: false },
		sentence: `The swap limit of ${bytes(Number(value))}${whose} was reached ${count(hits, 'time')}.`,
	};
}
