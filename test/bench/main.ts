/**
 * Measures procready beside a bare C parent and OCI runtimes, as root:
 * `main.js [--json FILE] [--runs N] [--runtime PATH]... [TABLE...]`. A table is one of those below, or `exactness`, which
 * is all of those; without one it is all but `compare`, which takes ten minutes; a runtime is crun and runc, or those that are named.
 * It prints and asserts nothing: what a number is worth depends on the host, the ratios within a table on little.
 */

import { setMaxListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, cpus, release } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { afterwards, peak } from './account.js';
import type { Bench } from './bench.js';
import { canLimitSwap, directoryOf, removeCgroups } from './cgroups.js';
import { commands } from './commands.js';
import { comparison } from './compare.js';
import { cpu } from './cpu.js';
import { cpuTime } from './cpu-time.js';
import { footprint } from './footprint.js';
import { hidingV2, leavingV2, runAfter } from './hide.js';
import { memory, shell } from './memory.js';
import { network } from './network.js';
import { Peer } from './peers.js';
import { spaced, start, startOnV2 } from './start.js';
import { tableText } from './table.js';
import { tasks } from './tasks.js';
import { crowd, throughput } from './throughput.js';
import { timeline } from './timeline.js';

const tables = {
	start,
	spaced,
	commands,
	throughput,
	crowd,
	footprint,
	timeline,
	memory,
	shell,
	tasks,
	'cpu-1': cpu.bind(undefined, 1),
	'cpu-5': cpu.bind(undefined, 5),
	'cpu-50': cpu.bind(undefined, 50),
	'cpu-time': cpuTime,
	peak,
	afterwards,
	network,
	compare: comparison,
};
/** The tables that say how exact the limits and the account of a runtime are. */
const exactness: Name[] = ['memory', 'shell', 'tasks', 'cpu-1', 'cpu-5', 'cpu-50', 'peak', 'afterwards'];
type Name = keyof typeof tables;
const names = Object.keys(tables) as Name[];

interface Arguments {
	json: string | undefined;
	runs: number;
	runtimes: string[];
	wanted: Name[];
	/** Internal: v1 is hidden, and v2 has this limit. */
	v2Limit: string | undefined;
}

function parse(): Arguments {
	const { values, positionals } = parseArgs({
		options: {
			json: { type: 'string' },
			runs: { type: 'string', default: '300' },
			runtime: { type: 'string', multiple: true, default: ['crun', 'runc'] },
			'v2-limit': { type: 'string' },
		},
		allowPositionals: true,
	});
	const runs = Number(values.runs);
	if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs: ${values.runs} is not a number of runs`);
	const wanted = positionals.flatMap((name) => (name === 'exactness' ? exactness : [name]));
	const unknown = wanted.find((name) => !Object.hasOwn(tables, name));
	if (unknown) throw new Error(`${unknown} is not a table: there are exactness, ${names.join(', ')}`);
	return {
		json: values.json,
		runs,
		runtimes: values.runtime,
		wanted: wanted.length > 0 ? (wanted as Name[]) : names.filter((name) => name !== 'compare'),
		v2Limit: values['v2-limit'],
	};
}

async function bench({ json, runs, runtimes, wanted }: Arguments): Promise<void> {
	await withPeers(runtimes, async (peers, signal) => {
		const { version: cgroupVersion } = directoryOf('memory', '');
		const bench: Bench = { runs, peers, cgroupVersion, canLimitSwap: await canLimitSwap(), signal };
		const host = hostOf(bench);
		console.log(`${Object.values(host).join(', ')}\n`);
		const data: Record<string, unknown> = {};
		for (const name of wanted) {
			const table = await tables[name](bench);
			console.log(tableText(table));
			data[name] = table.data;
		}
		if (json) writeFileSync(json, `${JSON.stringify({ host, runs, tables: data }, null, '\t')}\n`);
	});
}

async function withPeers(
	runtimes: string[],
	use: (peers: Peer[], signal: AbortSignal) => Promise<void>,
): Promise<void> {
	// not /tmp: often that is mounted nodev, and in the bundles crun and runc make device nodes
	const directory = mkdtempSync('/var/tmp/procready-bench-');
	const { signal } = stopOnSignals();
	try {
		const peers = runtimes.map((path) => new Peer(path, join(directory, basename(path)), signal));
		for (const peer of peers) await peer.check();
		await use(peers, signal);
	} catch (error) {
		if (!signal.aborted) throw error; // the status says that it was stopped
	} finally {
		await removeCgroups();
		rmSync(directory, { recursive: true, force: true });
	}
}

async function benchOnV2({ runs, runtimes }: Arguments, limit: string): Promise<void> {
	await withPeers(runtimes, async (peers, signal) => {
		const bench: Bench = { runs, peers, cgroupVersion: 2, canLimitSwap: false, signal };
		console.log(tableText(await startOnV2(bench, limit)));
	});
}

/** The run in progress ends, cleans up after itself, and no other follows. */
function stopOnSignals(): AbortController {
	const stop = new AbortController();
	setMaxListeners(0, stop.signal); // one for each container that lives
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
		process.on(name, () => {
			process.exitCode = 128 + constants.signals[name];
			stop.abort();
		});
	return stop;
}

function hostOf({ peers, cgroupVersion }: Bench) {
	return {
		kernel: `Linux ${release()}`,
		cgroup: `cgroup v${cgroupVersion}`,
		processors: `${cpus().length} processors`,
		node: `Node ${process.version}`,
		...Object.fromEntries(peers.map(({ name, version, problem }) => [name, version || `${name}: ${problem}`])),
	};
}

try {
	const parsed = parse();
	const hiding = hidingV2();
	if (parsed.v2Limit) await benchOnV2(parsed, parsed.v2Limit);
	else if (!hiding) await bench(parsed);
	else {
		process.exitCode = await runAfter(hiding);
		const v2 = leavingV2();
		if (v2 && parsed.wanted.includes('start')) await runAfter(v2.command, '--v2-limit', v2.limit);
	}
} catch (error) {
	console.error(`bench: ${error instanceof Error ? error.message : error}`);
	process.exitCode = 1;
}
