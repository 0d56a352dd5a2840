/** How long it takes from the start of an empty static program to its end, seen from a living Node process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { type Options, run } from '../../controller/index.js';
import { type Bench, bare, problemOf, smallest } from './bench.js';
import type { Peer } from './peers.js';
import { median, quantile, spread } from './statistics.js';
import { ratio, type Table } from './table.js';

/** Runs of one contestant before the next one has its turn; the first of a block is not counted. */
const block = 10;
/** crun and runc are slow, and need fewer runs to be told from what is fast. */
const peerShare = 5;

interface Contestant {
	name: string;
	/** Column of the ratios to this one. */
	reference?: string;
	problem?: string | undefined;
	runs: number;
	/** Milliseconds of each of so many runs. */
	measure(runs: number): Promise<number[]>;
}

export async function start(bench: Bench): Promise<Table> {
	for (const peer of bench.peers) peer.configure(smallest);
	return tableOf(await interleave(contestantsOf(bench), bench), bench);
}

/**
 * On a hybrid host whose v1 mounts are hidden: what a launch costs on v2 without emulation. v2 has few controllers
 * there, so one of those makes the cgroup, with a late limit that says nothing to the program.
 */
export async function startOnV2(bench: Bench, limit: string): Promise<Table> {
	const contestants = contestantsOf({ ...bench, peers: [] }, { [limit]: 'max' });
	const table = tableOf(await interleave(contestants, bench), { ...bench, peers: [], cgroupVersion: 2 });
	return { ...table, title: `start, with cgroup v2 alone and ${limit} as the limit: milliseconds` };
}

async function interleave(contestants: Contestant[], bench: Bench): Promise<Map<Contestant, number[]>> {
	const times = new Map(contestants.map((contestant) => [contestant, [] as number[]]));
	const rounds = Math.ceil(bench.runs / block);
	for (let round = 1; round <= rounds; round++)
		for (const [contestant, measured] of times) {
			const due = Math.round((contestant.runs * round) / rounds) - measured.length;
			if (contestant.problem || due === 0) continue;
			bench.signal.throwIfAborted();
			try {
				measured.push(...(await contestant.measure(due + 1)).slice(1));
			} catch (error) {
				contestant.problem = problemOf(error, bench.signal);
			}
		}
	return times;
}

function contestantsOf({ runs, peers, signal }: Bench, set?: Record<string, string>): Contestant[] {
	const limits = set ? { set } : { pids: 1, memory: '1M' };
	const procready = (options: Options) => () =>
		run([smallest], { ...options, stdout: 'ignore', stderr: 'ignore', signal }).then(({ exitCode }) => exitCode);
	return [
		{ name: 'bare C loop, same namespaces', reference: 'bare', runs, measure: measureBare },
		{ name: 'child_process.spawn', reference: 'spawn', runs, measure: each(() => ended(spawnIgnored(smallest, []))) },
		...(set ? [] : [{ name: 'procready, no limits', runs, measure: each(procready({})) }]),
		{ name: set ? 'procready' : "procready, pids 1, memory '1M'", runs, measure: each(procready({ limits })) },
		...peers.map((peer) => ({
			name: peer.name,
			reference: peer.name,
			problem: peer.problem,
			runs: Math.ceil(runs / peerShare),
			measure: each(() => runPeer(peer)),
		})),
	];
}

async function measureBare(runs: number): Promise<number[]> {
	const { stdout } = await execa(bare, ['start', String(runs), smallest], { stdin: 'ignore' });
	return stdout.split('\n').map((microseconds) => Number(microseconds) / 1000);
}

function each(once: () => Promise<unknown>): Contestant['measure'] {
	return async (runs) => {
		const times: number[] = [];
		for (let left = runs; left > 0; left--) {
			const before = performance.now();
			const status = await once();
			times.push(performance.now() - before);
			if (status !== 0) throw new Error(`a run ended with ${status} instead of 0`);
		}
		return times;
	};
}

function spawnIgnored(program: string, args: string[]): ChildProcess {
	return spawn(program, args, { stdio: 'ignore', detached: true }); // detached: Ctrl-C is for us
}

async function ended(child: ChildProcess): Promise<unknown> {
	const [status, signal] = await once(child, 'exit');
	return status ?? signal;
}

function runPeer(peer: Peer): Promise<unknown> {
	return ended(spawnIgnored(peer.name, peer.runArgs()));
}

function tableOf(times: Map<Contestant, number[]>, { peers, runs, cgroupVersion }: Bench): Table {
	const references = [...times].filter(([{ reference }]) => reference);
	const fixed = (values: number[], share: number) => quantile(values, share).toFixed(2);
	return {
		title: 'start: from the start of an empty static program to its end, milliseconds',
		columns: ['runs', 'p50', 'p99', 'p25 - p75', ...references.map(([{ reference }]) => `/ ${reference}`)],
		rows: [...times].map(([{ name, problem }, values]) => ({
			name,
			cells: problem ?? [
				String(values.length),
				fixed(values, 0.5),
				fixed(values, 0.99),
				spread(values),
				...references.map(([, of]) => ratio(median(values), of.length > 0 ? median(of) : undefined)),
			],
		})),
		notes: [
			'target, on cgroup v2: procready at most 3 / spawn, and less than 1 / crun' +
				(cgroupVersion === 2 ? '' : ' (this host: cgroup v1, where a move between cgroups alone may take 12 ms)'),
			`ratios are of p50. Interleaved in blocks of ${block}, the first run of a block not counted;`,
			...(peers.length === 0
				? []
				: [
						`${peers.map(({ name }) => name).join(' and ')} with ${Math.ceil(runs / peerShare)} runs because they are slow`,
					]),
		],
		data: [...times].map(([{ name, problem }, milliseconds]) => ({ name, problem, milliseconds })),
	};
}
