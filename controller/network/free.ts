/** Addresses that nobody on this host has: the pools, what is in use of them, and what is about to be. */
import { ifThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import { addressAt, overlap, parseSubnet, type Subnet } from '../model/address.js';

/** Subnets of the pool that are on their way: of other launches of this process. */
const pending = new Set<bigint>();

/**
 * A part of the pool, of `prefix` bits, in which the host has neither an address nor a route; `release` when it is seen
 * to be taken, or is not needed. Where two processes find the same one at the same time, the kernel lets one have it.
 */
export function freeSubnet(pool: Subnet, prefix: number): { subnet: Subnet; release: () => void } | undefined {
	const taken = [...routes(), ...ownAddresses()].filter((one) => overlap(pool, one) && one.prefix > 0);
	const count = 2 ** (prefix - pool.prefix);
	const size = 2 ** ((pool.family === 4 ? 32 : 128) - prefix);
	const start = Math.floor(Math.random() * count); // others begin elsewhere
	for (let tries = 0; tries < count; tries++) {
		const { bits } = addressAt(pool, ((start + tries) % count) * size);
		const subnet: Subnet = { family: pool.family, bits, prefix };
		if (pending.has(bits) || taken.some((one) => overlap(one, subnet))) continue;
		pending.add(bits);
		return { subnet, release: () => void pending.delete(bits) };
	}
	return undefined;
}

/** IPv4, of all tables. Addresses are hexadecimal, the first byte last. */
function routes(): Subnet[] {
	const lines = machine.readFile('/proc/net/route').trim().split('\n').slice(1);
	return lines.map((line) => {
		const [, destination = '0', , , , , , mask = '0'] = line.split('\t');
		return { family: 4, bits: inOrder(destination), prefix: inOrder(mask).toString(2).replaceAll('0', '').length };
	});
}

function inOrder(hex: string): bigint {
	return BigInt(`0x${(hex.match(/../g) ?? ['0']).reverse().join('')}`);
}

/** Of all interfaces, also of those that nothing is plugged into. proc(5) has the one file, the kernel's net/ipv6 the other. */
export function ownAddresses(): Subnet[] {
	const v4 = machine.readFile('/proc/net/fib_trie').matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g);
	const texts = [...v4].map(([, text]) => `${text}/32`);
	return [...texts, ...ownIpv6().map((hex) => `${hex.match(/.{4}/g)?.join(':')}/128`)].flatMap(
		(text) => parseSubnet(text) ?? [],
	);
}

/** 32 hexadecimal digits each; none where there is no IPv6. */
function ownIpv6(): string[] {
	const path = '/proc/net/if_inet6';
	return ifThere(path, () => machine.readFile(path))?.match(/^[0-9a-f]{32}/gm) ?? [];
}
