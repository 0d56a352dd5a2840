/** Lines for ip(8), run in one process each time, and what went wrong in words. */
import { ProcreadyError } from '../errors.js';
import type { Command } from '../model/network-plan.js';
import { runProgram } from './programs.js';

/** Where an error that is not for the user to mend tells what to do else. */
export class RefusedLine extends ProcreadyError {
	/** Of the lines the one that failed, from 0 on; those before it were done. */
	readonly index: number;
	/** What the kernel says. */
	readonly said: string;

	constructor(command: Command, index: number, said: string) {
		const permitted = /Operation not permitted/.test(said);
		const text = permitted
			? 'the network of containers needs CAP_NET_ADMIN: run as root'
			: translated(command.line, said);
		super(permitted ? 'not-permitted' : 'network-refused', `${nameOf(command.where)}: ${text}`, {
			where: command.where,
		});
		this.index = index;
		this.said = said;
	}
}

/** By the pid of a process that is in it, or a path of the host. */
export type Namespace = number | string;

/** In a network namespace; without one in that of the caller. Throws `RefusedLine`. */
export async function ipBatch(commands: readonly Command[], namespace?: Namespace): Promise<void> {
	if (commands.length === 0) return;
	const input = commands.map(({ line }) => `${line}\n`).join('');
	const { failed, stderr } = await inNamespace(['ip', '-batch', '-'], namespace, input);
	if (!failed) return;
	const index = Number(/^Command failed -:(\d+)$/m.exec(stderr)?.[1] ?? 1) - 1;
	throw new RefusedLine(commands[index] as Command, index, sentenceOf(stderr));
}

/** What ip(8) says as JSON. */
export async function ipJson<T>(args: readonly string[], pid?: number): Promise<T> {
	const { failed, stdout, stderr } = await inNamespace(['ip', '-json', ...args], pid);
	if (failed) throw new ProcreadyError('network-refused', `ip ${args.join(' ')}: ${sentenceOf(stderr)}`);
	return JSON.parse(stdout || '[]');
}

/** The program is the host's, and so are its files: of the container nothing is followed but its network. */
export function inNamespace(command: readonly [string, ...string[]], of: Namespace | undefined, input = '') {
	const path = typeof of === 'number' ? `/proc/${of}/ns/net` : of;
	const all = path === undefined ? command : (['nsenter', `--net=${path}`, ...command] as const);
	return runProgram(all, input);
}

/** Without what ip(8) says of itself. */
export function sentenceOf(stderr: string): string {
	const lines = stderr.split('\n').filter((line) => line !== '' && !/^Command failed /.test(line));
	return lines.map((line) => line.replace(/^(RTNETLINK answers|Error|RTNETLINK): /, '').replace(/\.$/, '')).join('; ');
}

const nameOf = (where: string) => where.replace(/^\//, '').replaceAll('/', '.');

/** What the kernel means, by the line and what it says; the first row that fits. */
const translations: [line: RegExp, said: RegExp, meaning: (words: string[], said: string) => string][] = [
	[/^link add/, /File exists/, ([, , host]) => `the host has an interface ${host} already: it needs another name`],
	[
		/^link add/,
		/Unknown device type/,
		(words) => `this kernel has no ${typeIn(words)}: it takes CONFIG_${typeIn(words).toUpperCase()}`,
	],
	[/^link add/, /mtu/i, (_, said) => `the kernel takes no such MTU: ${said}`],
	[
		/^link set .* master/,
		/Cannot find device|does not exist/,
		(words) => `there is no bridge ${words.at(-1)} on this host`,
	],
	[
		/^link set .* master/,
		/enslav|not supported|Invalid argument/,
		(words) => `${words.at(-1)} is an interface of this host, but no bridge`,
	],
	[
		/^link property/,
		/exists/,
		(words) => `the address ${words.at(-1)?.split('-').at(-1)?.replaceAll('_', ':')} is that of another container`,
	],
	[/^route/, /File exists/, ([, , to]) => `there is another route to ${to} already`],
	[
		/^route/,
		/gateway|unreachable|No route to host/,
		(words) => `the gateway ${after(words, 'via')} cannot be reached from the container`,
	],
	[/^route/, /prefsrc|source/, (words) => `${after(words, 'src')} is not an address of the container`],
	[/^route/, /Cannot find device/, (words) => `the container has no interface ${after(words, 'dev')}`],
	[
		/:/,
		/disabled|No such device|Permission denied|not supported/,
		() => 'IPv6 is disabled here: sysctl net.ipv6.conf.all.disable_ipv6=0',
	],
	[/^address/, /exists|assigned/, ([, , address]) => `the address ${address} is there twice`],
];

function translated(line: string, said: string): string {
	const words = line.split(' ');
	const row = translations.find(([ofLine, ofSaid]) => ofLine.test(line) && ofSaid.test(said));
	return row?.[2](words, said) ?? `ip ${line}: ${said}`;
}

const after = (words: string[], word: string) => words[words.indexOf(word) + 1];
const typeIn = (words: string[]) => after(words, 'type') ?? '';
