/** The limits of one cgroup that is not the container's own, and how often they were hit in it. */

import { textIfThere } from '../host/if-there.js';
import type { OtherLimit } from '../model/applied-limit.js';
import type { Count, CountedDirectory } from '../model/counters.js';
import { v1Of } from '../model/limits-v1.js';
import { keyed } from './counters.js';

/** For each limit: the counter that says that it was hit, in this very cgroup and not below it. */
const counters = {
	'pids.max': { 2: ['pids.events.local', 'max'], 1: undefined },
	'memory.max': { 2: ['memory.events.local', 'max'], 1: ['memory.failcnt', ''] },
	'memory.high': { 2: ['memory.events.local', 'high'], 1: undefined },
	'memory.swap.max': { 2: ['memory.swap.events', 'max'], 1: undefined },
	'cpu.max': { 2: ['cpu.stat', 'nr_throttled'], 1: ['cpu.stat', 'nr_throttled'] },
} as const;

export type Found = Pick<OtherLimit, 'limit' | 'path' | 'value' | 'counter'> & { version: 1 | 2 };
export type Hits = Pick<OtherLimit, 'hits' | 'ooms' | 'peak' | 'kills'>;

export const limitNames = Object.keys(counters) as OtherLimit['limit'][];

/** `undefined` where it is no cgroup. */
export function limitsIn(
	path: string,
	{ version, controllers }: CountedDirectory,
	names: readonly OtherLimit['limit'][],
): Found[] | undefined {
	if (textIfThere(`${path}/cgroup.procs`) === undefined) return undefined;
	return names.flatMap((limit) => {
		if (version === 1 && !controllers.includes(limit.split('.')[0] ?? '')) return []; // on v2 a file that is not there says so
		const value = heldValue(path, limit, version);
		if (value === undefined || value.startsWith('max')) return [];
		return [{ limit, path, value, version, counter: counters[limit][version]?.join(' ').trim() ?? '' }];
	});
}

function heldValue(path: string, limit: string, version: 1 | 2): string | undefined {
	if (version === 2) return textIfThere(`${path}/${limit}`);
	const v1 = v1Of(limit);
	const held = v1?.files.map((file) => textIfThere(`${path}/${file}`));
	return held?.every((text) => text !== undefined) ? v1?.read(held) : undefined;
}

/** Since the cgroup was made. */
export function hitsOf({ limit, path, version }: Found): Hits {
	const counter = counters[limit][version];
	const hits = counter ? countIn(`${path}/${counter[0]}`, counter[1]) : null;
	if (limit !== 'memory.max') return { hits };
	if (version === 2) return { hits, ooms: countIn(`${path}/memory.events.local`, 'oom') };
	const kills = countIn(`${path}/memory.oom_control`, 'oom_kill');
	return { hits, peak: countIn(`${path}/memory.max_usage_in_bytes`), kills };
}

/** The number behind a name, or that of a file that holds one. */
export function countIn(path: string, name = ''): Count {
	const text = textIfThere(path);
	if (text === undefined) return null;
	return name === '' ? Number(text) : keyed({ text }, name);
}
