/** What containers with a network of their own need; all others need none of it. */
import { about, type Check, type Result } from './check.js';
import { asRoot } from './remedies.js';

const tool =
	(name: string, use: string, debian: string): Check =>
	(facts): Result => {
		const { ok, missing } = about('network', name);
		const path = facts.system.programs[name];
		if (path) return ok(`${path}, optional: ${use}`);
		return missing(`not there, optional: ${use}`, { remedies: [asRoot(facts, `apt-get install ${debian}`)] });
	};

interface Part {
	name: string;
	/** It is tried with this program. */
	program: string;
	/** Kernel module, which is loaded by itself where it is there. */
	module: string;
	use: string;
	affects: string[];
}

const parts: Part[] = [
	{
		name: 'veth',
		program: 'ip',
		module: 'veth',
		use: 'links to containers',
		affects: ['--net veth', '--net bridge=NAME'],
	},
	{ name: 'bridge', program: 'ip', module: 'bridge', use: 'bridges', affects: ['--net bridge=NAME'] },
	{ name: 'tbf', program: 'tc', module: 'sch_tbf', use: 'the rate of a link', affects: ['--link rate=…'] },
	{
		name: 'netem',
		program: 'tc',
		module: 'sch_netem',
		use: 'its delay and loss',
		affects: ['--link delay=…', '--link loss=…'],
	},
	{ name: 'masquerade', program: 'nft', module: 'nft_masq', use: 'the way out', affects: ['--masquerade'] },
];

/** Nothing is said of what could not be tried: then the program is missing, or the right, and that is said. */
const part =
	({ name, program, module, use, affects }: Part): Check =>
	({ network, system }) => {
		const { ok, missing } = about('network', name);
		if (!network || !system.programs[program]) return [];
		if (network.includes(name)) return ok(`the kernel has it: ${use}`);
		return missing('the kernel does not have it', { remedies: [`boot a kernel with the module ${module}`], affects });
	};

export const networkChecks = [
	tool('ip', 'interfaces, addresses and routes', 'iproute2'),
	tool('tc', 'to shape bandwidth and delay', 'iproute2'),
	tool('nft', 'to masquerade', 'nftables'),
	tool('nsenter', 'into the network of a container', 'util-linux'),
	...parts.map(part),
];
