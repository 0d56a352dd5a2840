/** The flags of the network as options of the library. */
import { defined, maybe } from '../model/defined.js';
import type { NetworkInterface, NetworkOption, Options } from '../model/options.js';
import type { Route } from '../model/spec.js';
import { integer, invalidFlag, pairs, type Values } from './arguments.js';
import type { networkFlags } from './flags.js';

type NetworkValues = Values<typeof networkFlags>;

export function networkOptionsOf(values: NetworkValues): Pick<Options, 'network' | 'routes' | 'hosts'> {
	return defined({
		network: networkOf(values),
		routes: maybe(values.route, (routes) => routes.map(routeOf)),
		hosts: maybe(values['add-host'], hostsOf),
	});
}

/** The words of the library, unless more is said of the interface. */
function networkOf(values: NetworkValues): Options['network'] {
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
