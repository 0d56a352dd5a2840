/** Launches a second with several in flight, and the cost of one beside many containers that live. */
import { Container, run } from '../../controller/index.js';
import { probe, smallest } from '../support/paths.js';
import { type Bench, problemOf } from './bench.js';
import { bwrapArgs, missing } from './commands.js';
import type { Peer } from './peers.js';
import { ended, spawnIgnored } from './start.js';
import { median, quantile } from './statistics.js';
import { ratio, type Table } from './table.js';

const inFlight = [1, 2, 4, 8, 16];
const living = [0, 100, 500, 1000];

interface Contestant {
	name: string;
	problem?: string | undefined;
	/** For one of those in flight, which have numbers. */
	launch(worker: number): Promise<unknown>;
}

const quiet = { stdout: 'ignore', stderr: 'ignore' } as const;
const limits = { pids: 1, memory: '1M' };

/** Launches a second. */
export async function throughput(bench: Bench): Promise<Table> {
	const contestants: Contestant[] = [
		{ name: 'child_process.spawn', launch: () => ended(spawnIgnored(smallest, [])) },
		{
			name: "procready, pids 1, memory '1M'",
			launch: async () => (await run([smallest], { ...quiet, limits, signal: bench.signal })).exitCode,
		},
		{
			name: 'bwrap, no limits',
			problem: await missing('bwrap'),
			launch: () => ended(spawnIgnored('bwrap', [...bwrapArgs, smallest])),
		},
		...bench.peers.map(contestantOf),
	];
	const rates = new Map(contestants.map((one) => [one, [] as number[]]));
	for (const number of inFlight)
		for (const [contestant, measured] of rates) {
			if (contestant.problem) continue;
			bench.signal.throwIfAborted();
			try {
				measured.push(await rate(contestant, Math.max(number * 2, Math.ceil(bench.runs / 3)), number));
			} catch (error) {
				contestant.problem = problemOf(error, bench.signal);
			}
		}
	const most = (measured: number[]) => Math.max(...measured);
	const ours = most([...rates.values()][1] ?? []);
	return {
		title: 'throughput: launches a second, with so many in flight',
		columns: [...inFlight.map(String), 'procready / this'],
		rows: [...rates].map(([{ name, problem }, measured]) => ({
			name,
			cells: problem ?? [...measured.map((value) => value.toFixed(0)), ratio(ours, most(measured))],
		})),
		notes: ['the ratio is of the best of each'],
		data: [...rates].map(([{ name, problem }, measured]) => ({ name, problem, inFlight, perSecond: measured })),
	};
}

/** Each worker has a bundle of its own, for in that is the path of the cgroup. */
function contestantOf(peer: Peer): Contestant {
	const twins = Array.from({ length: Math.max(...inFlight) }, (_, number) => peer.twin(number));
	for (const twin of twins) twin.configure(smallest);
	const launch = (worker: number) => {
		const twin = twins[worker] as Peer;
		return ended(spawnIgnored(twin.path, twin.runArgs()));
	};
	return { name: peer.name, problem: peer.problem, launch };
}

async function rate({ launch }: Contestant, launches: number, number: number): Promise<number> {
	let left = launches;
	const before = performance.now();
	const work = async (worker: number) => {
		while (left-- > 0) {
			const status = await launch(worker);
			if (status !== 0) throw new Error(`a run ended with ${status} instead of 0`);
		}
	};
	await Promise.all(Array.from({ length: number }, (_, worker) => work(worker)));
	return (1000 * launches) / (performance.now() - before);
}

/** One launch after the other, beside containers that wait. */
export async function crowd({ runs, signal }: Bench): Promise<Table> {
	const containers: Container[] = [];
	const measured: { living: number; times: number[] }[] = [];
	let problem: string | undefined;
	try {
		for (const number of living) {
			while (containers.length < number)
				containers.push(...(await several(Math.min(8, number - containers.length), signal)));
			const times: number[] = [];
			for (let left = Math.max(20, Math.ceil(runs / 3)); left > 0; left--) {
				const before = performance.now();
				await run([smallest], { ...quiet, limits, signal });
				times.push(performance.now() - before);
			}
			measured.push({ living: number, times });
		}
	} catch (error) {
		problem = problemOf(error, signal);
	} finally {
		for (const container of containers) container.kill();
		await Promise.all(containers.map((container) => container.wait().catch(() => {})));
	}
	const first = median(measured[0]?.times ?? []);
	return {
		title: "crowd: one launch with pids 1 and memory '1M' beside so many idle containers, milliseconds",
		columns: ['p50', 'p99', '/ none'],
		rows: living.map((number) => {
			const times = measured.find((one) => one.living === number)?.times;
			return {
				name: String(number),
				cells: times
					? [median(times).toFixed(2), quantile(times, 0.99).toFixed(2), ratio(median(times), first)]
					: (problem ?? '-'),
			};
		}),
		notes: ['target: with 1,000 at most 1.5 times as long as with none'],
		data: measured,
	};
}

/** Each keeps two processes, a channel and its cgroups. */
function several(number: number, signal: AbortSignal): Promise<Container[]> {
	const options = { ...quiet, stdin: 'ignore', limits, signal } as const;
	return Promise.all(Array.from({ length: number }, () => Container.launch([probe, 'hold'], options)));
}
