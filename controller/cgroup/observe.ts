/**
 * Looks at the cgroups that this process and what it starts are in, and changes nothing there: the limits that others have
 * set, how often they are hit meanwhile, and whether others run there too, whose doing that may be as well. It needs no
 * right: what may not be read, or is not there, is not known.
 */

import { textIfThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import { findProcess } from '../host/processes.js';
import type { OtherLimit } from '../model/applied-limit.js';
import { type Count, type CountedDirectory, since } from '../model/counters.js';
import type { Located } from '../model/host.js';
import type { Observed, ObservedCgroup, ObservedLimit } from '../model/observed.js';
import { dirname } from '../model/path.js';
import { words } from '../model/words.js';
import { below } from './below.js';
import { fileReader, readGrowing } from './counters.js';
import { countIn, type Found, hitsOf, limitNames, limitsIn } from './others.js';

export interface Watching {
	/**
	 * Milliseconds after which what this process has used so far is no longer throttled for: a period of the limits of
	 * processor time, 0 where there are none.
	 */
	readonly settling: number;
	/** To be called when the command is about to begin: what was counted until then is not its own. */
	baseline(command: Command): void;
	/** Looks again who is there. */
	look(): void;
	/** What was counted since the baseline. */
	read(): Observed;
}

export interface Command {
	/** It leads a session. */
	pid: number;
	/** The processes of procready. */
	own(): number[];
}

/** The controllers whose limits are told. */
const told = ['memory', 'pids', 'cpu', 'cpuacct'];

interface Place extends Omit<ObservedCgroup, 'limits'> {
	found: Found[];
}

export function watchCgroups(hierarchies: readonly Located[]): Watching {
	const places = hierarchies.flatMap(placesOf);
	const file = fileReader(places); // the first that has a controller is the one that counts the command
	const family = new Map<number, number>();
	let command: Command | undefined;
	let before: ReturnType<typeof countNow> | undefined;
	const countNow = () => ({
		counters: readGrowing(file),
		kills: killsIn(places),
		refused: refusedIn(places),
		ownTime: machine.processorTime(),
		marks: places.map(({ found }) => found.map(markOf)),
	});
	const look = () => {
		if (command === undefined) return;
		const ours = new Set(command.own());
		for (const place of places)
			if (place.shared !== true) place.shared = isShared(place.path, command.pid, ours, family);
	};
	return {
		settling: Math.max(0, ...places.flatMap(({ found }) => found.map(periodOf))),
		baseline(started) {
			command = started;
			look();
			before = countNow();
		},
		look,
		read() {
			look();
			const now = countNow();
			const cgroups = places.map(({ found, ...place }, index): ObservedCgroup => {
				const limits = found.map((one, at): ObservedLimit => {
					const change = changeOf(one, before?.marks[index]?.[at], now.marks[index]?.[at]);
					return { limit: one.limit, value: one.value, counter: counterOf(one), ...change };
				});
				return { ...place, limits };
			});
			return {
				cgroups,
				counters: before ? since(before.counters, now.counters) : now.counters,
				kills: grown(before?.kills, now.kills),
				refused: grown(before?.refused, now.refused),
				ownTime: now.ownTime - (before?.ownTime ?? 0),
			};
		},
	};
}

/**
 * From the cgroup that this process is in upwards, as far as it can be seen: that one, those with a limit, and of each
 * controller the nearest that has it. None where the mount does not show the cgroup of this process.
 */
function placesOf({ version, controllers, own, mountPoint, top = mountPoint }: Located): Place[] {
	const inOwn = textIfThere(`${own}/cgroup.procs`);
	if (inOwn !== undefined && !words(inOwn).includes(String(machine.self().pid))) return [];
	const shared = inOwn === undefined ? null : false;
	const missing = new Set(told);
	const places: Place[] = [];
	for (let path = own; ; path = dirname(path)) {
		const has = toldAt(path, version, controllers);
		const found = (limitsIn(path, { version, controllers: has, path }, limitNames) ?? []).filter(isTold);
		const counts = has.filter((name) => missing.delete(name)).length > 0;
		if (counts || found.length > 0)
			places.push({ path, version, controllers: has, own: path === own, shared, hidesOthers: false, found });
		if (path === top || path === '/') break;
	}
	const last = places.at(-1);
	if (last) last.hidesOthers = machine.exists(top) && !isRoot(version, top);
	return places;
}

function toldAt(path: string, version: 1 | 2, controllers: readonly string[]): string[] {
	const enabled = version === 1 ? controllers : words(textIfThere(`${path}/cgroup.controllers`) ?? '');
	return enabled.filter((name) => told.includes(name));
}

/** v1 limits memory and swap together: see `markOf`. */
function isTold({ limit, version }: Found): boolean {
	return limit !== 'memory.swap.max' || version === 2;
}

/** Of the whole hierarchy, not of a namespace. */
function isRoot(version: 1 | 2, path: string): boolean {
	return version === 2 ? !machine.exists(`${path}/cgroup.type`) : machine.exists(`${path}/release_agent`);
}

interface Mark {
	hits: Count;
	ooms?: Count | undefined;
	peak: Count;
}

/** What the kernel has counted for a limit until now. */
function markOf(one: Found): Mark {
	const { hits, ooms, peak = null } = hitsOf(one);
	const { limit, path, version } = one;
	if (limit === 'pids.max') return { hits, peak: countIn(`${path}/pids.peak`) };
	if (limit !== 'memory.max' || version === 2) return { hits, ooms, peak };
	// charged first, so that where both have the same limit the other one is never hit
	const together = countIn(`${path}/memory.memsw.failcnt`);
	return { hits: hits === null ? together : hits + (together ?? 0), peak };
}

function counterOf({ limit, version, counter }: Found): OtherLimit['counter'] {
	return limit === 'memory.max' && version === 1 ? 'memory.failcnt and memory.memsw.failcnt' : counter;
}

function changeOf({ limit, value }: Found, was: Mark | undefined, is: Mark | undefined) {
	const hits = grown(was?.hits, is?.hits);
	const isNear = is?.peak == null ? null : is.peak >= Number(value) * (limit === 'pids.max' ? 1 : 0.9); // memory is charged in steps
	if (limit === 'pids.max') return { hits, exceeded: isNear };
	if (limit !== 'memory.max') return { hits, exceeded: null };
	const ooms = grown(was?.ooms, is?.ooms);
	if (ooms !== null) return { hits, exceeded: ooms > 0 };
	const isHigher = isNear === true && (was?.peak ?? 0) < (is?.peak ?? 0);
	return {
		hits,
		exceeded: hits === null && isNear === null ? null : Boolean(hits) || isHigher,
	};
}

function grown(before: Count | undefined, now: Count | undefined): Count {
	return typeof before === 'number' && typeof now === 'number' ? now - before : null;
}

/** Milliseconds of the period of a limit of processor time. */
function periodOf({ limit, value }: Found): number {
	return limit === 'cpu.max' ? Number(value.split(' ')[1] ?? 0) / 1000 : 0;
}

/** In this very cgroup: what was killed in one below it is not the command, or has had limits of its own there. */
function killsIn(places: readonly CountedDirectory[]): Count {
	const directory = places.find(({ controllers }) => controllers.includes('memory'));
	if (!directory) return null;
	const { path, version } = directory;
	if (version === 1) return countIn(`${path}/memory.oom_control`, 'oom_kill');
	return countIn(`${path}/memory.events.local`, 'oom_kill') ?? countIn(`${path}/memory.events`, 'oom_kill');
}

/** v1, and v2 before Linux 6.11, count a refused fork where it was tried. */
function refusedIn(places: readonly CountedDirectory[]): Count {
	const directory = places.find(({ controllers }) => controllers.includes('pids'));
	if (!directory || countIn(`${directory.path}/pids.events.local`, 'max') !== null) return null;
	return countIn(`${directory.path}/pids.events`, 'max');
}

/**
 * Whether somebody else is in the cgroup or below it. A process of the command is one of its session, or that descends from
 * it, or was once seen to; one that left both between two looks counts as another one: better too few claims than too many.
 */
function isShared(
	path: string,
	command: number,
	ours: ReadonlySet<number>,
	family: Map<number, number>,
): boolean | null {
	const paths = [path, ...below(path)];
	const strangers = (among?: ReadonlySet<number>) =>
		paths
			.flatMap((one) => words(textIfThere(`${one}/cgroup.procs`) ?? '').map(Number))
			.filter((pid) => {
				if (ours.has(pid) || (among && !among.has(pid))) return false;
				return pid === 0 || !isOfFamily(pid, command, family); // 0: of another pid namespace
			});
	const seen = strangers();
	if (seen.length === 0) return textIfThere(`${path}/cgroup.procs`) === undefined ? null : false;
	return seen.some((pid) => pid === 0 || findProcess(pid)) || strangers(new Set(seen)).length > 0; // one that has ended meanwhile is nobody
}

function isOfFamily(pid: number, command: number, family: Map<number, number>): boolean {
	const found = findProcess(pid);
	if (!found) return false;
	if (family.get(pid) === found.startTime) return true;
	let isMember = found.session === command;
	for (let at: typeof found | undefined = found; at && !isMember && at.parent > 0; at = findProcess(at.parent))
		isMember = at.pid === command || at.parent === command;
	if (isMember) family.set(pid, found.startTime);
	return isMember;
}
