/** The network of a container, turned into lines for ip(8): pure data. */
import { createHash } from 'node:crypto';
import { defined, maybe } from '../spec/defined.js';
import type { Network, Spec } from '../spec/spec.js';
import { invalidOption } from '../spec/units.js';
import { type Address, networkText, otherIn, textOf } from './address.js';
import { type Addressed, checkInterface, checkInterfaceName, checkRoute } from './check.js';

/**
 * One line for `ip -batch`, and the member it comes from. `$PID` is the init; `$ADDRESS` and `$GATEWAY` are what was free.
 */
export interface Command {
	line: string;
	where: string;
}

export interface PlannedInterface {
	/** Inside. */
	name: string;
	/** The other end. */
	host: string;
	bridge?: PlannedBridge;
	/** Where an address is looked for that is free. */
	pool?: string;
	/** Those of the container that are given. */
	addresses: string[];
	/** The interface is made, and what belongs to the host. */
	onHost: Command[];
	inside: Command[];
	where: string;
}

export interface PlannedBridge {
	name: string;
	/** What it needs where it is procready's own, */
	own: Command[];
	/** and what the container then has beside the rest: of a bridge of others the way out is not known. */
	inside: Command[];
	where: string;
}

export interface NetworkPlan {
	interfaces: PlannedInterface[];
	/** When all interfaces are there. */
	routes: Command[];
}

/** Each container gets four addresses of it: the second is that of the host, the third its own. */
export const linkPool = '10.213.0.0/16';
/** Each bridge of procready's own gets 256 addresses of it, the first being its own. */
export const bridgePool = '10.214.0.0/16';

/** Pointers to the members. */
export interface Places {
	network: (index: number) => string;
	route: (index: number) => string;
}

const inSpec: Places = {
	network: (index) => `/procready/networks/${index}`,
	route: (index) => `/procready/routes/${index}`,
};

/** Throws `option-invalid`. `id` makes the names of the other ends. `undefined` where there is nothing to do. */
export function networkPlanOf(spec: Pick<Spec, 'procready'>, id: string, places = inSpec): NetworkPlan | undefined {
	const { networks = [], routes = [] } = spec.procready ?? {};
	if (networks.length === 0 && routes.length === 0) return undefined;
	const named = namesOf(networks, places);
	const checked = named.map(({ network, name, where }) => ({
		...{ network, name, where },
		addressed: checkInterface(network, where),
	}));
	const names = ['lo', ...checked.map(({ name }) => name)];
	const isKnown = checked.every(({ addressed }) => addressed.length > 0);
	const subnets = isKnown ? checked.flatMap(({ addressed }) => addressed.map(({ subnet }) => subnet)) : undefined;
	const routed = routes.map((route, index) => checkRoute(route, { names, subnets }, places.route(index)));
	const gateways = checked.flatMap(({ addressed }) => addressed).filter(({ gateway }) => gateway !== undefined);
	const hasDefault = (family: number) =>
		routed.some((route) => route.family === family && route.destination.prefix === 0) ||
		gateways.some(({ subnet }) => subnet.family === family);
	const needsDefault = new Set([4, 6].filter((family) => !hasDefault(family)));
	const interfaces = checked.map((one, index) => interfaceOf(one, hostName(one.network, id, index), needsDefault));
	return { interfaces, routes: routed.map(routeCommand) };
}

interface Named {
	network: Network;
	name: string;
	where: string;
}

/** All but the loopback, which the init brings up. */
function namesOf(networks: readonly Network[], places: Places): Named[] {
	const all: Named[] = [];
	for (const [index, network] of networks.entries()) {
		const where = places.network(index);
		if (network.type === 'loopback') {
			checkLoopback(network, where);
			continue;
		}
		const name = network.name ?? `eth${all.length}`;
		checkInterfaceName(name, `${where}/name`);
		if (name === 'lo' || all.some((other) => other.name === name))
			throw invalidOption(`${where}/name`, `${name} is the name of another interface of the container`);
		all.push({ network, name, where });
	}
	return all;
}

function checkLoopback(network: Network, where: string): void {
	const other = Object.keys(network).find((member) => member !== 'type' && member !== 'name');
	if (other) throw invalidOption(`${where}/${other}`, 'has no meaning for the loopback');
	if (network.name !== undefined && network.name !== 'lo') throw invalidOption(`${where}/name`, 'the loopback is lo');
}

function hostName({ hostInterfaceName }: Network, id: string, index: number): string {
	return hostInterfaceName ?? `pr-${createHash('sha256').update(`${id}/${index}`).digest('hex').slice(0, 12)}`;
}

interface Checked extends Named {
	addressed: Addressed[];
}

function interfaceOf(
	{ network, name, where, addressed }: Checked,
	host: string,
	needsDefault: Set<number>,
): PlannedInterface {
	const { bridge, mtu, txQueueLen, macAddress, tempVethPeerName, hairpinMode } = network;
	if (bridge !== undefined && addressed.length === 0)
		throw invalidOption(`${where}/address`, `must be given: who else has one at ${bridge} is not known`);
	const links = addressed.length > 0 ? addressed.map((one) => linkOf(one, bridge)) : [freeLink(where)];
	const given = links.filter(({ isGateway }) => isGateway).map((link) => defaultRoute(link, name));
	const implied = links
		.filter(({ family, other }) => other && needsDefault.delete(family))
		.map((link) => defaultRoute(link, name));
	const first = tempVethPeerName ?? name;
	const command = (member: string) => (line: string) => ({ line, where: `${where}${member}` });
	const size = mtu === undefined ? '' : ` mtu ${mtu}`;
	const peer = `${size}${maybe(macAddress, (mac) => ` address ${mac}`) ?? ''}${maybe(txQueueLen, (n) => ` txqueuelen ${n}`) ?? ''}`;
	return defined({
		name,
		host,
		bridge: maybe(bridge, (bridge) => plannedBridge(bridge, links, implied, where)),
		pool: addressed.length > 0 ? undefined : bridge === undefined ? linkPool : bridgePool,
		addresses: addressed.map(({ subnet }) => textOf(subnet)),
		onHost: [
			command('/hostInterfaceName')(`link add ${host}${size} type veth peer name ${first} netns $PID${peer}`),
			...links.map(({ address, where }) => ({
				line: `link property add dev ${host} altname ${claimOf(address, bridge)}`,
				where,
			})),
			command('')(`link set dev ${host} up`), // before its addresses: IPv6 makes no routes of those of others
			...(bridge === undefined
				? links.map(({ address, other, where }) => ({
						line: `address add ${other} peer ${address} dev ${host}${nodad(address)}`,
						where,
					}))
				: [command('/bridge')(`link set dev ${host} master ${bridge}`)]),
			...(hairpinMode ? [command('/hairpinMode')(`link set dev ${host} type bridge_slave hairpin on`)] : []),
		],
		inside: [
			...(first === name ? [] : [command('/name')(`link set dev ${first} name ${name}`)]),
			...links.map(({ address, prefix, where }) => ({
				line: `address add ${address}/${prefix} dev ${name}${nodad(address)}`,
				where,
			})),
			command('')(`link set dev ${name} up`),
			...given,
			...(bridge === undefined ? implied : []),
		],
		where,
	});
}

/** The addresses of both ends, as text. */
interface Link {
	family: 4 | 6;
	address: string;
	prefix: string;
	/** The host's, or the bridge's. Absent: there is none in the subnet. */
	other: string | undefined;
	isGateway: boolean;
	where: string;
	gatewayWhere: string;
}

function linkOf({ subnet, gateway, where, gatewayWhere }: Addressed, bridge: string | undefined): Link {
	const other: Address | undefined = gateway ?? otherIn(subnet, subnet);
	if (!other && bridge === undefined)
		throw invalidOption(where, `there is no other address in ${networkText(subnet)} for the host's end of the link`);
	return {
		family: subnet.family,
		address: textOf(subnet),
		prefix: String(subnet.prefix),
		other: maybe(other, textOf),
		isGateway: gateway !== undefined,
		where,
		gatewayWhere,
	};
}

function freeLink(where: string): Link {
	const places = { where: `${where}/address`, gatewayWhere: `${where}/gateway` };
	return { family: 4, address: '$ADDRESS', prefix: '$PREFIX', other: '$GATEWAY', isGateway: false, ...places };
}

/** Duplicates are looked for by ourselves: until the kernel has done so an address cannot be used. */
const nodad = (address: string) => (address.includes(':') ? ' nodad' : '');

/**
 * An alternative name of the host's end. No two interfaces have the same one, so whoever gives it has the address, and it
 * is free again when the interface is gone. Names have no colons.
 */
function claimOf(address: string, bridge: string | undefined): string {
	return `procready-${bridge === undefined ? '' : `${bridge}-`}${address.replaceAll(':', '_')}`;
}

function defaultRoute({ family, other, gatewayWhere }: Link, name: string): Command {
	return { line: `route add ${family === 4 ? '0.0.0.0/0' : '::/0'} via ${other} dev ${name}`, where: gatewayWhere };
}

function plannedBridge(name: string, links: Link[], inside: Command[], where: string): PlannedBridge {
	const own = links.flatMap(({ other, prefix, gatewayWhere }) =>
		other === undefined
			? []
			: [{ line: `address replace ${other}/${prefix} dev ${name}${nodad(other)}`, where: gatewayWhere }],
	);
	return { name, own, inside, where: `${where}/bridge` };
}

function routeCommand({ destination, source, gateway, interfaceName, where }: ReturnType<typeof checkRoute>): Command {
	const words = [
		`route add ${networkText(destination)}`,
		maybe(gateway, (address) => `via ${textOf(address)}`),
		maybe(interfaceName, (name) => `dev ${name}`),
		maybe(source, (address) => `src ${textOf(address)}`),
	];
	return { line: words.filter((word) => word !== undefined).join(' '), where };
}
