/** The smallest limit of tasks under which a program of one task starts, alone and beside another one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Container, ProcreadyError, run } from '../../controller/index.js';
import { bare, probe, smallest } from '../support/paths.js';
import { type Bench, problemOf } from './bench.js';
import type { Peer } from './peers.js';
import type { Table } from './table.js';

const most = 64;
const tries = 10;
const notStarted = 'the first does not start';

interface Contestant {
	name: string;
	problem?: string | undefined;
	starts(limit: number): Promise<boolean>;
	/** Starts a second program of one task in a container of one; what is said when that fails. */
	join(limit: number): Promise<string | undefined>;
}

export async function tasks({ peers, signal }: Bench): Promise<Table> {
	const contestants = [procready(signal), ...peers.map((peer) => runtime(peer, signal))];
	const rows = [];
	for (const { name, problem, starts, join } of contestants) {
		const measured = { name, problem, run: Number.NaN, exec: Number.NaN, refusal: 'nothing: there is room' };
		if (!problem)
			try {
				measured.run = await smallestOf(starts, signal);
				measured.exec = await smallestOf(async (limit) => {
					const refusal = await join(limit);
					if (refusal !== undefined && refusal !== notStarted) measured.refusal = refusal;
					return refusal === undefined;
				}, signal);
			} catch (error) {
				measured.problem = problemOf(error, signal);
			}
		rows.push(measured);
	}
	return {
		title: 'tasks: the smallest pids.max under which a static program of one task starts',
		columns: ['run', 'exec beside one', 'and what exec says in a container that is full'],
		rows: rows.map((row) => ({
			name: row.name,
			cells: row.problem ?? [String(row.run), String(row.exec), row.refusal],
		})),
		notes: [
			`${tries} of ${tries}; the least there can be is 1 and 2. On cgroup v1 the kernel refuses a fork, but never a move: a`,
			'runtime that moves its process in exceeds the limit',
		],
		data: rows,
	};
}

/** The smallest that succeeds so often; from below, for none needs many. */
async function smallestOf(succeeds: (limit: number) => Promise<boolean>, signal: AbortSignal): Promise<number> {
	for (let limit = 1; limit <= most; limit++) {
		let count = 0;
		while (count < tries && (await succeeds(limit))) {
			signal.throwIfAborted();
			count++;
		}
		if (count === tries) return limit;
	}
	throw new Error(`does not start with ${most} tasks`);
}

function procready(signal: AbortSignal): Contestant {
	const quiet = { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', signal } as const;
	const join = async (limit: number) => {
		await using container = await Container.launch([probe, 'hold'], { ...quiet, limits: { pids: limit } });
		try {
			const execution = await container.exec([smallest], quiet);
			return (await execution.wait()).exitCode === 0 ? undefined : 'it failed';
		} catch (error) {
			if (error instanceof ProcreadyError) return error.message;
			throw error;
		}
	};
	return {
		name: 'procready',
		starts: async (limit) => (await run([smallest], { ...quiet, limits: { pids: limit } })).exitCode === 0,
		join,
	};
}

function runtime(peer: Peer, signal: AbortSignal): Contestant {
	const join = async (limit: number) => {
		peer.configure(bare, ['first'], { pids: { limit } });
		const child = spawn(peer.path, peer.runArgs(), { stdio: ['pipe', 'pipe', 'ignore'], detached: true, signal });
		child.on('error', () => {});
		const end = once(child, 'close');
		try {
			const isThere = await Promise.race([once(child.stdout, 'data'), end.then(() => undefined)]);
			if (!isThere) return notStarted;
			await sleep(20); // until the runtime has done what comes after the start
			const { exitCode, stderr } = await execa(peer.path, peer.execArgs(smallest), { reject: false, stdin: 'ignore' });
			return exitCode === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `exit status ${exitCode}`);
		} finally {
			child.stdin.end();
			await end;
			await peer.clean();
		}
	};
	return {
		name: peer.name,
		problem: peer.problem,
		starts: (limit) => {
			peer.configure(smallest, [], { pids: { limit } });
			return peer.run();
		},
		join,
	};
}
