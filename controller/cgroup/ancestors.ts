/**
 * The limits of the cgroups above the container's: they bind it too, and what they did must not be taken for its own
 * doing. Nearly always there are none, and then this costs nothing.
 */

import { machine } from '../host/machine.js';
import type { AncestorLimit } from '../model/applied-limit.js';
import type { Count, CountedDirectory } from '../model/counters.js';
import { v1Of } from '../model/limits-v1.js';
import { dirname } from '../model/path.js';
import { fileReader, keyed } from './counters.js';

export interface Ancestors {
	baseline(): void;
	read(): AncestorLimit[];
}

type Place = CountedDirectory & { base: string };

/** For each limit: the counter that says that it was hit, in this very cgroup and not below it. */
const counters = {
	'pids.max': { 2: ['pids.events.local', 'max'], 1: undefined },
	'memory.max': { 2: ['memory.events.local', 'max'], 1: ['memory.failcnt', ''] },
	'memory.high': { 2: ['memory.events.local', 'high'], 1: undefined },
	'cpu.max': { 2: ['cpu.stat', 'nr_throttled'], 1: ['cpu.stat', 'nr_throttled'] },
} as const;

export function openAncestors(places: readonly Place[]): Ancestors {
	let found: (AncestorLimit & { version: 1 | 2 })[] = [];
	return {
		baseline() {
			found = places.flatMap(limitsAbove).map((one) => ({ ...one, hits: count(one) }));
		},
		read: () =>
			found.map(({ version, ...before }) => {
				const now = count({ ...before, version });
				const hits = now === null || before.hits === null ? null : now - before.hits;
				return {
					...before,
					hits,
					...(version === 1 && before.limit === 'memory.max' && { peak: peakOf(before.path) }),
				};
			}),
	};
}

type Found = Omit<AncestorLimit, 'hits'> & { version: 1 | 2 };

/** They change rarely, and a launch must not read a dozen files for nothing. */
const remembered = new Map<string, { until: number; limits: Found[] }>();
const memory = 1000;

function limitsAbove(place: Place): Found[] {
	const key = `${place.base} ${place.controllers}`;
	const known = remembered.get(key);
	if (known && known.until > machine.now()) return known.limits;
	const limits: Found[] = [];
	for (let path = dirname(place.base); path !== '/'; path = dirname(path)) {
		const here = limitsIn(path, place);
		if (here === undefined) break; // the mount point, or what is above it
		limits.push(...here);
	}
	remembered.set(key, { until: machine.now() + memory, limits });
	return limits;
}

function limitsIn(path: string, { version, controllers }: Place): Found[] | undefined {
	if (tryRead(`${path}/cgroup.procs`) === undefined) return undefined;
	return (Object.keys(counters) as (keyof typeof counters)[]).flatMap((limit) => {
		if (!controllers.includes(limit.split('.')[0] ?? '')) return [];
		const value = heldValue(path, limit, version);
		if (value === undefined || value.startsWith('max')) return [];
		return [{ limit, path, value, version, counter: counters[limit][version]?.join(' ').trim() ?? '' }];
	});
}

function heldValue(path: string, limit: string, version: 1 | 2): string | undefined {
	if (version === 2) return tryRead(`${path}/${limit}`);
	const v1 = v1Of(limit);
	const held = v1?.files.map((file) => tryRead(`${path}/${file}`));
	return held?.every((text) => text !== undefined) ? v1?.read(held) : undefined;
}

function count({ limit, path, version }: Found): Count {
	const counter = counters[limit][version];
	if (!counter) return null;
	const [file, key] = counter;
	const controller = limit.split('.')[0] as string;
	const read = fileReader([{ version, controllers: [controller], path }])(controller, file);
	if (!read) return null;
	return key === '' ? Number(read.text) : keyed(read, key);
}

function peakOf(path: string): Count {
	const text = tryRead(`${path}/memory.max_usage_in_bytes`);
	return text === undefined ? null : Number(text);
}

function tryRead(path: string): string | undefined {
	try {
		return machine.readText(path);
	} catch {
		return undefined;
	}
}
