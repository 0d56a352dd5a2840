/** The smallest memory limit under which a program starts, to one page. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ProcreadyError, run } from '../../controller/index.js';
import { bare, smallest } from '../support/paths.js';
import { type Bench, busybox, problemOf } from './bench.js';
import { withDirectory } from './cgroups.js';
import type { Peer } from './peers.js';
import { type Row, ratio, type Table } from './table.js';

const page = 4096;
const tries = 10;
const mostPages = (256 * 2 ** 20) / page;
const targetKiB = 8;

interface Contestant {
	name: string;
	problem?: string | undefined;
	/** Whether the program started under a limit of so many bytes, and ended well. */
	starts(bytes: number): Promise<boolean>;
}

interface Found {
	name: string;
	problem?: string;
	bytes?: number;
	/** How many of the ten tries succeeded with one page less. */
	below?: number;
}

export async function memory(bench: Bench): Promise<Table> {
	return tableOf('an empty static program starts', await floors([smallest], bench));
}

/** Of a busybox, so that all have the same. */
export async function shell(bench: Bench): Promise<Table> {
	return tableOf('a shell starts and ends', await floors([busybox, 'sh', '-c', ':'], bench));
}

async function floors(command: string[], bench: Bench): Promise<Found[]> {
	const contestants = contestantsOf(command, bench);
	const searches = contestants.map((contestant) => ({ contestant, steps: search(contestant.starts) }));
	const found = new Map<Contestant, Found>();
	while (found.size < contestants.length)
		for (const { contestant, steps } of searches)
			if (!found.has(contestant)) {
				const result = await step(contestant, steps, bench.signal);
				if (result) found.set(contestant, result);
			}
	return contestants.flatMap((contestant) => found.get(contestant) ?? []);
}

function contestantsOf(command: string[], { peers, canLimitSwap, cgroupVersion, signal }: Bench): Contestant[] {
	return [
		{ name: 'bare C parent, late write', starts: (bytes) => startsBare(command, bytes, cgroupVersion) },
		{ name: 'procready', starts: (bytes) => startsProcready(command, bytes, signal) },
		...peers.map((peer) => ({
			name: peer.name,
			problem: peer.problem,
			starts: (bytes: number) => startsPeer(peer, command, bytes, canLimitSwap),
		})),
	];
}

async function startsBare(command: string[], bytes: number, version: 1 | 2): Promise<boolean> {
	const file = version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
	const { exitCode, stderr } = await withDirectory('memory', 'bare', (path) => {
		const swap = join(path, 'memory.swap.max'); // none, as the others have it: else less memory is enough
		if (existsSync(swap)) writeFileSync(swap, '0');
		return execa(bare, ['limit', path, file, String(bytes), ...command], { stdin: 'ignore', reject: false });
	});
	if (exitCode === 125) throw new Error(stderr);
	return exitCode === 0;
}

async function startsProcready(command: string[], bytes: number, signal: AbortSignal): Promise<boolean> {
	try {
		const { exitCode } = await run(command, {
			limits: { memory: bytes },
			stdout: 'ignore',
			stderr: 'ignore',
			signal,
		});
		return exitCode === 0;
	} catch (error) {
		if (error instanceof ProcreadyError && error.code === 'limit-too-small') return false;
		throw error;
	}
}

async function startsPeer(
	peer: Peer,
	[program = '', ...args]: string[],
	bytes: number,
	canLimitSwap: boolean,
): Promise<boolean> {
	peer.configure(program, args, { memory: { limit: bytes, ...(canLimitSwap ? { swap: bytes } : {}) } });
	return peer.run();
}

/** One step of a search; all contestants take turns, so that what disturbs the host disturbs them alike. */
async function step({ name, problem }: Contestant, steps: Search, signal: AbortSignal): Promise<Found | undefined> {
	if (problem) return { name, problem };
	signal.throwIfAborted();
	try {
		const { done, value } = await steps.next();
		return done ? { name, ...value } : undefined;
	} catch (error) {
		return { name, problem: problemOf(error, signal) };
	}
}

type Search = AsyncGenerator<void, { bytes: number; below: number }>;

/** Bisects to the page; then tries again at the result and below it, for a single failure may have been an accident. */
async function* search(starts: Contestant['starts']): Search {
	let [low, high] = [0, 8];
	for (; !(await allStart(starts, high)); high *= 2) {
		if (high >= mostPages) throw new Error(`does not start with ${(high * page) / 2 ** 20} MiB`);
		low = high;
		yield;
	}
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (await allStart(starts, middle)) high = middle;
		else low = middle;
		yield;
	}
	for (; !(await allStart(starts, high)); high++) yield;
	let below = await successes(starts, high - 1);
	for (; below === tries; below = await successes(starts, high - 1)) {
		high--;
		yield;
	}
	return { bytes: high * page, below };
}

async function allStart(starts: Contestant['starts'], pages: number): Promise<boolean> {
	for (let count = 0; count < tries; count++) if (!(await starts(pages * page))) return false;
	return true;
}

async function successes(starts: Contestant['starts'], pages: number): Promise<number> {
	let count = 0;
	for (let left = tries; left > 0; left--) if (await starts(pages * page)) count++;
	return count;
}

function tableOf(what: string, found: Found[]): Table {
	const floor = found[0]?.bytes;
	const row = ({ name, problem, bytes = Number.NaN, below }: Found): Row => ({
		name,
		cells: problem ?? [
			String(bytes / 1024),
			floor === undefined ? '-' : `${bytes < floor ? '' : '+'}${(bytes - floor) / 1024}`,
			ratio(bytes, floor),
			`${tries}/${tries}`,
			`${below}/${tries}`,
		],
	});
	return {
		title: `memory: the smallest memory limit under which ${what}`,
		columns: ['KiB', 'over bare', '/ bare', 'starts', 'a page less'],
		rows: found.map(row),
		notes: [`target: procready at most bare + ${targetKiB} KiB`],
		data: found,
	};
}
