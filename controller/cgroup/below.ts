/**
 * The cgroups that the program has made below the container's: the limits that it has set there, and what the kernel counts
 * there alone. Nearly always there are none, and then to know that costs one system call for each hierarchy.
 */

import { ifThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import type { OtherLimit } from '../model/applied-limit.js';
import type { CountedDirectory } from '../model/counters.js';
import { join } from '../model/path.js';
import { countIn, type Found, hitsOf, limitNames, limitsIn } from './others.js';

/** More than a program needs, and soon read. */
const most = 256;

/** What the container's own counters do not show, in cgroups that are there now. */
export function countBelow(places: readonly CountedDirectory[]): { kills: number; refused: number } {
	const counts = places.map((place) => {
		const paths = below(place.path);
		return { kills: killsIn(place, paths), refused: refusalsIn(place, paths, limitsOf(place, paths)).refused };
	});
	const sum = (of: 'kills' | 'refused') => counts.reduce((total, count) => total + count[of], 0);
	return { kills: sum('kills'), refused: sum('refused') };
}

/** With what they did. A cgroup that was removed has taken its counters along, but those that v2 keeps for all of a tree. */
export function limitsBelow(places: readonly CountedDirectory[]): OtherLimit[] {
	return places.flatMap((place) => {
		const paths = below(place.path);
		const found = limitsOf(place, paths);
		const { hits } = refusalsIn(place, paths, found);
		const limits = found.map((one): OtherLimit => {
			const { version: _, ...limit } = { ...one, ...hitsOf(one) };
			return { ...limit, path: one.path.slice(place.path.length), hits: hits.get(one) ?? limit.hits };
		});
		return [...limits, ...gone(place, limits)];
	});
}

function limitsOf(place: CountedDirectory, paths: readonly string[]): Found[] {
	return paths.flatMap((path) => limitsIn(path, place, limitNames) ?? []);
}

/** The nearest first. One that has no others in it has two links: its own name, and `.`. */
export function below(path: string): string[] {
	const found: string[] = [];
	const queue = [path];
	for (let next = queue.shift(); next !== undefined && found.length < most; next = queue.shift()) {
		const children = childrenOf(next);
		found.push(...children);
		queue.push(...children);
	}
	return found.slice(0, most);
}

/** None of one whose path is too long for it: the nearest are told. */
function childrenOf(path: string): string[] {
	const list = () => ((machine.status(path)?.links ?? 0) <= 2 ? [] : machine.listDirectories(path));
	return (ifThere(path, list, 'ENAMETOOLONG') ?? []).map((name) => join(path, name));
}

/** v1 counts a victim in its own cgroup alone. */
function killsIn({ version, controllers }: CountedDirectory, paths: readonly string[]): number {
	if (version === 2 || !controllers.includes('memory')) return 0;
	return paths.reduce((sum, path) => sum + (countIn(`${path}/memory.oom_control`, 'oom_kill') ?? 0), 0);
}

/**
 * v1, and v2 before Linux 6.11, count a refused fork where it was tried, whoever's limit it was: it is taken for that of the
 * next cgroup from there upwards that has reached its limit.
 */
function refusalsIn({ version, controllers }: CountedDirectory, paths: readonly string[], found: readonly Found[]) {
	const hits = new Map<Found, number>();
	let refused = 0;
	if (!controllers.includes('pids')) return { refused, hits };
	for (const path of paths) {
		if (version === 2 && countIn(`${path}/pids.events.local`, 'max') !== null) continue;
		const tried = countIn(`${path}/pids.events`, 'max') ?? 0;
		if (tried === 0) continue;
		const owner = found
			.filter((one) => one.limit === 'pids.max' && `${path}/`.startsWith(`${one.path}/`))
			.filter((one) => (countIn(`${one.path}/pids.peak`) ?? 0) >= Number(one.value))
			.at(-1);
		if (owner) hits.set(owner, (hits.get(owner) ?? 0) + tried);
		else refused += tried;
	}
	return { refused, hits };
}

const kept = [
	['memory.max', 'memory.events', 'max'],
	['memory.high', 'memory.events', 'high'],
	['pids.max', 'pids.events', 'max'],
] as const;

/** v2: what all of the tree has, less what the container and those that are there have, was that of others. */
function gone({ version, controllers, path }: CountedDirectory, limits: readonly OtherLimit[]): OtherLimit[] {
	if (version === 1) return [];
	const rest = (limit: string, file: string, key: string, of: 'hits' | 'ooms') => {
		const all = countIn(`${path}/${file}`, key);
		const own = all && countIn(`${path}/${file}.local`, key);
		if (!all || own === null) return 0;
		return limits.filter((one) => one.limit === limit).reduce((left, one) => left - (one[of] ?? 0), all - own);
	};
	return kept
		.filter(([limit]) => controllers.includes(limit.split('.')[0] as string))
		.map(([limit, file, key]): OtherLimit => {
			const ooms = limit === 'memory.max' && { ooms: rest(limit, file, 'oom', 'ooms') };
			const counter = `${file} ${key} less ${file}.local ${key}`;
			return { limit, path: '', value: '', counter, hits: rest(limit, file, key, 'hits'), ...ooms };
		})
		.filter(({ hits, ooms }) => hits || ooms);
}
