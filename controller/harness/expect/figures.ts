/** The figures of a report by their names, and what each is counted in. */
import type { Count } from '../../model/counters.js';
import { namesOf } from '../../report/named.js';
import type { Usage } from '../../report/usage.js';
import type { Unit } from './amount.js';

type Names<T> = { [Name in keyof T & string]: T[Name] extends Count ? Name : `${Name}.${Names<T[Name]>}` }[keyof T &
	string];

/** `memory.peak`, `pressure.cpu.some`, … */
export type Figure = Names<Usage>;

export const figures: Record<Figure, Unit> = {
	'tasks.peak': 'count',
	'tasks.refused': 'count',
	'memory.peak': 'bytes',
	'memory.current': 'bytes',
	'memory.swapPeak': 'bytes',
	'memory.highHits': 'count',
	'memory.limitHits': 'count',
	'memory.swapHits': 'count',
	'memory.oom': 'count',
	'memory.oomKills': 'count',
	'memory.groupKills': 'count',
	'cpu.total': 'milliseconds',
	'cpu.user': 'milliseconds',
	'cpu.system': 'milliseconds',
	'cpu.periods': 'count',
	'cpu.throttledPeriods': 'count',
	'cpu.throttled': 'milliseconds',
	'io.readBytes': 'bytes',
	'io.writtenBytes': 'bytes',
	'io.reads': 'count',
	'io.writes': 'count',
	'pressure.cpu.some': 'milliseconds',
	'pressure.cpu.full': 'milliseconds',
	'pressure.memory.some': 'milliseconds',
	'pressure.memory.full': 'milliseconds',
	'pressure.io.some': 'milliseconds',
	'pressure.io.full': 'milliseconds',
	'rusage.utime': 'milliseconds',
	'rusage.stime': 'milliseconds',
	'rusage.maxrss': 'bytes',
	'rusage.minflt': 'count',
	'rusage.majflt': 'count',
	'rusage.inblock': 'count',
	'rusage.oublock': 'count',
	'rusage.nvcsw': 'count',
	'rusage.nivcsw': 'count',
};

/** Other names that people use. */
const synonyms: Record<string, Figure> = { 'cpu.time': 'cpu.total' };

export const figureNames: readonly string[] = [...Object.keys(figures), ...Object.keys(synonyms)];

/** The figure of that name, `undefined` where there is none. */
export function figureOf(name: string): Figure | undefined {
	if (Object.hasOwn(synonyms, name)) return synonyms[name];
	return Object.hasOwn(figures, name) ? (name as Figure) : undefined;
}

/** `null`: this host, or this kernel, does not count it, or there is no account. */
export function figureIn(usage: Usage | null, figure: Figure): Count {
	const value = figure
		.split('.')
		.reduce((holder: unknown, name) => (holder as Record<string, unknown> | null | undefined)?.[name], usage);
	return typeof value === 'number' ? value : null;
}

/** The causes of which hits are counted under a name: that of a file, or of an option. `undefined` where there are none. */
export function hitLimits(name: string): readonly string[] | undefined {
	const limits = Object.hasOwn(hitCounters, name) && name !== 'memory' ? [name] : namesOf(name);
	return limits.every((limit) => Object.hasOwn(hitCounters, limit)) ? limits : undefined;
}

/** The limits of which hits are told, and the counter without which they are not; as `limit` of a cause of the verdict. */
export const hitCounters: Record<string, Figure | undefined> = {
	'pids.max': 'tasks.refused',
	'memory.max': 'memory.limitHits',
	'memory.high': 'memory.highHits',
	'memory.swap.max': 'memory.swapHits',
	'cpu.max': 'cpu.throttledPeriods',
	memory: 'memory.oomKills',
	RLIMIT_CPU: undefined,
	RLIMIT_FSIZE: undefined,
	seccomp: undefined,
	forks: undefined,
	timeout: undefined,
	'cpu.time': 'cpu.total',
	output: undefined,
};
