/** Where a shard ran: what of its host decides how runs under limits go, and what stays in a merged report. */
import { bytes, count, duration } from '../../report/words.js';
import { readHostFacts } from '../pictures/host.js';
import type { Provenance } from '../provenance.js';
import { type Shard, shardText } from './shard.js';

export interface HostOfShard extends Pick<Provenance, 'time' | 'host' | 'kernel'> {
	/** That of its processors as Node names it, such as `x64`. */
	architecture: string;
	/** How many processors it could run on. */
	processors: number;
	/** Bytes of memory that the host has. */
	memory: number;
	/** Which version of cgroups has memory, pids and cpu, such as `memory v2, pids v2, cpu v2`. */
	cgroups: string;
}

/** One of the shards that a report was merged of. */
export interface ShardFacts extends Shard, HostOfShard {
	/** How many of its cases ran or were skipped; of a sweep how many values. */
	cases: number;
	/** Milliseconds from its first case to its last. */
	duration: number;
}

export function hostOfShard({ time, host, kernel }: Provenance): HostOfShard {
	const { architecture, processors, memory, cgroups } = readHostFacts();
	const words = Object.entries(cgroups).map(([name, version]) => `${name} v${version}`);
	return { time, host, kernel, architecture, processors, memory, cgroups: words.join(', ') };
}

/** Of a merged report a line a shard, for people. */
export function shardLines(shards: readonly ShardFacts[] = [], what = 'case'): string[] {
	return shards.map((one) => {
		const { host, kernel, processors, memory, cases } = one;
		const machine = `${host}, Linux ${kernel}, ${count(processors, 'processor')}, ${bytes(memory)}`;
		return `shard ${shardText(one)}: ${count(cases, what)} in ${duration(one.duration)} on ${machine}`;
	});
}
