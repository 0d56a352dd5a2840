/**
 * What happens to a container at its limits. cgroup v2 tells at once (its event files can be watched by inotify(7)); on
 * v1 the counters are looked at again and again.
 */
import { errnoOf } from '../errors.js';
import { machine } from '../host/machine.js';
import type { CountedDirectory, Counters } from '../model/counters.js';

export interface LimitEvent {
	/** Milliseconds since the epoch, when it was noticed. */
	time: number;
	/** The limit whose counter grew. */
	limit: string;
	/** The counter, for example `pids.events max`. */
	counter: string;
	/** How much it grew since the event before it, or since the program was started. */
	increase: number;
	/** Since the program was started. */
	total: number;
}

/** The limit, its counter, and what that is called on v1 and v2. */
const told: [limit: string, count: (counters: Counters) => number | null, v1: string, v2: string][] = [
	['pids.max', ({ tasks }) => tasks.refused, 'pids.events max', 'pids.events max'],
	['memory.high', ({ memory }) => memory.high, '', 'memory.events high'],
	['memory.max', ({ memory }) => memory.max, 'memory.failcnt', 'memory.events max'],
	['memory.max', ({ memory }) => memory.oom, '', 'memory.events oom'],
	// the kernel counts each kill, whoever's limit it was: it is told where nothing could be reclaimed below the container's own
	[
		'memory.max',
		({ memory }) => (memory.oom === 0 ? 0 : memory.oomKills),
		'memory.oom_control oom_kill',
		'memory.events oom_kill',
	],
	['memory.swap.max', ({ memory }) => memory.swapMax, 'memory.memsw.failcnt', 'memory.swap.events max'],
];

/** Tells at each call what has happened since the one before it. What is gone with the container is not undone. */
export function eventTeller(directories: readonly CountedDirectory[]): (counters: Counters) => LimitEvent[] {
	const known = told.map(() => 0);
	const versionOf = (limit: string) =>
		directories.find(({ controllers }) => controllers.includes(limit.split('.')[0] as string))?.version;
	return (counters) =>
		told.flatMap(([limit, count, v1, v2], index): LimitEvent[] => {
			const total = count(counters) ?? 0;
			const increase = total - (known[index] as number);
			if (increase <= 0) return [];
			known[index] = total;
			return [{ time: machine.now(), limit, counter: versionOf(limit) === 1 ? v1 : v2, increase, total }];
		});
}

/** The files of which the kernel says that they have changed. */
const noted: Record<string, string[]> = { pids: ['pids.events'], memory: ['memory.events', 'memory.swap.events'] };

/**
 * Calls `onChange` when there may be something to tell, also the end. `undefined` where the kernel does not say so: on v1,
 * and where this process or its user has as many watches as it may have.
 */
export function watchEvents(directories: readonly CountedDirectory[], onChange: () => void): Disposable | undefined {
	const counting = directories.filter(({ controllers }) => controllers.some((name) => noted[name]));
	if (counting.some(({ version }) => version === 1)) return undefined;
	const watches: Disposable[] = [];
	const stop = () => {
		for (const watching of watches) watching[Symbol.dispose]();
	};
	try {
		for (const { controllers, path } of counting)
			for (const file of ['cgroup.events', ...controllers.flatMap((name) => noted[name] ?? [])])
				if (machine.exists(`${path}/${file}`)) watches.push(machine.watch(`${path}/${file}`, onChange));
	} catch (error) {
		stop();
		if (!['EMFILE', 'ENOSPC', 'ENOENT', 'ENODEV'].includes(errnoOf(error) ?? '')) throw error;
		return undefined; // inotify(7): as many as there may be; or the container has just ended
	}
	return { [Symbol.dispose]: stop };
}
