/** Bridges of the host: one that is there is used as it is; one that is missing is made, and is procready's own. */
import { ProcreadyError } from '../errors.js';
import {
	addressAt,
	addressText,
	contains,
	isSame,
	otherIn,
	parseAddress,
	parseSubnet,
	type Subnet,
} from '../model/address.js';
import type { PlannedBridge } from '../model/network-plan.js';
import { bridgePool, claimOf, nodad } from '../plan/network/interface.js';
import { freeSubnet } from './free.js';
import { ipBatch, ipJson } from './ip.js';

/** The alias of an interface, which says whose it is. */
const ownAlias = 'procready';

interface Shown {
	ifalias?: string;
	linkinfo?: { info_kind?: string };
	addr_info: { local: string; prefixlen: number; scope: string }[];
}

export interface Bridge {
	isOwn: boolean;
	/** What stands for `$GATEWAY` and `$GATEWAY6`: its addresses in the subnets of the container. */
	words: Record<string, string>;
	/** Its subnet of IPv4, out of which a container can get an address. */
	subnet: Subnet | undefined;
}

/** Under the lock. Makes it where it is missing. Throws `network-refused` where the name is that of something else. */
export async function prepareBridge(planned: PlannedBridge): Promise<Bridge> {
	const { name, where } = planned;
	const found = await show(name);
	if (found && found.linkinfo?.info_kind !== 'bridge')
		throw new ProcreadyError('network-refused', `${name} is an interface of this host, but no bridge`, { where });
	if (found && found.ifalias !== ownAlias) return { isOwn: false, words: {}, subnet: undefined };
	const made = found ? [] : [`link add ${name} type bridge`, `link set dev ${name} alias ${ownAlias}`];
	const held = (found?.addr_info ?? []).flatMap(({ local, prefixlen, scope }) =>
		scope === 'global' ? (parseSubnet(`${local}/${prefixlen}`) ?? []) : [],
	);
	const addresses = addressesOf(planned, held);
	const missing = addresses.filter((one) => !held.includes(one));
	const lines = missing
		.map(addressText)
		.map((text, index) => `address add ${text}/${missing[index]?.prefix} dev ${name}${nodad(text)}`);
	await ipBatch([...made, ...lines, `link set dev ${name} up`].map((line) => ({ line, where })));
	return {
		isOwn: true,
		words: Object.fromEntries(addresses.map((one) => [one.family === 4 ? '$GATEWAY' : '$GATEWAY6', addressText(one)])),
		subnet: [...addresses, ...held].find(({ family }) => family === 4),
	};
}

/** Those that it is to have for this container; what it has already does. */
function addressesOf({ links, where }: PlannedBridge, held: Subnet[]): Subnet[] {
	return (links.length > 0 ? links : [poolLink(held, where)]).flatMap(({ address, gateway }) => {
		const subnet = parseSubnet(address) as Subnet;
		const wanted = gateway === undefined ? undefined : parseAddress(gateway);
		const there = held.find((one) => (wanted ? isSame(one, wanted) : contains(subnet, one)));
		const other = wanted ?? otherIn(subnet, subnet);
		return there ?? (other ? { ...other, prefix: subnet.prefix } : []);
	});
}

/** Where nobody says an address: what the bridge has already, or a part of the pool, of which it gets the first. */
function poolLink(held: Subnet[], where: string): PlannedBridge['links'][number] {
	const there = held.find(({ family }) => family === 4);
	if (there) return { address: `${addressText(there)}/${there.prefix}` };
	const free = freeSubnet(parseSubnet(bridgePool) as Subnet, 24);
	if (!free)
		throw new ProcreadyError('network-refused', `all of ${bridgePool} is in use on this host: say which address`, {
			where,
		});
	free.release(); // nobody else is here before it has its address
	return { address: `${addressText(addressAt(free.subnet, 2))}/24`, gateway: addressText(addressAt(free.subnet, 1)) };
}

async function show(name: string): Promise<Shown | undefined> {
	const all = await ipJson<(Shown & { ifname?: string })[]>(['-details', 'address', 'show']);
	return all.find(({ ifname }) => ifname === name);
}

/** Under the lock: the first address of the subnet that neither the bridge nor a container at it has. */
export async function addressAtBridge(name: string, subnet: Subnet, where: string): Promise<string> {
	const ports = await ipJson<{ altnames?: string[] }[]>(['link', 'show', 'master', name]);
	const claimed = new Set(ports.flatMap(({ altnames = [] }) => altnames));
	const last = 2 ** (32 - subnet.prefix) - 2;
	for (let index = 1; index <= last; index++) {
		const address = addressAt(subnet, index);
		if (!isSame(address, subnet) && !claimed.has(claimOf(addressText(address), name))) return addressText(address);
	}
	throw new ProcreadyError('network-refused', `all addresses of the bridge ${name} are in use`, {
		where: `${where}/address`,
	});
}
