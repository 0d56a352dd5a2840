/** One interface of a container, as lines for ip(8). */

import { invalidOption } from '../../errors.js';
import { machine } from '../../host/machine.js';
import { addressText, networkText, otherIn } from '../../model/address.js';
import { defined, maybe } from '../../model/defined.js';
import type { Command, PlannedBridge, PlannedInterface } from '../../model/network-plan.js';
import { masqueradeGroup } from '../../model/network-plan.js';
import type { Network } from '../../model/spec.js';
import type { Addressed } from './check.js';

/** Each container gets four addresses of it: the second is that of the host, the third its own. */
const linkPool = '10.213.0.0/16';
/** Each bridge of procready's own gets 256 addresses of it, the first being its own. */
export const bridgePool = '10.214.0.0/16';

export interface Checked {
	network: Network;
	name: string;
	where: string;
	addressed: Addressed[];
}

/** Takes the families that it gives a way out to out of `needsDefault`. `id` makes the name of the other end. */
export function interfaceOf(checked: Checked, id: string, needsDefault: Set<number>): PlannedInterface {
	const { network, name, where, addressed } = checked;
	const { bridge, hostInterfaceName, masquerade } = network;
	const mark = `pr-${machine.sha256(id).slice(0, 12)}`;
	const host = hostInterfaceName ?? mark;
	const links = addressed.length > 0 ? addressed.map((one) => linkOf(one, bridge)) : [freeLink(where)];
	const given = links.filter(({ isGateway }) => isGateway).map((link) => defaultRoute(link, name));
	const implied = links
		.filter(({ family, other }) => other && needsDefault.delete(family))
		.map((link) => defaultRoute(link, name));
	return defined({
		...{ name, host, mark },
		bridge: maybe(bridge, (bridge) => plannedBridge(bridge, addressed, implied, where)),
		pool: addressed.length > 0 ? undefined : bridge === undefined ? linkPool : bridgePool,
		addresses: addressed.map(({ subnet }) => addressText(subnet)),
		masquerade: masquerade || undefined,
		mtu: network.mtu,
		onHost: hostLines(checked, links, host, mark),
		inside: [...insideLines(checked, links), ...given, ...(bridge === undefined ? implied : [])],
		where,
	});
}

function hostLines({ network, name, where }: Checked, links: Link[], host: string, mark: string): Command[] {
	const { bridge, mtu, txQueueLen, macAddress, tempVethPeerName = name, hairpinMode, masquerade } = network;
	const command = (member: string) => (line: string) => ({ line, where: `${where}${member}` });
	const size = mtu === undefined ? '' : ` mtu ${mtu}`;
	const mac = macAddress === undefined ? '' : ` address ${macAddress}`;
	const queue = txQueueLen === undefined ? '' : ` txqueuelen ${txQueueLen}`;
	const group = masquerade && bridge === undefined ? ` group ${masqueradeGroup}` : '';
	return [
		command('/hostInterfaceName')(
			`link add ${host}${size} type veth peer name ${tempVethPeerName} netns $PID${size}${mac}${queue}`,
		),
		...(host === mark ? [] : [command('')(`link property add dev ${host} altname ${mark}`)]),
		...links.map(({ address, where }) => ({
			line: `link property add dev ${host} altname ${claimOf(address, bridge)}`,
			where,
		})),
		...(bridge === undefined ? [] : [command('/bridge')(`link set dev ${host} master ${bridge}`)]),
		...(hairpinMode ? [command('/hairpinMode')(`link set dev ${host} type bridge_slave hairpin on`)] : []),
		command('')(`link set dev ${host}${group} up`), // before its addresses: IPv6 makes no routes of those of others
		...(bridge === undefined ? links : []).map(({ address, other, where }) => ({
			line: `address add ${other} peer ${address} dev ${host}${nodad(address)}`,
			where,
		})),
	];
}

function insideLines({ network: { tempVethPeerName = '' }, name, where }: Checked, links: Link[]): Command[] {
	return [
		...(tempVethPeerName === ''
			? []
			: [{ line: `link set dev ${tempVethPeerName} name ${name}`, where: `${where}/name` }]),
		...links.map(({ address, prefix, where }) => ({
			line: `address add ${address}/${prefix} dev ${name}${nodad(address)}`,
			where,
		})),
		{ line: `link set dev ${name} up`, where },
	];
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
	const { family, prefix } = subnet;
	const found = gateway ?? otherIn(subnet, subnet);
	if (!found && bridge === undefined)
		throw invalidOption(where, `there is no other address in ${networkText(subnet)} for the host's end of the link`);
	const ofBridge = family === 4 ? '$GATEWAY' : '$GATEWAY6';
	const other = bridge !== undefined && !gateway ? ofBridge : maybe(found, addressText);
	const isGateway = gateway !== undefined;
	return { family, address: addressText(subnet), prefix: String(prefix), other, isGateway, where, gatewayWhere };
}

function freeLink(where: string): Link {
	const places = { where: `${where}/address`, gatewayWhere: `${where}/gateway` };
	return { family: 4, address: '$ADDRESS', prefix: '$PREFIX', other: '$GATEWAY', isGateway: false, ...places };
}

/** Duplicates are looked for by ourselves: until the kernel has done so an address cannot be used. */
export const nodad = (address: string) => (address.includes(':') ? ' nodad' : '');

/**
 * An alternative name of the host's end. No two interfaces have the same one, so whoever gives it has the address, and it
 * is free again when the interface is gone. Names have no colons.
 */
export function claimOf(address: string, bridge: string | undefined): string {
	return `procready-${bridge === undefined ? '' : `${bridge}-`}${address.replaceAll(':', '_')}`;
}

function defaultRoute({ family, other, gatewayWhere }: Link, name: string): Command {
	return { line: `route add ${family === 4 ? '0.0.0.0/0' : '::/0'} via ${other} dev ${name}`, where: gatewayWhere };
}

function plannedBridge(name: string, addressed: Addressed[], inside: Command[], where: string): PlannedBridge {
	const links = addressed.map(({ subnet, gateway }) =>
		defined({ address: `${addressText(subnet)}/${subnet.prefix}`, gateway: maybe(gateway, addressText) }),
	);
	return { name, links, inside, where: `${where}/bridge` };
}
