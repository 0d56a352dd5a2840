/** The flags of the network, and what their values mean. */
import { defined, maybe } from '../model/defined.js';
import type { Flag } from '../model/flag.js';
import type { NetworkInterface, NetworkOption, Options } from '../model/options.js';
import type { Route } from '../model/spec.js';
import { integer, invalidFlag, pairs, type Values } from './arguments.js';
import { pairWords, valued } from './convert.js';

export const networkFlags = {
	ip: {
		type: 'string',
		multiple: true,
		value: 'ADDRESS/PREFIX',
		help: 'of the interface, IPv4 or IPv6 or both: 10.9.0.2/24',
		text: 'of the interface; one of IPv4, one of IPv6, or both',
		default: 'one that is free on the host',
		option: 'network.address',
		also: 'network.ipv6Address',
	},
	gateway: {
		type: 'string',
		multiple: true,
		value: 'ADDRESS',
		help: 'where packets go for which there is no other route',
		text: 'where packets go for which there is no other route: an address in the subnet of `--ip`',
		default: "the host's end",
		option: 'network.gateway',
		also: 'network.ipv6Gateway',
	},
	masquerade: {
		type: 'boolean',
		help: 'let COMMAND reach what the host reaches, with the address of the host',
		text: 'the command reaches what the host reaches, with the address of the host',
		option: 'network.masquerade',
	},
	mtu: {
		type: 'string',
		value: 'BYTES',
		help: '68 to 65535',
		text: 'of both ends of the link',
		default: '1500',
		option: 'network.mtu',
	},
	mac: {
		type: 'string',
		aliases: ['mac-address'],
		value: 'ADDRESS',
		help: '02:00:00:00:00:01',
		text: "of the container's end",
		default: 'a random one',
		option: 'network.macAddress',
	},
	route: {
		type: 'string',
		multiple: true,
		value: 'DST[,via=GW][,src=IP][,dev=IF]',
		help: 'an additional route: 10.8.0.0/16,via=10.9.0.7',
		text: 'an additional route; DST may be `default`',
		option: 'routes',
		parse: (given: string[]) => given.map(routeOf),
		print: (routes: Route[]) => routes.map(routeText),
	},
	'add-host': {
		type: 'string',
		multiple: true,
		value: 'NAME:ADDRESS',
		help: 'an extra line in /etc/hosts',
		text: 'an extra line in /etc/hosts; may be repeated',
		default: 'the named containers at the same bridge',
		option: 'hosts',
		parse: hostsOf,
		print: (hosts: object) => Object.entries(hosts).map(([name, address]) => `${name}:${address}`),
	},
	net: {
		type: 'string',
		aliases: ['network'],
		value: 'WHAT',
		help: 'host, none, veth, bridge=NAME, path:NS or container:NAME',
		text: '`host`, `none`, `veth`, `bridge=NAME`, `path:NS` or `container:NAME`',
		default: '`host`',
		option: 'network',
	},
} as const satisfies Record<string, Flag>;

type NetworkValues = Values<typeof networkFlags>;

/** The words of the library, unless more is said of the interface. */
export function networkOf(values: NetworkValues): Options['network'] {
	const { net, ip = [], gateway = [], mtu, mac, masquerade } = values;
	const details: NetworkInterface = defined({
		...byFamily('--ip', ip, 'address', 'ipv6Address'),
		...byFamily('--gateway', gateway, 'gateway', 'ipv6Gateway'),
		mtu: maybe(mtu, (size) => integer('--mtu', size)),
		macAddress: mac,
		masquerade,
	});
	const [flag] = (['ip', 'gateway', 'mtu', 'mac', 'masquerade'] as const).filter((name) => values[name] !== undefined);
	if (flag === undefined) return net as NetworkOption | undefined;
	if (net === 'veth') return details;
	if (net?.startsWith('bridge=')) return { bridge: net.slice('bridge='.length), ...details };
	throw invalidFlag(`--${flag}`, 'is of an interface, which --net veth or --net bridge=NAME makes');
}

/** The flags for an option `network`; `undefined` where they cannot say it. */
export function networkWords(network: Options['network'] & {}): string[] | undefined {
	if (typeof network === 'string') return valued('net', network);
	if (Array.isArray(network)) return undefined;
	const {
		type: _,
		bridge,
		address,
		ipv6Address,
		gateway,
		ipv6Gateway,
		mtu,
		macAddress,
		masquerade,
		...others
	} = network;
	if (Object.keys(others).length > 0 || network.type === 'loopback') return undefined;
	const flags = { ip: [address, ipv6Address], gateway: [gateway, ipv6Gateway], mtu: [mtu], mac: [macAddress] };
	return [
		...valued('net', bridge === undefined ? 'veth' : `bridge=${bridge}`),
		...Object.entries(flags).flatMap(([name, values]) =>
			values.flatMap((value) => (value === undefined ? [] : valued(name, String(value)))),
		),
		...(masquerade ? ['--masquerade'] : []),
	];
}

function byFamily<V4 extends string, V6 extends string>(flag: string, given: string[], v4: V4, v6: V6) {
	const all: { [key in V4 | V6]?: string } = {};
	for (const text of given) {
		const member = text.includes(':') ? v6 : v4;
		if (member in all) throw invalidFlag(flag, `${text} is the second of its kind: one IPv4 and one IPv6 can be given`);
		all[member] = text;
	}
	return all;
}

/** The address may have colons too. */
function hostsOf(given: string[]): Record<string, string> {
	const entries = new Map<string, string>();
	for (const text of given) {
		const [, name = '', address = ''] = /^([^:]+):(.+)$/.exec(text) ?? [];
		if (name === '') throw invalidFlag('--add-host', `${JSON.stringify(text)} is not of the form NAME:ADDRESS`);
		if (entries.has(name)) throw invalidFlag('--add-host', `${name} is given twice`);
		entries.set(name, address);
	}
	return Object.fromEntries(entries);
}

const members = { via: 'gateway', src: 'source', dev: 'interfaceName' } as const;

/** DST[,via=GW][,src=IP][,dev=IF] */
function routeOf(given: string): Route {
	const [destination = '', ...rest] = given.split(',');
	const named = Object.entries(pairs('--route', rest, true)).map(([key, value]) => {
		const member = members[key as keyof typeof members];
		if (!member) throw invalidFlag('--route', `${key} is none of ${Object.keys(members).join(', ')}`);
		return [member, value];
	});
	return { destination, ...Object.fromEntries(named) };
}

function routeText({ destination, gateway, source, interfaceName }: Route): string {
	return [destination, ...pairWords({ via: gateway, src: source, dev: interfaceName })].join();
}
