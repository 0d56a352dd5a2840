/** Whom the kernel killed for lack of memory, for whose limit, and whether the program was among them. */

import { type Cause, type Ended, type InForce, nameOf } from './cause.js';
import { type Owner, otherOwner } from './owners.js';
import type { Usage } from './usage.js';
import type { Victim } from './victims.js';
import { bytes, count } from './words.js';

/** Those for one limit. */
export interface Kills {
	owner: Owner;
	/** So many that are known to be for this limit, or all where there is no other. */
	kills: number;
	victims: readonly Victim[] | null;
	fatal: Cause['fatal'];
	/** What was done, for people. */
	sentence: string;
}

/**
 * A kill in the container counts for it whoever's limit it was. The kernel's log says whose it was; where it says nothing,
 * the counters do: the container's own limit, or one below, if nothing more could be reclaimed; else one above that was
 * reached meanwhile; else the host was out of memory.
 */
export function killsBy(ended: Ended, inForce: InForce, usage: Usage, own: Owner | undefined): Kills[] {
	const victims = inForce.victims ?? null;
	const kills = Math.max(usage.memory.oomKills ?? 0, victims?.length ?? 0);
	if (kills === 0) return [];
	const owners = ownersOf(inForce, usage, own, victims ?? []);
	const isProgram = programKilled(ended, usage, victims, kills);
	return owners.map((owner): Kills => {
		const those = victims?.filter((victim) => isOf(victim, owner)) ?? [];
		const isAlone = owners.length === 1;
		const fatal = isAlone
			? isProgram
			: isProgram && (those.some(({ program }) => program) || (those.length > 0 ? false : null));
		const number = isAlone ? kills : those.length;
		const known = those.length > 0 ? those : null;
		return { owner, kills: number, victims: known, fatal, sentence: sentenceOf(fatal, number, known, ended, usage) };
	});
}

const isOf = (victim: Victim, { level, path }: Owner) =>
	victim.level === level &&
	(level !== 'below' ? level !== 'ancestor' || path.endsWith(victim.path) : victim.path === path);

/** All that somebody was killed for. */
function ownersOf(inForce: InForce, { memory }: Usage, own: Owner | undefined, victims: readonly Victim[]): Owner[] {
	const of = (level: 'below' | 'ancestor') =>
		inForce[level === 'below' ? 'below' : 'ancestors']
			.filter(({ limit }) => limit === 'memory.max')
			.map((one) => otherOwner(level, one));
	const [below, above] = [of('below'), of('ancestor')];
	const known = [...(own ? [own] : []), ...below, ...above];
	const named = victims.map((victim) => known.find((owner) => isOf(victim, owner)) ?? unseen(victim));
	const certain = [...new Map(named.map((owner) => [`${owner.level} ${owner.path}`, owner])).values()];
	if (certain.length > 0 && victims.length >= (memory.oomKills ?? 0)) return certain;
	const inside = [...below, ...(own ? [own] : [])].filter(({ exceeded }) => exceeded);
	const isCounted = memory.oom !== null; // else it is taken for that of the lowest cgroup that has reached its limit
	const reached = above.filter(({ exceeded }) => exceeded).sort((a, b) => Number(b.hits > 0) - Number(a.hits > 0));
	const more =
		inside.length > 0 ? inside.slice(0, isCounted ? inside.length : 1) : certain.length > 0 ? [] : reached.slice(0, 1);
	const all = [...certain, ...more.filter((owner) => !certain.includes(owner))];
	return all.length > 0 ? all : [host];
}

const host: Owner = { level: 'host', path: '', value: '', hits: 0, exceeded: true, evidence: 'no limit reached' };

/** One that only the log knows of. */
function unseen({ level, path }: Victim): Owner {
	return { ...host, level, path, evidence: "the kernel's log" };
}

/** `null`: nobody can say. */
function programKilled(
	{ signal, timedOut, killed }: Ended,
	{ tasks, memory }: Usage,
	victims: readonly Victim[] | null,
	kills: number,
): boolean | null {
	if (signal !== 'SIGKILL' || timedOut || killed) return false;
	if (victims?.some(({ program }) => program)) return true;
	if (tasks.peak === 1 || (memory.groupKills ?? 0) > 0) return true; // there was nobody else, or nobody was left
	return (victims?.length ?? 0) >= kills && victims?.every(({ program }) => program === false) ? false : null;
}

function sentenceOf(
	fatal: Cause['fatal'],
	kills: number,
	victims: readonly Victim[] | null,
	{ signal }: Ended,
	{ memory }: Usage,
): string {
	if (memory.groupKills) return `the kernel killed ${fatal ? 'the program and ' : ''}all of the container together`;
	const names = victims ? `: ${victims.slice(0, 4).map(named).join(', ')}${victims.length > 4 ? ', …' : ''}` : '';
	const others = kills > 1 ? ` and ${count(kills - 1, 'other process', 'other processes')}` : '';
	if (fatal) return `the kernel killed the program${others}${names}`;
	const number = kills === 0 ? 'others' : count(kills, 'process', 'processes');
	if (fatal === null)
		return `the kernel killed ${number} of the container: whether the program was one of them is not known`;
	if (signal === 'SIGKILL') return `the kernel killed ${number}, but not the program${names}`;
	return `the kernel killed ${number}${names}`;
}

function named({ name, pid, rss, oomScoreAdj, cgroup }: Victim): string {
	const facts = [
		`pid ${pid}`,
		rss !== null && `${bytes(rss)} resident`,
		oomScoreAdj && `oom_score_adj ${oomScoreAdj}`,
		cgroup !== '' && `in ${nameOf('below', cgroup)}`,
	];
	return `${name} (${facts.filter(Boolean).join(', ')})`;
}
