/** The flags of limits, and what their values mean as options of the library. Each is called as its cgroup v2 file. */

import { defined } from '../model/defined.js';
import type { Flag } from '../model/flag.js';
import type { IoLimit, Limits } from '../model/limit-options.js';
import type { LinkLimits } from '../model/link.js';
import type { DeviceRule } from '../model/resources.js';
import { parseDuration } from '../model/units.js';
import { integer, invalidFlag, pairs, type Values } from './arguments.js';
import { optionsIn, pairWords, timeText } from './convert.js';

export const limitFlags = {
	'pids-max': {
		type: 'string',
		aliases: ['pids'],
		value: 'N',
		help: 'tasks (processes and threads), COMMAND included',
		text: 'tasks, the command included; threads count. 0 and 1 both forbid any fork',
		default: 'no limit',
		option: 'limits.pids',
	},
	'memory-max': {
		type: 'string',
		aliases: ['memory'],
		short: 'm',
		value: 'SIZE',
		help: 'bytes, or with K, M, G, T (powers of 1024); forbids swap too',
		text: 'bytes, or with K, M, G, T (powers of 1024: `64K`, `1.5M`, `2GiB`). The kernel rounds down to pages. Forbids swap too, unless `memory.swap.max` is set',
		default: 'no limit',
		option: 'limits.memory',
	},
	'memory-high': {
		type: 'string',
		value: 'SIZE',
		help: 'above it slowed down and reclaimed, not killed',
		option: 'limits.memoryHigh',
	},
	'memory-low': {
		type: 'string',
		aliases: ['memory-reservation'],
		value: 'SIZE',
		help: 'reclaimed last',
		option: 'limits.memoryLow',
	},
	'memory-min': { type: 'string', value: 'SIZE', help: 'never reclaimed', option: 'limits.memoryMin' },
	'memory-swap-max': { type: 'string', aliases: ['swap'], value: 'SIZE', help: 'swap', option: 'limits.swap' },
	'memory-oom-group': { type: 'boolean', help: 'out of memory, all is killed together', option: 'limits.oomGroup' },
	'cpu-max': {
		type: 'string',
		aliases: ['cpus'],
		value: 'CPUS',
		help: 'processors, such as 0.5; or "QUOTA PERIOD" in microseconds',
		text: 'processors from 0.001, or `"QUOTA PERIOD"` in microseconds as in `cpu.max`',
		default: 'no limit',
		option: 'limits.cpu',
	},
	'cpu-max-burst': {
		type: 'string',
		value: 'MICROSECONDS',
		help: 'quota that may be saved up',
		option: 'limits.cpuBurst',
		kind: 'integer',
	},
	'cpu-time': {
		type: 'string',
		value: 'T',
		help: 'kill everything after T seconds (500ms, 5m) of processor time',
		text: 'processor time, user and system, of all that is in the container together: seconds, or `500ms`, `5m`; then everything is killed',
		default: 'no limit',
		option: 'limits.cpuTime',
		parse: (time: string) =>
			time === 'max' ? time : parseDuration(time, '--cpu-time', 's', 'no limit is written max'),
		print: (time: number | string) => [time === 'max' ? time : timeText(time)],
	},
	'output-max': {
		type: 'string',
		value: 'SIZE',
		help: 'kill everything that prints more; makes stdout and stderr pipes',
		text: "what may be written to stdout and stderr together, or to the terminal of `--tty`; then everything is killed. stdout and stderr become pipes of procready, also where they would be the caller's",
		default: 'no limit',
		option: 'limits.outputMax',
	},
	'cpu-weight': {
		type: 'string',
		value: 'N',
		help: '1 to 10000; 100 is that of everybody else',
		option: 'limits.cpuWeight',
		kind: 'integer',
	},
	'cpu-idle': { type: 'boolean', help: 'runs only when nobody else wants to', option: 'limits.cpuIdle' },
	'cpuset-cpus': { type: 'string', value: 'LIST', help: 'processors: 0-3,7', option: 'limits.cpus' },
	'cpuset-mems': { type: 'string', value: 'LIST', help: 'memory nodes', option: 'limits.mems' },
	'io-max': {
		type: 'string',
		aliases: ['io'],
		multiple: true,
		value: '"DEVICE KEY=N…"',
		help: 'rbps, wbps, riops, wiops of a disk: "/dev/sda wbps=1M"',
		option: 'limits.io',
		parse: (given: string[]) => given.map(ioLimit),
		print: (limits: IoLimit[]) => limits.map(({ device, ...limits }) => [device, ...pairWords(limits)].join(' ')),
	},
	'io-weight': {
		type: 'string',
		value: 'N',
		help: '1 to 10000; 100 is that of everybody else',
		option: 'limits.ioWeight',
		kind: 'integer',
	},
	'hugetlb-max': {
		type: 'string',
		aliases: ['hugetlb'],
		multiple: true,
		value: 'PAGESIZE=SIZE',
		help: 'huge pages: 2MB=64M',
		option: 'limits.hugetlb',
		kind: 'pairs',
	},
	'rdma-max': {
		type: 'string',
		aliases: ['rdma'],
		multiple: true,
		value: '"DEVICE KEY=N…"',
		help: 'hca_handle, hca_object of a device',
		option: 'limits.rdma',
		parse: rdmaLimits,
		print: rdmaWords,
	},
	'misc-max': {
		type: 'string',
		aliases: ['misc'],
		multiple: true,
		value: 'NAME=N',
		help: 'any other resource',
		option: 'limits.misc',
		parse: miscLimits,
		print: pairWords,
	},
	'device-rule': {
		type: 'string',
		multiple: true,
		value: '"allow|deny TYPE N:N RWM"',
		help: 'device nodes: "deny a", then "allow c 1:3 rw"; * is any',
		option: 'limits.devices',
		parse: (given: string[]) => given.map(deviceRule),
		print: (rules: DeviceRule[]) => rules.map(ruleText),
	},
	link: {
		type: 'string',
		value: 'KEY=VALUE,…',
		help: 'of the network: rate=10mbit,delay=20ms,jitter=2ms,loss=1%',
		option: 'limits.link',
		parse: linkLimits,
		print: (limits: LinkLimits) => [pairWords(limits).join()],
	},
	set: {
		type: 'string',
		multiple: true,
		value: 'FILE=VALUE',
		help: "any other file of the container's cgroup: memory.zswap.max=32M",
		text: "any other file of the container's cgroup: `--set memory.zswap.max=32M`",
		option: 'limits.set',
		parse: (given: string[]) => pairs('--set', given),
		print: pairWords,
	},
} as const satisfies Record<string, Flag>;

export type LimitValues = Values<typeof limitFlags>;

export function limitsOf(values: LimitValues): Limits {
	return (optionsIn(limitFlags, values).limits ?? {}) as Limits;
}

const ioKeys = ['rbps', 'wbps', 'riops', 'wiops'];

function ioLimit(given: string): IoLimit {
	const [device = '', ...rest] = given.trim().split(/\s+/);
	const limits = pairs('--io-max', rest, true);
	for (const [key, value] of Object.entries(limits))
		if (!ioKeys.includes(key)) throw invalidFlag('--io-max', `${key} is none of ${ioKeys.join(', ')}`);
		else if (key.endsWith('iops') && !/^(\d+|max)$/.test(value))
			throw invalidFlag('--io-max', `${key}: ${JSON.stringify(value)} is neither a number of operations nor max`);
	return { device, ...limits } as IoLimit;
}

const linkKeys = ['rate', 'delay', 'jitter', 'loss'];

function linkLimits(given: string): LinkLimits {
	const limits = pairs('--link', given.split(','), true);
	for (const key of Object.keys(limits))
		if (!linkKeys.includes(key)) throw invalidFlag('--link', `${key} is none of ${linkKeys.join(', ')}`);
	return limits;
}

const rdmaKeys = { hca_handle: 'hcaHandles', hca_object: 'hcaObjects' } as const;

function rdmaLimits(given: string[]): Limits['rdma'] {
	return Object.fromEntries(
		given.map((one) => {
			const [device = '', ...rest] = one.trim().split(/\s+/);
			const limits = Object.entries(pairs('--rdma-max', rest, true)).map(([key, value]) => {
				const name = rdmaKeys[key as keyof typeof rdmaKeys];
				if (!name) throw invalidFlag('--rdma-max', `${key} is neither hca_handle nor hca_object`);
				return [name, natural('--rdma-max', value)];
			});
			return [device, Object.fromEntries(limits)];
		}),
	);
}

function rdmaWords(limits: NonNullable<Limits['rdma']>): string[] {
	return Object.entries(limits).map(([device, { hcaHandles, hcaObjects }]) =>
		[device, ...pairWords({ hca_handle: hcaHandles, hca_object: hcaObjects })].join(' '),
	);
}

function miscLimits(given: string[]): Limits['misc'] {
	return Object.fromEntries(
		Object.entries(pairs('--misc-max', given, true)).map(([name, value]) => [
			name,
			value === 'max' ? value : natural('--misc-max', value),
		]),
	);
}

function natural(flag: string, value: string): number {
	const number = integer(flag, value);
	if (number < 0 || !Number.isSafeInteger(number))
		throw invalidFlag(flag, `${JSON.stringify(value)} is not an integer from 0 to ${Number.MAX_SAFE_INTEGER}`);
	return number;
}

/** In the words of devices.allow of cgroup v1. */
function deviceRule(given: string): DeviceRule {
	const [, action, type, major, minor, access] =
		/^(allow|deny)\s+(?:a|([bc])\s+(\d+|\*):(\d+|\*)(?:\s+([rwm]{1,3}))?)$/.exec(given.trim()) ?? [];
	if (!action)
		throw invalidFlag(
			'--device-rule',
			`${JSON.stringify(given)} is not of the form "allow c 1:3 rwm", "deny b *:*" or "deny a"`,
		);
	const number = (text: string | undefined) => (text === undefined || text === '*' ? undefined : Number(text));
	return defined({
		allow: action === 'allow',
		type: type as DeviceRule['type'],
		major: number(major),
		minor: number(minor),
		access,
	});
}

function ruleText({ allow, type, major, minor, access }: DeviceRule): string {
	const action = allow ? 'allow' : 'deny';
	if (type === undefined || type === 'a') return `${action} a`;
	return [action, type, `${major ?? '*'}:${minor ?? '*'}`, ...(access ? [access] : [])].join(' ');
}
