/**
 * OCI linux.resources under the names of cgroup v2 files: what is asked for, before it is known what the host has.
 * runtime-spec 1.3 config-linux.md, from "Memory" to "Unified".
 */

import { invalidOption } from '../errors.js';
import type { FileValue } from '../model/limits-v1.js';
import type { BlockIoResources, CpuResources, MemoryResources, Resources } from '../model/resources.js';

export interface Asked {
	/** In the notation of the v2 file. */
	asked: string;
	/** Only meant to keep another limit honest: left out where the host has no such file. */
	implied?: true;
	/** What v1 is to be told where the v2 notation would lose something. */
	v1?: FileValue[];
}

export type AskedLimits = Map<string, Asked>;

/** In no order; a name in `unified` wins over what the other members say. Throws `option-invalid`. */
export function limitsOf(resources: Resources): AskedLimits {
	return new Map([
		...pidsLimits(resources.pids ?? {}),
		...memoryLimits(resources.memory ?? {}),
		...cpuLimits(resources.cpu ?? {}),
		...blockIoLimits(resources.blockIO ?? {}),
		...otherLimits(resources),
		...Object.entries(resources.unified ?? {}).map(([file, asked]): Entry => [file, { asked }]),
	]);
}

type Entry = [name: string, asked: Asked];

const orMax = (value: number) => (value < 0 ? 'max' : String(value));

/** The entry, where the value is given. */
function entry<T>(name: string, value: T | undefined, write: (value: T) => Asked): Entry[] {
	return value === undefined ? [] : [[name, write(value)]];
}

const limit = (value: number): Asked => ({ asked: orMax(value) });

function pidsLimits({ limit: tasks }: { limit?: number }): Entry[] {
	return entry('pids.max', tasks, limit);
}

function memoryLimits(memory: MemoryResources): Entry[] {
	return [
		...entry('memory.max', memory.limit, limit),
		...entry('memory.swap.max', memory.swap, (swap) => swapOf(swap, memory.limit)),
		...entry('memory.low', memory.reservation, (bytes) => ({
			asked: orMax(bytes),
			v1: [{ file: 'memory.soft_limit_in_bytes', value: String(bytes) }],
		})),
		// these are of v1 only, and so are their names
		...entry('memory.kmem.limit_in_bytes', memory.kernel, (bytes) => ({ asked: String(bytes) })),
		...entry('memory.kmem.tcp.limit_in_bytes', memory.kernelTCP, (bytes) => ({ asked: String(bytes) })),
		...entry('memory.swappiness', memory.swappiness, (value) => ({ asked: String(value) })),
		...entry('memory.oom_control', memory.disableOOMKiller || undefined, () => ({ asked: '1' })),
	];
}

/** OCI counts memory and swap together, v2 swap alone. */
function swapOf(both: number, memory: number | undefined): Asked {
	if (both < 0) return { asked: 'max', implied: true };
	if (memory === undefined || memory < 0)
		throw invalidOption('/linux/resources/memory/swap', 'needs memory.limit: it is the sum of both');
	if (both < memory) throw invalidOption('/linux/resources/memory/swap', 'is less than memory.limit, and includes it');
	return both === memory ? { asked: '0', implied: true } : { asked: String(both - memory) };
}

function cpuLimits(cpu: CpuResources): Entry[] {
	const quota = cpu.quota === undefined && cpu.period === undefined ? undefined : cpu;
	return [
		...entry('cpu.max', quota, ({ quota = -1, period = 100_000 }) => ({ asked: `${orMax(quota)} ${period}` })),
		...entry('cpu.max.burst', cpu.burst, (burst) => ({ asked: String(burst) })),
		...entry('cpu.weight', cpu.shares || undefined, (shares) => ({
			asked: String(weightOf(shares)),
			v1: [{ file: 'cpu.shares', value: String(shares) }],
		})),
		...entry('cpu.idle', cpu.idle, (idle) => ({ asked: String(idle) })),
		...entry('cpuset.cpus', cpu.cpus || undefined, (cpus) => ({ asked: cpus })),
		...entry('cpuset.mems', cpu.mems || undefined, (mems) => ({ asked: mems })),
		// of v1 only
		...entry('cpu.rt_period_us', cpu.realtimePeriod, (period) => ({ asked: String(period) })),
		...entry('cpu.rt_runtime_us', cpu.realtimeRuntime, (runtime) => ({ asked: String(runtime) })),
	];
}

/**
 * Shares of 2 to 262144 with 1024 in the middle as weights of 1 to 10000 with 100 in the middle: the curve through these
 * three points that the OCI runtimes have agreed on.
 */
function weightOf(shares: number): number {
	if (shares <= 2) return 1;
	if (shares >= 262_144) return 10_000;
	const l = Math.log2(shares);
	return Math.ceil(10 ** ((l * l + 125 * l) / 612 - 7 / 34));
}

/** Where bfq weights of 10 to 1000 are asked for, io.weight of v2 goes from 1 to 10000. */
const ioWeightOf = (weight: number) => String(Math.round(1 + ((weight - 10) * 9999) / 990));

function blockIoLimits(io: BlockIoResources): Entry[] {
	const weights = io.weightDevice ?? [];
	const entries: Entry[] = [];
	if (io.weight || weights.length > 0)
		entries.push([
			'io.weight',
			{
				asked: [
					...(io.weight ? [`default ${ioWeightOf(io.weight)}`] : []),
					...weights.map(({ major, minor, weight = 100 }) => `${major}:${minor} ${ioWeightOf(weight)}`),
				].join('\n'),
				v1: [
					...(io.weight ? [{ file: 'blkio.bfq.weight', value: String(io.weight) }] : []),
					...weights.map(({ major, minor, weight = 100 }) => ({
						file: 'blkio.bfq.weight_device',
						value: `${major}:${minor} ${weight}`,
					})),
				],
			},
		]);
	const throttles = throttleLines(io);
	if (throttles.length > 0) entries.push(['io.max', { asked: throttles.join('\n') }]);
	return entries;
}

/** A line a device, as io.max has it. */
function throttleLines(io: BlockIoResources): string[] {
	const devices = new Map<string, string[]>();
	for (const [key, rates = []] of [
		['rbps', io.throttleReadBpsDevice],
		['wbps', io.throttleWriteBpsDevice],
		['riops', io.throttleReadIOPSDevice],
		['wiops', io.throttleWriteIOPSDevice],
	] as const)
		for (const { major, minor, rate } of rates) {
			const device = `${major}:${minor}`;
			devices.set(device, [...(devices.get(device) ?? []), `${key}=${rate || 'max'}`]);
		}
	return [...devices].map(([device, pairs]) => [device, ...pairs].join(' '));
}

function otherLimits({ hugepageLimits = [], rdma = {}, network = {} }: Resources): Entry[] {
	const rdmaLines = Object.entries(rdma).map(
		([device, { hcaHandles, hcaObjects }]) =>
			`${device} hca_handle=${hcaHandles ?? 'max'} hca_object=${hcaObjects ?? 'max'}`,
	);
	const priorities = network.priorities?.map(({ name, priority }) => `${name} ${priority}`);
	return [
		...hugepageLimits.map(({ pageSize, limit: bytes }): Entry => [`hugetlb.${pageSize}.max`, { asked: String(bytes) }]),
		...entry('rdma.max', rdmaLines.join('\n') || undefined, (asked) => ({ asked })),
		// of v1 only
		...entry('net_cls.classid', network.classID, (id) => ({ asked: String(id) })),
		...entry('net_prio.ifpriomap', priorities?.join('\n') || undefined, (asked) => ({ asked })),
	];
}
