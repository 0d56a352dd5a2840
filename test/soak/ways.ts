/**
 * Many programs that die in one of several ways, chosen at random, and whether each verdict is right.
 * `node dist/test/soak/ways.js [RUNS [SEED]]`, 1000 runs by default; the seed is printed, so that a failure can be had again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Container, type Options, type Result } from '../../controller/index.js';
import { probe } from '../support/paths.js';
import { generator } from '../support/random.js';

/** How it ended, and the limits in the verdict: those that ended it have a `!`. */
interface Verdict {
	ended: number | string;
	outcome: Result['verdict']['outcome'];
	causes: string;
}

interface Way {
	args: readonly string[];
	options?: Options;
	/** What is done to it from outside. */
	act?(container: Container): Promise<void>;
	expected: Verdict;
}

const sh = (script: string) => ['sh', '-c', script];

const ways: Record<string, Way> = {
	'exits by itself': { args: sh('exit 3'), expected: { ended: 3, outcome: 'failed', causes: '' } },
	aborts: {
		args: ['python3', '-c', 'import os; os.abort()'],
		expected: { ended: 'SIGABRT', outcome: 'signaled', causes: '' },
	},
	'sends itself SIGTERM': {
		args: sh('kill -TERM $$; sleep 9'),
		expected: { ended: 'SIGTERM', outcome: 'signaled', causes: '' },
	},
	'is killed from outside': {
		args: [probe, 'hold'],
		async act({ pid }) {
			await sleep(5);
			process.kill(pid, 'SIGKILL');
		},
		expected: { ended: 'SIGKILL', outcome: 'signaled', causes: '' },
	},
	'has too much memory': {
		args: [probe, 'touch', String(64 << 20)],
		options: { limits: { memory: '8M' } },
		expected: { ended: 'SIGKILL', outcome: 'signaled', causes: 'memory.max!' },
	},
	'has a child that has too much memory': {
		args: sh(`${probe} touch ${64 << 20}; exit 4`),
		options: { limits: { memory: '8M' } },
		expected: { ended: 4, outcome: 'failed', causes: 'memory.max' },
	},
	'runs too long': {
		args: [probe, 'hold'],
		options: { timeout: 100 },
		expected: { ended: 'SIGKILL', outcome: 'timed-out', causes: 'timeout!' },
	},
	'uses too much processor time': {
		args: [probe, 'spin', '60000'],
		options: { limits: { cpuTime: 50 } },
		expected: { ended: 'SIGKILL', outcome: 'timed-out', causes: 'cpu.time!' },
	},
	'writes too much': {
		args: ['head', '-c', '1000000', '/dev/zero'],
		options: { limits: { outputMax: 1000 } },
		expected: { ended: 'SIGKILL', outcome: 'signaled', causes: 'output!' },
	},
	'may not fork': {
		args: sh('(exit 0) & wait; exit 5'),
		options: { limits: { pids: 1 } },
		expected: { ended: 2, outcome: 'failed', causes: 'pids.max' },
	},
};

async function verdictOf({ args, options, act }: Way): Promise<Verdict> {
	await using container = await Container.launch(args, { ...options, stdin: 'ignore' });
	for (const stream of [container.stdout, container.stderr]) stream?.resume();
	await act?.(container);
	const { exitCode, signal, verdict } = await container.wait();
	const causes = verdict.causes.map(
		({ limit, fatal }) => `${limit}${fatal === true ? '!' : fatal === null ? '?' : ''}`,
	);
	return { ended: exitCode ?? signal ?? 'nothing', outcome: verdict.outcome, causes: causes.join() };
}

const runs = Number(process.argv[2] ?? 1000);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const next = generator(seed);
const names = Object.keys(ways);
const right = new Map<string, number>();
let wrong = 0;
for (let run = 0; run < runs; run++) {
	const name = names[next(names.length)] as string;
	const way = ways[name] as Way;
	const found = await verdictOf(way);
	if (JSON.stringify(found) === JSON.stringify(way.expected)) right.set(name, (right.get(name) ?? 0) + 1);
	else {
		wrong++;
		console.log(`run ${run}: a program that ${name}: ${JSON.stringify(found)}`);
	}
}
for (const name of names) console.log(`${String(right.get(name) ?? 0).padStart(5)} right: ${name}`);
console.log(`${runs} runs, seed ${seed}: ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
