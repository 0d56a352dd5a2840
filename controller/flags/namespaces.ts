/** The flags of namespaces, and what their values mean. */
import type { Flag } from '../model/flag.js';
import type { Options } from '../model/options.js';
import type { IdMapping } from '../model/spec.js';
import { invalidFlag, pairs } from './arguments.js';
import { pairWords } from './convert.js';

const mappingMembers = { containerID: 'IN', hostID: 'OUT', size: 'SIZE' };

export const namespaceFlags = {
	ns: {
		type: 'string',
		multiple: true,
		value: 'KIND=WHAT',
		help: 'new, host, a path, pid:N or container:NAME: network=new',
		text: 'cgroup, ipc, mount, network, pid, time, user or uts: `new`, `host`, a path, `pid:N`, `container:NAME`',
		default: "network, time and user are the host's, all others new",
		option: 'namespaces',
		kind: 'pairs',
	},
	uidmap: {
		type: 'string',
		multiple: true,
		value: 'IN:OUT:SIZE',
		help: 'user ids of a new user namespace',
		text: 'user ids of a new user namespace, which it implies',
		default: "the caller's id is 0, alone",
		option: 'uidMappings',
		members: mappingMembers,
		parse: parseMappings,
		print: mappingWords,
	},
	gidmap: {
		type: 'string',
		multiple: true,
		value: 'IN:OUT:SIZE',
		help: 'group ids of a new user namespace',
		default: "the caller's id is 0, alone",
		option: 'gidMappings',
		members: mappingMembers,
		parse: parseMappings,
		print: mappingWords,
	},
	'time-offset': {
		type: 'string',
		multiple: true,
		value: 'CLOCK=SECONDS',
		help: 'monotonic or boottime, of a new time namespace',
		text: '`monotonic` or `boottime` of a new time namespace, which it implies',
		option: 'timeOffsets',
		parse: parseOffsets,
		print: pairWords,
	},
	hostname: { type: 'string', value: 'NAME', help: 'of the container', default: "the host's", option: 'hostname' },
	domainname: {
		type: 'string',
		value: 'NAME',
		help: 'the NIS domain name',
		default: "the host's",
		option: 'domainname',
	},
	sysctl: {
		type: 'string',
		multiple: true,
		value: 'NAME=VALUE',
		help: 'a kernel parameter of a namespace: kernel.sem=…',
		text: 'a kernel parameter of a new namespace: `net.*`, `kernel.shm*`, `kernel.msg*`, `kernel.sem`, `fs.mqueue.*`',
		default: "the kernel's",
		option: 'sysctl',
		kind: 'pairs',
	},
} as const satisfies Record<string, Flag>;

function parseMappings(given: string[], flag: string): IdMapping[] {
	return given.map((mapping) => {
		const [, containerID, hostID, size] = /^(\d+):(\d+):(\d+)$/.exec(mapping) ?? [];
		if (size === undefined) throw invalidFlag(flag, `${JSON.stringify(mapping)} is not of the form IN:OUT:SIZE`);
		return { containerID: Number(containerID), hostID: Number(hostID), size: Number(size) };
	});
}

function mappingWords(mappings: IdMapping[]): string[] {
	return mappings.map(({ containerID, hostID, size }) => `${containerID}:${hostID}:${size}`);
}

function parseOffsets(given: string[]): Options['timeOffsets'] {
	return Object.fromEntries(
		Object.entries(pairs('--time-offset', given, true)).map(([clock, seconds]) => {
			if (!/^-?\d+(\.\d+)?$/.test(seconds)) throw invalidFlag('--time-offset', `${seconds} is not a number of seconds`);
			return [clock, Number(seconds)];
		}),
	);
}
