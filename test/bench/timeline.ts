/** Where the time of a launch goes: the moments at which its messages are sent, and come, on one clock. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Announced } from '../../controller/host/node/lines.js';
import { run } from '../../controller/index.js';
import type { Message } from '../../controller/protocol/shim.js';
import { smallest } from '../support/paths.js';
import type { Bench } from './bench.js';
import { median, spread } from './statistics.js';
import type { Table } from './table.js';

/** Each ends at a moment: that the controller sent a message, that the shim did, or that one has come. */
const spans = [
	['controller', 'plan, and start of the shim', 'sent config'],
	['controller', 'cgroups made, early limits', 'sent procCreate'],
	['shim', 'fork, config read, clone3', 'said procCreated'],
	['shim', 'mounts and the rest of the set-up', 'said procReady'],
	['channel', 'until Node reads that', 'got procReady'],
	['controller', 'moved on v1, late limits, baselines', 'sent procRun'],
	['shim', 'user, capabilities, execve', 'said procStarted'],
	['program', 'runs, and is waited for', 'said procExited'],
	['channel', 'until Node reads that', 'got procExited'],
	['controller', 'account, verdict, cgroups removed', 'done'],
] as const;

type Moment = (typeof spans)[number][2] | 'begun';

export async function timeline({ runs, signal }: Bench): Promise<Table> {
	const launches: Map<Moment, number>[] = [];
	for (let left = runs; left > 0; left--) launches.push(await observe(signal));
	const durations = spans.map(([, , end], index) => {
		const begin: Moment = index === 0 ? 'begun' : (spans[index - 1]?.[2] as Moment);
		return launches.map((at) => ((at.get(end) as number) - (at.get(begin) as number)) / 1000);
	});
	const medians = durations.map(median);
	const sum = medians.reduce((total, value) => total + value, 0);
	return {
		title: `timeline: where one launch of an empty static program with pids 1 and memory '1M' spends its time`,
		columns: ['what', 'ms', 'share', 'p25 - p75'],
		rows: spans.map(([who, what], index) => ({
			name: who,
			cells: [
				what.padEnd(38),
				(medians[index] as number).toFixed(3),
				`${Math.round((100 * (medians[index] as number)) / sum)} %`,
				spread(durations[index] as number[]),
			],
		})),
		notes: [`medians of ${runs} launches, one after the other; their sum is ${sum.toFixed(2)} ms`],
		data: spans.map(([who, what], index) => ({ who, what, milliseconds: durations[index] })),
	};
}

/** The moments of one launch, in microseconds. */
async function observe(signal: AbortSignal): Promise<Map<Moment, number>> {
	const moments = new Map<Moment, number>();
	const now = () => Number(process.hrtime.bigint() / 1000n);
	const note = (published: unknown) => {
		const { message, time } = published as Announced & { message: Message };
		const type = 'type' in message ? message.type : 'config';
		const came = Number(time / 1000n);
		if ('time' in message) moments.set(`said ${type}` as Moment, message.time).set(`got ${type}` as Moment, came);
		else moments.set(`sent ${type}` as Moment, came);
	};
	subscribe('procready:message', note);
	try {
		moments.set('begun', now());
		await run([smallest], { limits: { pids: 1, memory: '1M' }, stdout: 'ignore', stderr: 'ignore', signal });
		return moments.set('done', now());
	} finally {
		unsubscribe('procready:message', note);
	}
}
