/** What a service used until it was ready, while clients ran, and after that. */
import type { Stats } from '../../report/stats.js';
import type { Usage } from '../../report/usage.js';

/** The part of an account that is of one stretch of time. What is counted is the difference. */
export interface Phase extends Omit<Usage, 'rusage'> {
	/** Milliseconds that it took. */
	wallTime: number;
}

/** A peak is that of the phase where it rose then, else it is not known: `null`. */
export interface Phases {
	/** From the moment the limits were in force until it was ready; `null`: it never was. */
	ready: Phase | null;
	/** From the start of the first client to the end of the last; `null`: none ran, or it ended before them. */
	clients: Phase | null;
	/** From there, or from where it was last looked at, to its end. */
	end: Phase;
}

/** The account at one moment, since the start. */
export type Moment = Phase;

/** Without what only a container that runs has: how many tasks there are, and how much swap is in use. */
export function momentOf({ wallTime, tasks, memory, cpu, io, pressure }: Stats): Moment {
	const { current: _, ...ofTasks } = tasks;
	const { swap: __, ...ofMemory } = memory;
	return { wallTime, tasks: ofTasks, memory: ofMemory, cpu, io, pressure };
}

const groups = ['tasks', 'memory', 'cpu', 'io', 'pressure'] as const;

/** From `before`, or from the start, to `after`. */
export function phaseOf(after: Moment, before?: Moment): Phase {
	const parts = groups.map((group) => [group, difference(after[group], before?.[group])]);
	return { wallTime: after.wallTime - (before?.wallTime ?? 0), ...Object.fromEntries(parts) } as Phase;
}

/** Highest values, since the start. */
const peaks = ['peak', 'swapPeak'];
/** What there is just then. */
const current = ['current'];

type Group = { [name: string]: number | null | Group };

function difference(after: object, before: object | undefined): Group {
	const entries = Object.entries(after as Group).flatMap(([name, value]): [string, number | null | Group][] => {
		const earlier = (before as Group | undefined)?.[name];
		if (typeof value === 'object' && value !== null) return [[name, difference(value, earlier as Group | undefined)]];
		return [[name, ofPhase(name, value, before === undefined ? 0 : ((earlier as number | null) ?? null))]];
	});
	return Object.fromEntries(entries);
}

function ofPhase(name: string, after: number | null, before: number | null): number | null {
	if (after === null || current.includes(name)) return after;
	if (before === null) return null;
	if (peaks.includes(name)) return after > before ? after : null;
	return Math.max(0, after - before); // the split of processor time is an estimate, which may go back
}
