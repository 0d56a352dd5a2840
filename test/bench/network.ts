/** What a network of its own adds to a launch, beside what people do in a shell script for the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Options, run } from '../../controller/index.js';
import { smallest } from '../support/paths.js';
import { type Bench, problemOf } from './bench.js';
import { median, quantile, spread } from './statistics.js';
import { ratio, type Table } from './table.js';

const block = 5;
const share = 5;

/** $1 is the program: a namespace, a link to it with addresses, a way out, the program in it, and all of it gone. */
const script = `
set -e
ip netns add procready-bench
ip link add prbench0 type veth peer name eth0 netns procready-bench
ip address add 10.212.0.1/30 dev prbench0
ip link set prbench0 up
ip -n procready-bench link set lo up
ip -n procready-bench address add 10.212.0.2/30 dev eth0
ip -n procready-bench link set eth0 up
ip -n procready-bench route add default via 10.212.0.1
ip netns exec procready-bench "$1"
ip link del prbench0
ip netns del procready-bench
`;

interface Contestant {
	name: string;
	/** Without a network of its own; itself where it is that. */
	plain: string;
	once: () => Promise<unknown>;
	times: number[];
	problem?: string;
}

export async function network(bench: Bench): Promise<Table> {
	const contestants = contestantsOf(bench);
	for (let done = 0; done < Math.ceil(bench.runs / share); done += block)
		for (const contestant of contestants) await measure(contestant, bench);
	const medianOf = (name: string) => median(contestants.find((one) => one.name === name)?.times ?? []);
	const added = ({ name, plain }: Contestant) => medianOf(name) - medianOf(plain);
	const byScript = added(contestants.find(({ name }) => name === 'shell script') as Contestant);
	return {
		title: 'network: a link to the host with an address, from the start of an empty program to its end, milliseconds',
		columns: ['runs', 'p50', 'p99', 'p25 - p75', 'adds', '/ script'],
		rows: contestants.map((contestant) => {
			const { name, plain, problem, times } = contestant;
			const isPlain = name === plain;
			return {
				name,
				cells: problem ?? [
					String(times.length),
					quantile(times, 0.5).toFixed(2),
					quantile(times, 0.99).toFixed(2),
					spread(times),
					isPlain ? '' : added(contestant).toFixed(2),
					isPlain ? '' : ratio(added(contestant), byScript),
				],
			};
		}),
		notes: [
			'"adds" is the difference of p50 to the same without a network: procready with that of the host, sh with nothing to do',
			`before the program. Interleaved in blocks of ${block}, the first run of a block not counted`,
		],
		data: contestants.map(({ name, problem, times }) => ({ name, problem, milliseconds: times })),
	};
}

function contestantsOf({ signal }: Bench): Contestant[] {
	const procready = (options: Options) => () =>
		run([smallest], { ...options, stdout: 'ignore', stderr: 'ignore', signal }).then(({ exitCode }) => exitCode);
	const shell = (text: string) => async () => {
		const [status] = await once(spawn('sh', ['-c', text, 'sh', smallest], { stdio: 'ignore' }), 'exit');
		return status;
	};
	const all: [name: string, plain: string, once: () => Promise<unknown>][] = [
		['sh', 'sh', shell('"$1"; :')],
		['shell script', 'sh', shell(script)],
		['procready', 'procready', procready({})],
		["procready, 'none'", 'procready', procready({ network: 'none' })],
		["procready, 'veth'", 'procready', procready({ network: 'veth' })],
		["procready, 'bridge=…'", 'procready', procready({ network: 'bridge=prbench1' })],
	];
	return all.map(([name, plain, once]) => ({ name, plain, once, times: [] }));
}

async function measure(contestant: Contestant, { signal }: Bench): Promise<void> {
	if (contestant.problem) return;
	try {
		for (let index = 0; index <= block; index++) {
			signal.throwIfAborted();
			const before = performance.now();
			const status = await contestant.once();
			if (index > 0) contestant.times.push(performance.now() - before);
			if (status !== 0) throw new Error(`a run ended with ${status} instead of 0`);
		}
	} catch (error) {
		contestant.problem = problemOf(error, signal);
	}
}
