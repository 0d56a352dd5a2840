/**
 * Which limits of others a command has hit that was only observed. It has no cgroup of its own: what was counted is that of
 * all processes in the cgroups around it, procready's among them, and where others were there it is said that it may be theirs.
 */

import type { Observed, ObservedCgroup, ObservedLimit } from '../model/observed.js';
import type { Cause, Ended } from './cause.js';
import type { Victim } from './victims.js';
import { bytes, count, duration, limitText } from './words.js';

interface Told extends ObservedLimit {
	cgroup: ObservedCgroup;
}

export function observedCauses(ended: Ended, observed: Observed, victims: readonly Victim[] | null): Cause[] {
	const limits = observed.cgroups.flatMap((cgroup) => cgroup.limits.map((limit): Told => ({ ...limit, cgroup })));
	const of = (name: ObservedLimit['limit']) => limits.filter(({ limit }) => limit === name);
	return [
		...memoryCauses(ended, observed, of('memory.max'), victims),
		...of('memory.high').filter(isHit).map(slowed),
		...of('memory.swap.max').filter(isHit).map(swapped),
		...taskCauses(observed, of('pids.max')),
		...of('cpu.max')
			.filter((one) => isHit(one) && !isOwnThrottling(one, observed))
			.map((one) => throttled(one, observed)),
	];
}

/** Sentences on what is no doing of the command. */
export function observedNotes(observed: Observed): string[] {
	return observed.cgroups.flatMap((cgroup) =>
		cgroup.limits
			.filter((limit) => limit.limit === 'cpu.max' && isOwnThrottling({ ...limit, cgroup }, observed))
			.filter(({ hits }) => (hits ?? 0) > 0)
			.map(({ value, hits }) => {
				const what = `the limit of ${limitText('cpu.max', value)} of ${cgroup.path}`;
				return `procready itself has hit ${what} in ${count(hits ?? 0, 'period')}: times may be longer for that`;
			}),
	);
}

const isHit = ({ hits }: Told) => (hits ?? 0) > 0;

type Said = Pick<Cause, 'evidence' | 'sentence'> & Partial<Cause>;

function causeOf({ limit, value, hits, cgroup }: Told, said: Said): Cause {
	const level = cgroup.own ? 'self' : 'ancestor';
	return { limit, level, path: cgroup.path, value, hits: Math.max(1, hits ?? 1), fatal: false, ...said };
}

const limitOf = ({ limit, value, cgroup }: Told, what: string) =>
	`${what} of ${limitText(limit, value)} of ${cgroup.path}`;

/** Whose doing it was: `the command`, as far as nobody else was there. */
function doer({ path, shared }: ObservedCgroup, orOurs = false): string {
	const others = [
		...(orOurs ? ['procready itself'] : []),
		...(shared === false ? [] : [`another process of the cgroup ${path}`]),
	];
	const last = others.pop();
	return last === undefined ? 'the command' : `the command, ${[...others, `or ${last}`].join(', ')}`;
}

/** The cgroup in which the controller counts the command: the one that it is in, or the next one above that has it. */
function ownOf({ cgroups }: Observed, controller: string): ObservedCgroup | undefined {
	return cgroups.find(({ controllers }) => controllers.includes(controller));
}

function hidesOthers({ cgroups }: Observed, controller: string): boolean {
	return cgroups.some((one) => one.hidesOthers && one.controllers.includes(controller));
}

// ---- memory ------------------------------------------------------------------------------------------------

function memoryCauses(
	ended: Ended,
	observed: Observed,
	limits: readonly Told[],
	victims: readonly Victim[] | null,
): Cause[] {
	const own = ownOf(observed, 'memory');
	const kills = Math.max(observed.kills ?? 0, victims?.length ?? 0);
	const killing = own && kills > 0 ? killingOf(ended, observed, limits, victims ?? [], kills, own) : undefined;
	const survived = observed.kills === 0 ? ', and nobody was killed for that where the command is' : '';
	const reclaimed = limits
		.filter((one) => isHit(one) && killing?.path !== one.cgroup.path)
		.filter((one) => one.exceeded !== true || !killing) // that may have been for it: it is told there
		.map((one) =>
			causeOf(one, {
				evidence: `${one.counter} +${one.hits}`,
				sentence: `${limitOf(one, 'The memory limit')} was reached ${count(one.hits ?? 0, 'time')}, by ${doer(one.cgroup)}${survived}.`,
			}),
		);
	return [...(killing ? [killing] : []), ...reclaimed];
}

/** The kernel says how many it has killed in the cgroup; whose limit it was only by what was exceeded meanwhile, or in its log. */
function killingOf(
	ended: Ended,
	observed: Observed,
	limits: readonly Told[],
	victims: readonly Victim[],
	kills: number,
	own: ObservedCgroup,
): Cause {
	const fatal = programKilled(ended, victims, kills);
	const killed = `the kernel killed ${whom(fatal, kills, own, ended, victims)}`;
	const common = { fatal, victims: victims.length > 0 ? [...victims] : null };
	const isLogged = victims.length >= kills;
	const byLog = ({ cgroup: { own, path } }: Told) =>
		victims.some((one) => (own ? one.level === 'self' : one.level === 'ancestor' && path.endsWith(one.path)));
	const isHost = isLogged && victims.every(({ level }) => level === 'host');
	const exceeded = isHost ? [] : limits.filter((one) => (isLogged ? byLog(one) : one.exceeded));
	const [first, ...others] = exceeded;
	const evidence = `oom_kill ${kills} in ${own.path}`;
	if (first) {
		const hits = exceeded.map(({ counter, hits }) => `${counter} +${hits ?? 0}`).join(', ');
		const or = others.map((one) => `, or ${limitOf(one, 'that')}`).join('');
		const which = others.length > 0 ? ' (each of them was, and for which it was is not known)' : '';
		return causeOf(first, {
			...common,
			hits: Math.max(first.hits ?? 0, kills),
			evidence: `${evidence}, ${hits}`,
			sentence: `${limitOf(first, 'The memory limit')}${or} was ${first.cgroup.version === 1 ? 'reached' : 'exceeded'}${which}, and ${killed}.`,
		});
	}
	const isHidden = hidesOthers(observed, 'memory');
	const unknown = limits.some((one) => one.exceeded === null);
	const where = isHidden && !isHost ? 'ancestor' : 'host';
	const why = isHost
		? 'the host was out of memory'
		: isHidden || unknown
			? 'which limit that was for is not known: that of a cgroup above, which cannot be seen from here, or the host was out of memory'
			: 'no limit that was set was reached, so the host was out of memory';
	const sentence = `${killed.charAt(0).toUpperCase()}${killed.slice(1)} for lack of memory: ${why}.`;
	return {
		...{ ...common, limit: 'memory', level: where, value: '', hits: kills },
		...{ evidence: `${evidence}, no limit reached`, sentence },
	};
}

/** `null`: nobody can say. */
function programKilled({ signal, timedOut, killed }: Ended, victims: readonly Victim[], kills: number): boolean | null {
	if (signal !== 'SIGKILL' || timedOut || killed) return false;
	if (victims.some(({ program }) => program)) return true;
	return victims.length >= kills && victims.every(({ program }) => program === false) ? false : null;
}

/** Those that may have been killed, as far as it is known. */
function whom(
	fatal: boolean | null,
	kills: number,
	own: ObservedCgroup,
	{ signal }: Ended,
	victims: readonly Victim[],
): string {
	const names = victims.slice(0, 4).map(({ name, pid }) => `${name} (pid ${pid})`);
	const list = names.length > 0 ? `: ${names.join(', ')}${victims.length > 4 ? ', …' : ''}` : '';
	if (fatal)
		return `the command${kills > 1 ? ` and ${count(kills - 1, 'other process', 'other processes')}` : ''}${list}`;
	const number = count(kills, 'process', 'processes');
	const isExcluded = fatal === false && signal === 'SIGKILL' && victims.length > 0;
	const possible = [
		...(fatal === null ? ['the command'] : []),
		`${kills > 1 ? 'some' : 'one'} that ${fatal === null ? 'it' : 'the command had'} started`,
		...(own.shared === false ? [] : [`another process of the cgroup ${own.path}`]),
	];
	const last = possible.pop();
	const who = possible.length > 0 ? `: ${possible.join(', ')}, or ${last}` : ` that the command had started`;
	return `${number}${who}${isExcluded ? ', but not the command itself' : ''}${list}`;
}

function slowed(one: Told): Cause {
	return causeOf(one, {
		evidence: `${one.counter} +${one.hits}`,
		sentence: `${limitOf(one, 'memory.high')} was exceeded: slowed down and reclaimed ${count(one.hits ?? 0, 'time')}, for ${doer(one.cgroup)}.`,
	});
}

function swapped(one: Told): Cause {
	return causeOf(one, {
		evidence: `${one.counter} +${one.hits}`,
		sentence: `The swap limit of ${bytes(Number(one.value))} of ${one.cgroup.path}, or of a cgroup above, was reached ${count(one.hits ?? 0, 'time')}, by ${doer(one.cgroup)}.`,
	});
}

// ---- tasks -------------------------------------------------------------------------------------------------

function taskCauses(observed: Observed, limits: readonly Told[]): Cause[] {
	const { refused } = observed;
	const own = ownOf(observed, 'pids');
	if (refused === null || !own) return limits.filter(isHit).map((one) => refusing([one], one.hits ?? 0, one.cgroup));
	if (refused === 0) return [];
	const reached = limits.filter(({ exceeded }) => exceeded !== false);
	if (reached.length > 0) return [refusing(reached, refused, own)];
	return [
		{
			...{ limit: 'pids.max', level: 'ancestor', value: '', hits: refused, fatal: false },
			evidence: `pids.events max +${refused} in ${own.path}`,
			sentence: `A limit of tasks of a cgroup above, which cannot be seen from here, was hit: ${refusedText(refused, own)}.`,
		},
	];
}

function refusing(limits: readonly Told[], hits: number, where: ObservedCgroup): Cause {
	const [first, ...others] = limits as [Told, ...Told[]];
	const or = others.map((one) => `, or ${limitOf(one, 'that')}`).join('');
	return causeOf(first, {
		hits,
		evidence: `${first.counter || 'pids.events max'} +${hits} in ${where.path}`,
		sentence: `The limit of ${count(Number(first.value), 'task')} of ${first.cgroup.path}${or} was hit: ${refusedText(hits, where)}.`,
	});
}

function refusedText(hits: number, where: ObservedCgroup): string {
	return `${count(hits, 'fork')} of ${doer(where)} refused`;
}

// ---- processor time ----------------------------------------------------------------------------------------

/** Microseconds in each period. */
const quotaOf = ({ value }: Pick<Told, 'value'>) => Number(value.split(' ')[0]);

/** What procready has used is enough to be throttled for, and all the rest together is not. */
function isOwnThrottling(one: Told, { ownTime, counters }: Observed): boolean {
	const { total } = counters.cpu;
	return isOwnEnough(one, ownTime) && total !== null && total - ownTime < quotaOf(one);
}

function isOwnEnough(one: Told, ownTime: number): boolean {
	return ownTime >= quotaOf(one);
}

function throttled(one: Told, observed: Observed): Cause {
	const { cpu } = observed.counters;
	const { hits, counter, cgroup } = one;
	const isOwn = cgroup === ownOf(observed, 'cpu') && cpu.periods !== null && cpu.throttled !== null;
	const often = isOwn
		? `in ${hits} of ${count(cpu.periods ?? 0, 'period')}, for ${duration((cpu.throttled ?? 0) / 1000)} in all`
		: `in ${count(hits ?? 0, 'period')}`;
	return causeOf(one, {
		evidence: `${counter} +${hits}`,
		sentence: `${limitOf(one, 'The limit')} was hit by ${doer(cgroup, isOwnEnough(one, observed.ownTime))}: all in it was throttled ${often}.`,
	});
}
