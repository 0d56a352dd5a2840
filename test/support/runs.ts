/** Results and samples of runs that nobody made, for what is shown of them. */
import type { AppliedLimit } from '../../controller/model/applied-limit.js';
import type { Result } from '../../controller/report/result.js';
import type { Stats } from '../../controller/report/stats.js';
import type { Usage } from '../../controller/report/usage.js';

export const usage: Usage = {
	tasks: { peak: 3, refused: 2 },
	memory: {
		peak: 3 * 2 ** 20,
		current: 4096,
		swapPeak: 0,
		highHits: 5,
		limitHits: 6,
		swapHits: 7,
		oom: 8,
		oomKills: 9,
		groupKills: 0,
	},
	cpu: { total: 50, user: 40, system: 10, periods: 4, throttledPeriods: 1, throttled: 20 },
	io: { readBytes: 11, writtenBytes: 12, reads: 13, writes: 14 },
	pressure: { cpu: { some: 15, full: 16 }, memory: { some: 17, full: 18 }, io: { some: 19, full: 21 } },
	rusage: {
		...{ utime: 22, stime: 23, maxrss: 24, minflt: 25, majflt: 26 },
		...{ inblock: 27, oublock: 28, nvcsw: 29, nivcsw: 30 },
	},
};

export function limit(name: string, value: string, asked = value): AppliedLimit {
	return { limit: name, asked, value, rounded: asked !== value };
}

export function resultOf(members: Partial<Result> = {}): Result {
	return {
		...{ id: 'id', args: ['prog'], exitCode: 0, signal: null, coreDumped: false, timedOut: false },
		...{ wallTime: 100, limits: [], changes: [], usage },
		verdict: { outcome: 'passed', causes: [], sentence: 'It exited with status 0.' },
		...members,
	};
}

interface Seen {
	wallTime: number;
	memory?: Partial<Stats['memory']>;
	tasks?: Partial<Stats['tasks']>;
	cpu?: Partial<Stats['cpu']>;
	paused?: boolean;
}

export function sampleOf({ wallTime, memory, tasks, cpu, paused = false }: Seen): Stats {
	const { rusage, ...counted } = usage;
	return {
		...counted,
		...{ time: 1_000_000 + wallTime, wallTime, paused, limits: [] },
		memory: { ...counted.memory, swap: 0, ...memory },
		tasks: { ...counted.tasks, current: 1, ...tasks },
		cpu: { ...counted.cpu, ...cpu },
	};
}
