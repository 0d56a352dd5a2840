/** How much more processor time than its limit a container uses before it is dead, and how much later than it could be. */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { run } from '../../controller/index.js';
import { python } from '../support/paths.js';
import { type Bench, problemOf } from './bench.js';
import { median, quantile } from './statistics.js';
import type { Table } from './table.js';

const limit = 500;
/** How many times fewer the runs are than those of the start: each takes half a second of all processors. */
const share = 30;

const threads = (count: number) => [
	python,
	'-c',
	`import hashlib, threading
data = bytes(1 << 20)
def work():
    while True: hashlib.sha256(data)
for _ in range(${count}): threading.Thread(target=work).start()`,
];
const shell = (script: string) => ['sh', '-c', script];

const programs: [name: string, args: string[]][] = [
	['1 thread', threads(1)],
	['2 threads', threads(2)],
	['8 threads', threads(8)],
	['8 processes', shell('for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; wait')],
	['forks one after the other', shell('while :; do true & wait; /bin/true; done')],
];

export async function cpuTime({ runs, signal }: Bench): Promise<Table> {
	const rows = [];
	for (const neighbours of [0, 2 * availableParallelism()])
		for (const [name, args] of programs) {
			const row = {
				name: `${name}, ${neighbours === 0 ? 'idle' : 'busy'} machine`,
				over: [] as number[],
				wall: [] as number[],
			};
			rows.push({ ...row, problem: await measure(args, neighbours, Math.ceil(runs / share), row, signal) });
		}
	return {
		title: `cpu-time: what is used of --cpu-time ${limit}ms beyond it`,
		columns: ['runs', 'median ms', 'p90', 'most', 'median time ms'],
		rows: rows.map(({ name, over, wall, problem }) => ({
			name,
			cells: problem ?? [
				String(over.length),
				...[median(over), quantile(over, 0.9), Math.max(...over)].map((value) => value.toFixed(1)),
				median(wall).toFixed(0),
			],
		})),
		notes: [
			'a clock tick is 1 to 10 ms, and each processor may use one that is seen only when it is over; a busy machine has two',
			'other busy processes for each of its processors',
		],
		data: rows,
	};
}

async function measure(
	args: string[],
	neighbours: number,
	runs: number,
	{ over, wall }: { over: number[]; wall: number[] },
	signal: AbortSignal,
): Promise<string | undefined> {
	const others: ChildProcess[] = [];
	try {
		for (let i = 0; i < neighbours; i++) others.push(spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
		for (let i = 0; i < runs; i++) {
			const { usage, verdict, wallTime } = await run(args, { limits: { cpuTime: limit }, signal });
			if (!verdict.causes.some((cause) => cause.limit === 'cpu.time' && cause.fatal)) return verdict.sentence;
			over.push((usage.cpu.total ?? Number.NaN) - limit);
			wall.push(wallTime);
		}
		return undefined;
	} catch (error) {
		return problemOf(error, signal);
	} finally {
		for (const other of others) other.kill('SIGKILL');
	}
}
