/** What shows that a service is ready, as it is written. */
import { invalidOption } from '../../errors.js';
import { type Address, parseAddress } from '../../model/address.js';
import { parseDuration } from '../../model/units.js';
import { parseAmount } from '../expect/amount.js';
import type { Amount } from '../expect/expectations.js';
import { search } from '../expect/pattern.js';
import { asRegExp, parseRegExp } from '../expect/text.js';
import { mustHave } from './members.js';

/** Exactly one of `port`, `socket`, `output`, `command` and `http`. */
export interface Ready {
	/** A port of TCP, 1 to 65535, on which a process of the service listens. The kernel says so: nobody connects. */
	port?: number;
	/** With `port`: the address on which it must listen. Default: 127.0.0.1 or ::1; with a network of its own, its address there. */
	host?: string;
	/** A unix socket on which it listens: its path, inside `rootfs` where there is one; an abstract name begins with `@`. */
	socket?: string;
	/** What it writes to stdout or stderr: text that is in it, or `/regular expression/`. */
	output?: string;
	/** A script for `sh -c`, or a list of words, that exits with 0; run again and again, outside of the limits. */
	command?: string | readonly string[];
	/** It listens on the port of the address, and answers a GET with this status. Default of the status: `'200..399'`. */
	http?: { url: string; status?: Amount };
	/** Milliseconds, or a string such as `'10s'`: what is not ready by then has failed. Default: 10 s. */
	timeout?: number | string;
}

/** The same, understood. */
export interface Awaited {
	/** For people: `port 8080`. */
	text: string;
	/** Milliseconds. */
	timeout: number;
	port?: number;
	/** On which of these it must listen; absent: where clients come. */
	host?: Address;
	/** With `port`: on any address. */
	anywhere?: true;
	socket?: string;
	output?(text: string): boolean;
	command?: readonly string[];
}

const kinds = ['port', 'socket', 'output', 'command', 'http'] as const;

const defaultTimeout = 10_000;

/** Throws `option-invalid`; `where` is the JSON pointer of `ready`. */
export function parseReady(ready: Ready, where = '/ready'): Awaited {
	mustHave(ready, [...kinds, 'host', 'timeout'], where);
	const given = kinds.filter((kind) => ready[kind] !== undefined);
	const [kind, another] = given;
	if (kind === undefined) throw invalidOption(where, `says nothing: it is one of ${kinds.join(', ')}`);
	if (another !== undefined)
		throw invalidOption(`${where}/${another}`, `there is "${kind}" already, and it is one of them`);
	if (ready.host !== undefined && kind !== 'port') throw invalidOption(`${where}/host`, 'is for "port"');
	const timeout = ready.timeout === undefined ? defaultTimeout : parseDuration(ready.timeout, `${where}/timeout`, 'ms');
	return { timeout, ...parsers[kind](ready, `${where}/${kind}`, where) };
}

type Parser = (ready: Ready, at: string, where: string) => Omit<Awaited, 'timeout'>;

const parsers: Record<(typeof kinds)[number], Parser> = {
	port({ port, host }, at, where) {
		if (typeof port !== 'number' || !isPort(port))
			throw invalidOption(at, `${JSON.stringify(port)} is not a port from 1 to 65535`);
		if (host === undefined) return { text: `port ${port}`, port };
		const address = parseAddress(host === 'localhost' ? '127.0.0.1' : host);
		if (!address) throw invalidOption(`${where}/host`, `${JSON.stringify(host)} is not an IP address`);
		return { text: `port ${port} of ${host}`, port, host: address };
	},
	socket({ socket = '' }, at) {
		if (typeof socket !== 'string' || !/^[@/]./.test(socket))
			throw invalidOption(at, `${JSON.stringify(socket)} is neither an absolute path nor a name that begins with @`);
		return { text: `socket ${socket}`, socket };
	},
	output({ output = '' }, at) {
		if (typeof output !== 'string') throw invalidOption(at, 'is not a text: write what is awaited, or "/expression/"');
		if (output === '') throw invalidOption(at, 'is empty: every output has that');
		const text = `output ${JSON.stringify(output)}`;
		if (!asRegExp.test(output)) return { text, output: (written) => written.includes(output) };
		const expression = parseRegExp(output, at);
		return {
			text: `output ${output}`,
			output: (written) => {
				const found = search(expression, written);
				return 'end' in found && found.end !== undefined;
			},
		};
	},
	command({ command = '' }, at) {
		if (![command].flat().every((word) => typeof word === 'string'))
			throw invalidOption(at, 'is neither a script nor a list of words');
		if (command.length === 0) throw invalidOption(at, 'is empty: a command is one word at least');
		return { text: `command ${JSON.stringify(command)}`, command: wordsFor(command) };
	},
	http({ http }, at) {
		mustHave(http, ['url', 'status'], at);
		const { url = '', status = '200..399' } = http ?? {};
		const { protocol, port } = URL.canParse(url) ? new URL(url) : { protocol: '', port: '' };
		if (protocol !== 'http:' && protocol !== 'https:')
			throw invalidOption(`${at}/url`, `${JSON.stringify(url)} is not an address such as http://127.0.0.1:8080/`);
		const comparison = parseAmount(status, 'count', `${at}/status`);
		const statuses = Array.from({ length: 500 }, (_, index) => index + 100).filter(comparison.holds);
		return {
			text: `status ${comparison.text} of ${url}`,
			port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
			anywhere: true,
			command: [process.execPath, '-e', asking, url, JSON.stringify(statuses)],
		};
	},
};

function isPort(port: number): boolean {
	return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** A text is a script for a shell, a list the words of a command. */
export function wordsFor(command: string | readonly string[]): readonly string[] {
	return typeof command === 'string' ? ['sh', '-c', command] : command;
}

/** A program for Node, as whoever asks must be in the network of the service: one request, and why its answer is no good. */
const asking = `
const [url, statuses] = process.argv.slice(1);
fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5000) }).then(
	({ status }) => JSON.parse(statuses).includes(status) ? process.exit(0) : 'it answered with status ' + status,
	({ message, cause }) => cause?.message ?? message,
).then((why) => { require('fs').writeSync(2, why); process.exit(1); });
`;
