/** Whether a share of the processor delays the program's first instruction. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { reasonOf } from '../../controller/errors.js';
import { Container, plan } from '../../controller/index.js';
import { bare } from '../support/paths.js';
import { type Bench, problemOf } from './bench.js';
import { directoryOf, withDirectory } from './cgroups.js';
import type { Peer } from './peers.js';
import { median, spread } from './statistics.js';
import { ratio, type Table } from './table.js';

const period = 100_000; // what the kernel begins with
/** How many times fewer the runs are than those of the start: each of them is three, and throttled ones are long. */
const share = 10;
const peerShare = 30;

interface Sample {
	/** From before the start to the program's first instruction. */
	milliseconds: number;
	/** nr_throttled of the container's cgroup, with the program waiting right after that. */
	throttled: number;
}

interface Contestant {
	name: string;
	problem?: string | undefined;
	runs: number;
	measure(limited: boolean): Promise<Sample>;
}

interface Measured {
	free: Sample[];
	limited: Sample[];
}

/** With cpu.max at so many percent of a processor. */
export async function cpu(percent: number, bench: Bench): Promise<Table> {
	const contestants = contestantsOf((percent * period) / 100, bench);
	const samples = new Map<Contestant, Measured>(contestants.map((one) => [one, { free: [], limited: [] }]));
	for (let round = 0; round < Math.max(...contestants.map(({ runs }) => runs)); round++)
		for (const [contestant, measured] of samples)
			if (!contestant.problem && round < contestant.runs)
				await turn(contestant, measured, round, bench.signal).catch((error) => {
					contestant.problem = problemOf(error, bench.signal);
				});
	return tableOf(percent, samples);
}

/** Once without being counted, for the pause before costs the first run extra; then both ways, in changing order. */
async function turn({ measure }: Contestant, measured: Measured, round: number, signal: AbortSignal): Promise<void> {
	await measure(false);
	for (const way of round % 2 === 0 ? (['free', 'limited'] as const) : (['limited', 'free'] as const)) {
		signal.throwIfAborted();
		measured[way].push(await measure(way === 'limited'));
	}
}

function contestantsOf(quota: number, { runs, peers, cgroupVersion, signal }: Bench): Contestant[] {
	return [
		{
			name: 'bare C parent, late write',
			runs: Math.ceil(runs / share),
			measure: (limited) => measureBare(limited && quota, cgroupVersion, signal),
		},
		{ name: 'procready', runs: Math.ceil(runs / share), measure: procready(quota, signal) },
		...peers.map((peer) => ({
			name: peer.name,
			problem: peer.problem,
			runs: Math.ceil(runs / peerShare),
			measure: (limited: boolean) => measurePeer(peer, limited && quota, signal),
		})),
	];
}

async function measureBare(quota: number | false, version: 1 | 2, signal: AbortSignal): Promise<Sample> {
	const none = version === 2 ? 'max' : '-1';
	const file = version === 2 ? 'cpu.max' : 'cpu.cfs_quota_us';
	return withDirectory('cpu', 'bare', (path) => {
		const args = ['limit', path, file, quota ? String(quota) : none, bare, 'first'];
		return measureChild(bare, args, path, signal);
	});
}

function procready(quota: number, signal: AbortSignal): Contestant['measure'] {
	const base = plan([bare]).directories.find(({ controllers }) => controllers.includes('cpu'))?.base ?? '';
	return async (limited) => {
		const before = process.hrtime.bigint();
		await using container = await Container.launch([bare, 'first'], {
			limits: limited ? { cpu: `${quota} ${period}` } : {},
			stderr: 'ignore',
			signal,
		});
		const sample = await sampleOf(container, before, join(base, container.id));
		await container.wait();
		return sample;
	};
}

async function measurePeer(peer: Peer, quota: number | false, signal: AbortSignal): Promise<Sample> {
	peer.configure(bare, ['first'], quota ? { cpu: { quota, period } } : {});
	return measureChild(peer.path, peer.runArgs(), directoryOf('cpu', peer.name).path, signal);
}

async function measureChild(command: string, args: string[], cgroup: string, signal: AbortSignal): Promise<Sample> {
	const before = process.hrtime.bigint();
	const child = spawn(command, args, {
		stdio: ['pipe', 'pipe', 'pipe'],
		detached: true, // Ctrl-C is for us
		signal,
		killSignal: 'SIGKILL',
	});
	const end = endOf(child);
	const said = text(child.stderr).catch(() => ''); // its pipe fails with an abort
	try {
		return await sampleOf(child, before, cgroup);
	} catch (error) {
		child.stdin.end();
		throw withWords(error, `${await end}, stderr: ${JSON.stringify((await said).trim())}`);
	} finally {
		child.stdin.end();
		await end;
	}
}

/** How the command ended, and what it said, belong to why it has no sample. */
function withWords(error: unknown, words: string): Error {
	return new Error(`${reasonOf(error)} (${words})`, { cause: error });
}

/** Also after an abort, which is an error of the process before it has ended. */
async function endOf(child: ChildProcess): Promise<string> {
	child.on('error', () => {});
	await new Promise((resolve) => child.once('close', resolve));
	return child.signalCode ?? `status ${child.exitCode}`;
}

interface Streams {
	stdin: Writable | null;
	stdout: Readable | null;
}

async function sampleOf({ stdin, stdout }: Streams, before: bigint, cgroup: string): Promise<Sample> {
	const microseconds = await firstLine(stdout as Readable);
	const stat = readFileSync(join(cgroup, 'cpu.stat'), 'utf8');
	stdin?.end();
	return {
		milliseconds: Number(microseconds) / 1e3 - Number(before) / 1e6,
		throttled: Number(/^nr_throttled (\d+)$/m.exec(stat)?.[1]),
	};
}

async function firstLine(input: Readable): Promise<string> {
	for await (const line of createInterface({ input })) return line;
	throw new Error('ended before the first instruction of the program');
}

function tableOf(percent: number, samples: Map<Contestant, Measured>): Table {
	const times = (list: Sample[]) => list.map(({ milliseconds }) => milliseconds);
	return {
		title: `cpu: from the start to the first instruction of the program with cpu.max at ${percent} %, milliseconds`,
		columns: ['runs', 'no limit', 'p25 - p75', `${percent} %`, 'p25 - p75', 'ratio', 'not throttled'],
		rows: [...samples].map(([{ name, problem }, { free, limited }]) => ({
			name,
			cells: problem ?? [
				String(limited.length),
				median(times(free)).toFixed(2),
				spread(times(free)),
				median(times(limited)).toFixed(2),
				spread(times(limited)),
				ratio(median(times(limited)), median(times(free))),
				`${limited.filter(({ throttled }) => throttled === 0).length}/${limited.length}`,
			],
		})),
		notes: notesOf(percent),
		data: [...samples].map(([{ name, problem }, measured]) => ({ name, problem, ...measured })),
	};
}

function notesOf(percent: number): string[] {
	return [
		'target: a ratio of 1, and no run throttled before its first instruction.',
		`${percent} % is ${percent} ms of every 100 ms: where the execve alone takes longer, as on an emulated processor, the`,
		'bare parent is throttled too. Medians; "not throttled": runs whose nr_throttled was 0 when the program had said its',
		'first word. Interleaved, with and without a limit in changing order; the runtimes with fewer runs, for they are slow',
	];
}
