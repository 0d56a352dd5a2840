/** What can be known of a program afterwards: its peak of memory, and which limit it hit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Limits, type RunResult, run } from '../../controller/index.js';
import { bare, probe } from '../support/paths.js';
import { type Bench, problemOf } from './bench.js';
import { directoryOf } from './cgroups.js';
import type { Peer, PeerLimits } from './peers.js';
import type { Row, Table } from './table.js';

const touched = 2 ** 20;
/** Of what a runtime said, so much: what there is to see is in its first words. */
const shown = 60;

/** Programs that hit a limit: the arguments of the probe, and the limit for us and for a runtime. */
const hits: { name: string; args: string[]; limits: Limits; resources: PeerLimits }[] = [
	{ name: 'a refused fork', args: ['forks'], limits: { pids: 8 }, resources: { pids: { limit: 8 } } },
	{
		name: 'an OOM kill',
		args: ['touch', String(64 * 2 ** 20)],
		limits: { memory: '16M' },
		resources: { memory: { limit: 16 * 2 ** 20 } },
	},
	{
		name: 'a throttle',
		args: ['spin', '100'],
		limits: { cpu: '20000 100000' },
		resources: { cpu: { quota: 20_000, period: 100_000 } },
	},
];

/** Of a program that touches 1 MiB. */
export async function peak({ peers, signal }: Bench): Promise<Table> {
	const rows: Row[] = [];
	const data: { name: string; bytes: number | string }[] = [];
	const add = async (name: string, where: string, problem: string | undefined, measure: () => Promise<number>) => {
		const bytes = problem ? Number.NaN : await measure().catch((error) => problemOf(error, signal));
		const cells = [String(Number(bytes) / 1024), String(Math.round((Number(bytes) - touched) / 1024)), where];
		rows.push({ name, cells: problem ?? (typeof bytes === 'string' ? bytes : cells) });
		data.push({ name, bytes });
	};
	await add('procready', 'usage.memory.peak of the result', undefined, async () => {
		const { usage } = await run([probe, 'touch', String(touched)], { stdout: 'ignore', stderr: 'ignore', signal });
		return usage.memory.peak ?? Number.NaN;
	});
	for (const peer of peers)
		await add(peer.name, 'nowhere; of its cgroup, while the program waits', peer.problem, () => peakOf(peer, signal));
	return {
		title: 'peak: the memory that a program is said to have used that touches 1 MiB',
		columns: ['KiB', 'too many', 'where'],
		rows,
		notes: ["the kernel charges in steps of up to 256 KiB for each processor: that much is nobody's fault"],
		data,
	};
}

async function peakOf(peer: Peer, signal: AbortSignal): Promise<number> {
	peer.configure(bare, ['touch', String(touched)]);
	const child = spawn(peer.path, peer.runArgs(), { stdio: ['pipe', 'pipe', 'ignore'], detached: true, signal });
	child.on('error', () => {});
	const end = once(child, 'close');
	try {
		if (!(await Promise.race([once(child.stdout, 'data'), end.then(() => undefined)])))
			throw new Error('does not start');
		const { path } = directoryOf('memory', peer.name);
		const file = ['memory.peak', 'memory.max_usage_in_bytes'].map((name) => join(path, name)).find(existsSync);
		return Number(readFileSync(file ?? '', 'utf8'));
	} finally {
		child.stdin.end();
		await end;
	}
}

/** Whether a refused fork, an OOM kill and a throttle can be seen when the program has ended, and where. */
export async function afterwards({ peers, signal }: Bench): Promise<Table> {
	const names = ['procready', ...peers.map(({ name }) => name)];
	const seen: string[][] = names.map(() => []);
	for (const { args, limits, resources } of hits) {
		const result = await run([probe, ...args], { limits, stdout: 'ignore', stderr: 'ignore', signal });
		seen[0]?.push(sayingOf(result));
		for (const [index, peer] of peers.entries())
			seen[index + 1]?.push(await sayingOfPeer(peer, args, resources, signal));
	}
	return {
		title: 'afterwards: what is known of a limit that was hit',
		columns: hits.map(({ name }) => name),
		rows: names.map((name, index) => ({ name, cells: peers[index - 1]?.problem ?? seen[index] ?? [] })),
		notes: ['procready: limit and number of hits, in the verdict. Others: the exit status, and what they wrote'],
		data: names.map((name, index) => ({ name, seen: seen[index] })),
	};
}

function sayingOf({ verdict }: RunResult): string {
	return verdict.causes.map(({ limit, hits }) => `${limit} ${hits}x`).join(', ') || 'nothing';
}

async function sayingOfPeer(peer: Peer, args: string[], resources: PeerLimits, signal: AbortSignal): Promise<string> {
	if (peer.problem) return '-';
	peer.configure(probe, args, resources);
	try {
		const { exitCode, stderr } = await peer.tell();
		const said = stderr.trim().replaceAll(/\s+/g, ' ').slice(0, shown);
		return `exit status ${exitCode}${said && `: ${said}`}`;
	} catch (error) {
		return problemOf(error, signal);
	}
}
