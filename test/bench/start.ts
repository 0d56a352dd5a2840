/** How long it takes from the start of an empty static program to its end, seen from a living Node process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';
import { type Options, run } from '../../controller/index.js';
import { bare, smallest } from '../support/paths.js';
import type { Bench } from './bench.js';
import { bwrapArgs, missing } from './commands.js';
import type { Table } from './table.js';
import { type Contestant, each, takeTurns, timesTable } from './turns.js';

/** crun and runc are slow, and need fewer runs to be told from what is fast. */
const peerShare = 5;
/** Milliseconds: longer than what the kernel and Node keep ready for the next launch. */
const spacing = 25;

/** Back to back. */
export async function start(bench: Bench): Promise<Table> {
	const title = 'start: from the start of an empty static program to its end';
	return timesTable(title, await takeTurns(await contestantsOf(bench), bench), notesOf(bench));
}

/** With a pause before each. */
export async function spaced(bench: Bench): Promise<Table> {
	const title = `spaced: the same, with ${spacing} ms of idleness before each`;
	const fewer = { ...bench, runs: Math.ceil(bench.runs / 3) };
	return timesTable(title, await takeTurns(await contestantsOf(fewer, { pause: spacing }), fewer), notesOf(bench));
}

/**
 * On a hybrid host whose v1 mounts are hidden: what a launch costs on v2 without emulation. v2 has few controllers
 * there, so one of those makes the cgroup, with a late limit that says nothing to the program.
 */
export async function startOnV2(bench: Bench, limit: string): Promise<Table> {
	const contestants = await contestantsOf(bench, { set: { [limit]: 'max' } });
	const title = `start, with cgroup v2 alone and ${limit} as the limit`;
	return timesTable(title, await takeTurns(contestants, bench), notesOf({ ...bench, cgroupVersion: 2 }));
}

interface Variant {
	pause?: number;
	/** Instead of the usual limits. */
	set?: Record<string, string>;
}

async function contestantsOf({ runs, peers, signal }: Bench, { pause, set }: Variant = {}): Promise<Contestant[]> {
	const limits = set ? { set } : { pids: 1, memory: '1M' };
	const procready = (options: Options) => () =>
		run([smallest], { ...options, stdout: 'ignore', stderr: 'ignore', signal }).then(({ exitCode }) => exitCode);
	const spawned = (program: string, args: string[]) => each(() => ended(spawnIgnored(program, args)), pause);
	return [
		...(pause ? [] : [{ name: 'bare C loop, same namespaces', reference: 'bare', runs, measure: measureBare }]),
		{ name: 'child_process.spawn', reference: 'spawn', runs, measure: spawned(smallest, []) },
		...(set ? [] : [{ name: 'procready, no limits', runs, measure: each(procready({}), pause) }]),
		{ name: set ? 'procready' : "procready, pids 1, memory '1M'", runs, measure: each(procready({ limits }), pause) },
		{
			name: 'bwrap, no limits',
			reference: 'bwrap',
			problem: await missing('bwrap'),
			runs,
			measure: spawned('bwrap', [...bwrapArgs, smallest]),
		},
		...peers.map((peer) => ({
			name: peer.name,
			reference: peer.name,
			problem: peer.problem,
			runs: Math.ceil(runs / peerShare),
			measure: each(() => {
				peer.configure(smallest);
				return ended(spawnIgnored(peer.path, peer.runArgs()));
			}, pause),
		})),
	];
}

async function measureBare(runs: number): Promise<number[]> {
	const { stdout } = await execa(bare, ['start', String(runs), smallest], { stdin: 'ignore' });
	return stdout.split('\n').map((microseconds) => Number(microseconds) / 1000);
}

export function spawnIgnored(program: string, args: string[]): ChildProcess {
	return spawn(program, args, { stdio: 'ignore', detached: true }); // detached: Ctrl-C is for us
}

export async function ended(child: ChildProcess): Promise<unknown> {
	const [status, signal] = await once(child, 'exit');
	return status ?? signal;
}

function notesOf({ cgroupVersion }: Bench): string[] {
	const v1 = cgroupVersion === 2 ? '' : ' (this host: cgroup v1, where a move between cgroups alone may take 12 ms)';
	return [`target, on cgroup v2: procready at most 2 / spawn, less than 1 / bwrap and 0.25 / crun${v1}`];
}
