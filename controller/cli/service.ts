/** `--service`, `--ready`, `--client` and `--stop`: a service with its clients in the place of COMMAND. */
import { resolve } from 'node:path';
import { integer, invalidFlag, type Values } from '../flags/arguments.js';
import type { ServiceProgram } from '../harness/service/program.js';
import { parseReady, type Ready } from '../harness/service/ready.js';
import { parseStop } from '../harness/service/stop.js';
import { defined, maybe } from '../model/defined.js';
import type { Flags } from '../model/flag.js';
import { parseDuration } from '../model/units.js';
import { mustHaveCommand } from './subject.js';

export const serviceFlags = {
	service: { type: 'string', value: 'SCRIPT', help: 'a server in the place of COMMAND, for sh -c' },
	ready: {
		type: 'string',
		multiple: true,
		value: 'KIND=VALUE',
		help: 'when it is: port=N, socket=, output=, command=, http=URL',
		text: 'what shows that it is ready: `port=N`, `socket=PATH`, `output=TEXT|/RE/`, `command=SCRIPT` or `http=URL`; and `host=ADDRESS`, `status=N`, `timeout=10s`',
		option: 'ready',
	},
	client: {
		type: 'string',
		multiple: true,
		value: 'SCRIPT',
		help: 'run then, under no limits, for sh -c; each must pass',
	},
	stop: { type: 'string', value: 'SIGNAL', help: 'ends it, and SIGKILL 5 s later; default: SIGTERM', option: 'stop' },
} as const satisfies Flags;

/** What is to be run again and again. Throws `option-invalid`. */
export function programOf(
	values: Values<typeof serviceFlags> & { rootfs?: string | undefined },
	command: readonly string[],
	subcommand: string,
): readonly string[] | ServiceProgram {
	const { service, ready, client, stop, rootfs } = values;
	if (service === undefined) {
		for (const name of ['ready', 'client', 'stop'] as const)
			if (values[name] !== undefined) throw invalidFlag(`--${name}`, 'is for --service');
		mustHaveCommand(command, subcommand);
		return command;
	}
	if (command.length > 0)
		throw invalidFlag('--service', `is what is run, so "-- ${command[0]}" is too much: clients are --client`);
	if (service.trim() === '') throw invalidFlag('--service', 'is empty');
	const program: ServiceProgram = {
		command: service,
		ready: readyOf(ready ?? [], rootfs === undefined ? '.' : '/'),
		...defined({ client }),
	};
	if (stop === undefined) return program;
	const signal = stop as NodeJS.Signals;
	parseStop({ signal });
	return { ...program, stop: { signal } };
}

const members = ['port', 'host', 'socket', 'output', 'command', 'http', 'status', 'timeout'];

/** `directory`: from which the path of a socket is, where it is relative. */
function readyOf(given: readonly string[], directory: string): Ready {
	const words = given.map((one) => {
		const [, name = '', value = ''] = /^([a-z]+)=(.+)$/s.exec(one) ?? [];
		if (!members.includes(name))
			throw invalidFlag(
				'--ready',
				`${JSON.stringify(one)} is not one of ${members.map((name) => `${name}=`).join(', ')}`,
			);
		return [name, value] as const;
	});
	if (words.length === 0)
		throw invalidFlag('--ready', 'is missing: it says what shows that the service is ready, as port=N');
	const twice = words.find(([name], index) => words.findIndex(([other]) => other === name) < index);
	if (twice) throw invalidFlag('--ready', `${twice[0]}= is there twice`);
	const { port, socket, http, status, timeout, ...others } = Object.fromEntries(words) as Record<
		string,
		string | undefined
	>;
	const ready: Ready = {
		...others,
		...defined({
			port: maybe(port, (text) => integer('--ready', text)),
			socket: maybe(socket, (path) => (path.startsWith('@') ? path : resolve(directory, path))),
			timeout: maybe(timeout, (text) => parseDuration(text, '--ready timeout', 's')),
		}),
		...(http === undefined ? {} : { http: { url: http, ...defined({ status }) } }),
	};
	if (status !== undefined && http === undefined) throw invalidFlag('--ready', 'status= is for http=');
	parseReady(ready);
	return ready;
}
