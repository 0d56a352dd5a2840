/** Interfaces and routes as they are asked for: each member looked at by itself and beside the others. */

import { invalidOption } from '../../errors.js';
import {
	type Address,
	contains,
	type Family,
	isSame,
	parseAddress,
	parseSubnet,
	type Subnet,
} from '../../model/address.js';
import { utf8Length } from '../../model/bytes.js';
import type { Network, Route } from '../../model/spec.js';

/** An address and the gateway beside it. */
export interface Addressed {
	subnet: Subnet;
	gateway: Address | undefined;
	/** Pointers to the two members. */
	where: string;
	gatewayWhere: string;
}

export interface CheckedRoute {
	family: Family;
	destination: Subnet;
	source: Address | undefined;
	gateway: Address | undefined;
	interfaceName: string | undefined;
	where: string;
}

/** Names of net/core/dev.c dev_valid_name(); a "%" would be for the kernel to count with. */
export function checkInterfaceName(name: string, where: string): void {
	if (utf8Length(name) > 15)
		throw invalidOption(where, `${JSON.stringify(name)} is longer than the 15 bytes that the name of an interface has`);
	if (!/^[^\s/:%]+$/.test(name) || name === '.' || name === '..')
		throw invalidOption(where, `${JSON.stringify(name)} is not the name of an interface`);
}

/** All of one interface but its name inside, which depends on the others. Throws `option-invalid`. */
export function checkInterface(network: Network, where: string): Addressed[] {
	for (const member of ['bridge', 'hostInterfaceName', 'tempVethPeerName'] as const) {
		const name = network[member];
		if (name !== undefined) checkInterfaceName(name, `${where}/${member}`);
	}
	if (network.macAddress !== undefined) checkMac(network.macAddress, `${where}/macAddress`);
	if (network.hairpinMode && network.bridge === undefined)
		throw invalidOption(`${where}/hairpinMode`, 'is for an interface at a bridge');
	const addressed = [addressedOf(network, 4, where), addressedOf(network, 6, where)].filter((one) => one !== undefined);
	if (network.mtu !== undefined && network.mtu < 1280 && addressed.some(({ subnet }) => subnet.family === 6))
		throw invalidOption(`${where}/mtu`, `${network.mtu} is too small for IPv6, which needs 1280 bytes`);
	return addressed;
}

const members = {
	4: { address: 'address', gateway: 'gateway', example: '10.9.0.2/24' },
	6: { address: 'ipv6Address', gateway: 'ipv6Gateway', example: 'fd00::2/64' },
} as const;

function addressedOf(network: Network, family: Family, where: string): Addressed | undefined {
	const { address: member, gateway: gatewayMember, example } = members[family];
	const [text, gatewayText] = [network[member], network[gatewayMember]];
	const places = { where: `${where}/${member}`, gatewayWhere: `${where}/${gatewayMember}` };
	if (text === undefined) {
		if (gatewayText !== undefined)
			throw invalidOption(places.gatewayWhere, `is given without the address of the container, such as ${example}`);
		return undefined;
	}
	const subnet = parseSubnet(text);
	if (!subnet || subnet.family !== family || !isUsable(subnet))
		throw invalidOption(
			places.where,
			`${JSON.stringify(text)} is not an IPv${family} address with its prefix, such as ${example}`,
		);
	if (gatewayText === undefined) return { subnet, gateway: undefined, ...places };
	const gateway = parseAddress(gatewayText);
	if (gateway?.family !== family)
		throw invalidOption(places.gatewayWhere, `${JSON.stringify(gatewayText)} is not an IPv${family} address`);
	if (isSame(gateway, subnet))
		throw invalidOption(places.gatewayWhere, `${gatewayText} is the address of the container itself`);
	if (!contains(subnet, gateway))
		throw invalidOption(places.gatewayWhere, `${gatewayText} is not in ${text}, so it could not be reached`);
	return { subnet, gateway, ...places };
}

/** Of one host: not 0, no multicast, no loopback. */
function isUsable({ family, bits }: Address): boolean {
	if (family === 6) return bits > 1n && bits >> 120n !== 0xffn;
	const first = bits >> 24n;
	return first > 0n && first < 224n && first !== 127n;
}

function checkMac(given: string, where: string): void {
	if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(given))
		throw invalidOption(where, `${JSON.stringify(given)} is not a MAC address, such as 02:00:00:00:00:01`);
	if (Number.parseInt(given.slice(0, 2), 16) & 1 || /^[0:]+$/.test(given))
		throw invalidOption(where, `${given} is not the address of one interface`);
}

/** What routes may lean on: the interfaces there are, and the addresses, unless some are known only at the launch. */
export interface Known {
	names: readonly string[];
	subnets: readonly Subnet[] | undefined;
}

export function checkRoute(route: Route, { names, subnets }: Known, where: string): CheckedRoute {
	const { destination: text, source: sourceText, gateway: gatewayText, interfaceName } = route;
	if (gatewayText === undefined && interfaceName === undefined)
		throw invalidOption(where, `the route to ${text} has neither a gateway nor an interface`);
	const gateway = addressOf(gatewayText, `${where}/gateway`);
	const source = addressOf(sourceText, `${where}/source`);
	const family = (gateway ?? source)?.family ?? (text.includes(':') ? 6 : 4);
	const destination = destinationOf(text, family, `${where}/destination`);
	for (const [address, member] of [
		[gateway, 'gateway'],
		[source, 'source'],
	] as const)
		if (address && address.family !== destination.family)
			throw invalidOption(`${where}/${member}`, `is of IPv${address.family}, and the destination ${text} is not`);
	if (interfaceName !== undefined && !names.includes(interfaceName))
		throw invalidOption(
			`${where}/interfaceName`,
			`the container has no interface ${JSON.stringify(interfaceName)}; it has ${names.join(', ')}`,
		);
	if (source && subnets && !subnets.some((subnet) => isSame(subnet, source)))
		throw invalidOption(`${where}/source`, `${sourceText} is not an address of the container`);
	if (gateway && subnets && !subnets.some((subnet) => contains(subnet, gateway)))
		throw invalidOption(
			`${where}/gateway`,
			`${gatewayText} is in no subnet of the container, so it could not be reached`,
		);
	return { family: destination.family, destination, source, gateway, interfaceName, where };
}

function addressOf(text: string | undefined, where: string): Address | undefined {
	if (text === undefined) return undefined;
	const address = parseAddress(text);
	if (!address) throw invalidOption(where, `${JSON.stringify(text)} is not an IP address`);
	return address;
}

function destinationOf(text: string, family: Family, where: string): Subnet {
	if (text === 'default') return { family, bits: 0n, prefix: 0 };
	const address = parseAddress(text);
	const subnet = address ? { ...address, prefix: address.family === 4 ? 32 : 128 } : parseSubnet(text);
	if (!subnet)
		throw invalidOption(
			where,
			`${JSON.stringify(text)} is neither a subnet such as 10.8.0.0/16, nor an address, nor default`,
		);
	return subnet;
}
