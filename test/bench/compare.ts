/** How often a comparison of a program with itself says that it has grown, and how often it finds what has, on busy processors. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Budget, type ComparedFigure, compare, measureBudget } from '../../controller/index.js';
import { type Bench, problemOf } from './bench.js';
import { median } from './statistics.js';
import type { Row, Table } from './table.js';

/** Fills so many bytes, twice as perl does it, and then counts; perl is in each Debian. */
const program = (bytes: number, loops: number) => ['perl', '-e', `my $b = 'x' x ${bytes}; $s += $_ for 1..${loops}`];
const size = 4 * 2 ** 20;
const loops = 1_000_000;
/** What perl itself takes has to grow too, where all of it is to: bytes, and milliseconds that are so many loops. */
const ownSize = 2.25 * 2 ** 20;
const ownLoops = 400_000;
const base = program(size, loops);

const busyProcesses = 2;

interface Contest {
	name: string;
	command: string[];
	/** Compared with what it used while the busy processes were stopped, measured anew each time. */
	isOfBudget?: true;
	/** That has grown. */
	figure?: ComparedFigure;
	/** How many times fewer than the runs of the start. */
	share: number;
}

const contests: Contest[] = [
	{ name: 'the same program', command: base, share: 1.5 },
	{ name: 'and its budget, saved beside none', command: base, isOfBudget: true, share: 1.5 },
	{
		name: '10 % more memory',
		command: program(size + 0.1 * (size + ownSize / 2), loops),
		figure: 'memory.peak',
		share: 7.5,
	},
	{
		name: '20 % more processor time',
		command: program(size, loops + 0.2 * (loops + ownLoops)),
		figure: 'cpu.total',
		share: 7.5,
	},
];

interface Found {
	grown: ComparedFigure[];
	noisy: ComparedFigure[];
	/** Of the figure that has grown. */
	growth: number;
	runs: number;
}

export async function comparison({ runs, signal }: Bench): Promise<Table> {
	const busy = Array.from({ length: busyProcesses }, () =>
		spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
	);
	const rows: Row[] = [];
	const data: object[] = [];
	try {
		for (const contest of contests) {
			const found: Found[] = [];
			let problem: string | undefined;
			try {
				while (found.length < Math.ceil(runs / contest.share)) found.push(await once(contest, busy, signal));
			} catch (error) {
				problem = problemOf(error, signal);
			}
			rows.push({ name: contest.name, cells: problem ?? cellsOf(contest, found) });
			data.push({ name: contest.name, found, problem });
		}
	} finally {
		await Promise.all(busy.map(end));
	}
	return {
		title: `compare: comparisons beside ${busyProcesses} busy processes`,
		columns: ['comparisons', 'said to have grown', 'other alarms', 'too noisy', 'growth', 'runs of each'],
		rows,
		notes: [
			'target: of the same program at most 1 of 200; 19 of 20 of what has grown. Other alarms are those of other figures,',
			'which more memory has: its page faults. Growth and runs are medians',
		],
		data,
	};
}

async function once(
	{ command, figure, isOfBudget }: Contest,
	busy: readonly ChildProcess[],
	signal: AbortSignal,
): Promise<Found> {
	const { figures, runs } = await compare(isOfBudget ? await budgetBeside(busy, signal) : base, command, { signal });
	const judged = figures.filter((one) => one.judged);
	const named = (outcome: string) => judged.filter((one) => one.outcome === outcome).map((one) => one.figure);
	const one = figures.find((other) => other.figure === figure);
	const growth = one?.difference && one.base ? one.difference.estimate / one.base : 0;
	return { grown: named('grown'), noisy: named('noisy'), growth, runs: runs.command };
}

function cellsOf({ figure }: Contest, found: Found[]): string[] {
	const number = (is: (one: Found) => boolean) => String(found.filter(is).length);
	return [
		String(found.length),
		number(({ grown }) => (figure ? grown.includes(figure) : grown.length > 0)),
		number(({ grown }) => figure !== undefined && grown.some((name) => name !== figure)),
		number(({ noisy }) => noisy.length > 0),
		figure ? `${(100 * median(found.map(({ growth }) => growth))).toFixed(1)} %` : '-',
		String(median(found.map(({ runs }) => runs))),
	];
}

/** One budget for all comparisons would be one chance, however often it is compared with. */
async function budgetBeside(busy: readonly ChildProcess[], signal: AbortSignal): Promise<Budget> {
	for (const child of busy) child.kill('SIGSTOP');
	try {
		const { budget, failed } = await measureBudget(base, 20, { signal });
		if (budget === null) throw new Error(failed.reason);
		return budget;
	} finally {
		for (const child of busy) child.kill('SIGCONT');
	}
}

async function end(child: ChildProcess): Promise<void> {
	const ended = new Promise((resolve) => child.once('exit', resolve));
	child.kill('SIGKILL');
	await ended;
}
