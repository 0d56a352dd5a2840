/** What stays in memory for one idle container, and what a launch asks of the kernel. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Container } from '../../controller/index.js';
import { bare, cli, probe, shim, smallest } from '../support/paths.js';
import { type Bench, problemOf } from './bench.js';
import { bwrapArgs, missing } from './commands.js';
import { spawnIgnored } from './start.js';
import type { Row, Table } from './table.js';

interface Contestant {
	name: string;
	problem?: string | undefined;
	/** Starts one that waits; `program` is what it runs, as its /proc/PID/cmdline begins. */
	hold: string[];
	program: string;
	/** The same with the smallest program. */
	run: string[];
	prepare?: (args: string[]) => void;
}

interface Measured {
	/** KiB of all processes but the program. */
	resident?: number;
	processes?: number;
	systemCalls?: number;
	pageFaults?: number;
	problem?: string | undefined;
}

const held = 30;

export async function footprint(bench: Bench): Promise<Table> {
	const contestants: Contestant[] = [
		{
			name: 'procready, command line',
			hold: [cli, 'run', '--', probe, 'hold'],
			program: probe,
			run: [cli, 'run', '--', smallest],
		},
		{
			name: 'bwrap',
			problem: await missing('bwrap'),
			hold: ['bwrap', ...bwrapArgs, probe, 'hold'],
			program: probe,
			run: ['bwrap', ...bwrapArgs, smallest],
		},
		...bench.peers.map((peer) => ({
			name: `${peer.name} run`,
			problem: peer.problem,
			hold: [peer.path, ...peer.runArgs()],
			program: '/probe',
			run: [peer.path, ...peer.runArgs()],
			prepare: ([program = '', ...args]: string[]) => peer.configure(program, args),
		})),
	];
	const rows = [await rowOf('procready, library: one more', () => measureLibrary(bench.signal), bench)];
	for (const contestant of contestants)
		rows.push(await rowOf(contestant.name, () => measure(contestant, bench.signal), bench));
	return {
		title: 'footprint: one idle container, and one launch of an empty static program',
		columns: ['resident KiB', 'processes', 'system calls', 'page faults'],
		rows: rows.map(({ row }) => row),
		notes: [
			`resident: Pss of all processes but the program itself; for the library the shim and what ${held} containers`,
			'add to Node, for each. target: at most 300 KiB. System calls and faults: all processes of one launch, the',
			`program included; for the library those of the shim. The shim is a file of ${statSync(shim).size} bytes`,
		],
		data: rows.map(({ name, measured }) => ({ name, ...measured })),
	};
}

async function rowOf(name: string, measure: () => Promise<Measured>, { signal }: Bench) {
	const measured = await measure().catch((error): Measured => ({ problem: problemOf(error, signal) }));
	const { resident, processes, systemCalls, pageFaults, problem } = measured;
	const cells = [resident, processes, systemCalls, pageFaults].map((value) => value?.toFixed(0) ?? '-');
	const row: Row = { name, cells: problem ?? cells };
	return { name, measured, row };
}

async function measureLibrary(signal: AbortSignal): Promise<Measured> {
	const directory = mkdtempSync(join(tmpdir(), 'procready-bench-'));
	const containers: Container[] = [];
	try {
		const launch = () =>
			Container.launch([probe, 'hold'], { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', signal });
		containers.push(await launch()); // what is loaded once
		const before = pssOf(process.pid);
		while (containers.length <= held) containers.push(await launch());
		const growth = Math.max(0, (pssOf(process.pid) - before) / held);
		const outers = containers.map(({ pid }) => parentOf(pid));
		const starters = new Set(outers.map(parentOf).filter((pid) => pid !== process.pid));
		const shims = [...outers, ...starters];
		return {
			resident: growth + shims.reduce((sum, pid) => sum + pssOf(pid), 0) / containers.length,
			processes: shims.length / containers.length,
			...(await throughWrapper(directory, [cli, 'run', '--', smallest])),
		};
	} finally {
		for (const container of containers) container.kill();
		await Promise.all(containers.map((container) => container.wait()));
		rmSync(directory, { recursive: true });
	}
}

/** The shim alone: the command line starts it by way of a script. */
async function throughWrapper(directory: string, command: string[]): Promise<Measured> {
	const wrapper = join(directory, 'shim');
	const through = async (script: string) => {
		writeFileSync(wrapper, `#!/bin/sh\nexec ${script} ${shim} "$@"\n`);
		chmodSync(wrapper, 0o755);
		await execa(command[0] as string, command.slice(1), { env: { PROCREADY_SHIM: wrapper } });
	};
	await through(`strace -f -c -qq -o ${directory}/calls`);
	await through(`${bare} usage ${directory}/usage`);
	return { systemCalls: callsIn(`${directory}/calls`), pageFaults: faultsIn(`${directory}/usage`) };
}

async function measure(contestant: Contestant, signal: AbortSignal): Promise<Measured> {
	const { problem, prepare, hold, program, run } = contestant;
	if (problem) return { problem };
	const directory = mkdtempSync(join(tmpdir(), 'procready-bench-'));
	try {
		prepare?.([probe, 'hold']);
		const idle = await residentOf(hold, program, signal);
		prepare?.([smallest]);
		await execa('strace', ['-f', '-c', '-qq', '-o', `${directory}/calls`, ...run]);
		await execa(bare, ['usage', `${directory}/usage`, ...run]);
		return { ...idle, systemCalls: callsIn(`${directory}/calls`), pageFaults: faultsIn(`${directory}/usage`) };
	} finally {
		rmSync(directory, { recursive: true });
	}
}

/** Of a command, when its program waits: all descendants but the program, and itself. */
async function residentOf([command = '', ...args]: string[], program: string, signal: AbortSignal): Promise<Measured> {
	const child = spawnIgnored(command, args);
	const end = new Promise((resolve) => child.once('close', resolve));
	const tree = () => familyOf(child.pid as number);
	const isProgram = (pid: number) => commandOf(pid).startsWith(`${program}\0hold`);
	try {
		while (!tree().some(isProgram)) {
			signal.throwIfAborted();
			if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} instead of waiting`);
			await sleep(10);
		}
		await sleep(100); // those who start it may have something to do still
		const others = tree().filter((pid) => !isProgram(pid));
		return { resident: others.reduce((sum, pid) => sum + pssOf(pid), 0), processes: others.length };
	} finally {
		for (const pid of tree().filter(isProgram)) process.kill(pid, 'SIGKILL');
		await end;
	}
}

function familyOf(pid: number): number[] {
	const parents = readdirSync('/proc')
		.map(Number)
		.filter((number) => number > 0)
		.map((number) => [number, parentOf(number)] as const);
	const below = (of: number): number[] => [
		of,
		...parents.filter(([, parent]) => parent === of).flatMap(([child]) => below(child)),
	];
	return below(pid);
}

function parentOf(pid: number): number {
	return Number(read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[1] ?? 0);
}

function commandOf(pid: number): string {
	return read(`/proc/${pid}/cmdline`);
}

/** KiB, a page that several share in parts: proc(5). */
function pssOf(pid: number): number {
	return Number(/^Pss: +(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/** Empty where the process is gone. */
function read(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

/** The total of strace -c. */
function callsIn(file: string): number {
	return Number(/^100\.00 +\S+ +(?:\d+ +)?(\d+).* total$/m.exec(read(file))?.[1]);
}

function faultsIn(file: string): number {
	return Number(read(file).split(' ')[0]);
}
