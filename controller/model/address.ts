/** Addresses and subnets of IPv4 and IPv6 as text and as numbers. */

export type Family = 4 | 6;

export interface Address {
	family: Family;
	bits: bigint;
}

/** An address with the length of the prefix that its link has in common: CIDR, RFC 4632. */
export interface Subnet extends Address {
	prefix: number;
}

const widths = { 4: 32, 6: 128 } as const;

/** `undefined` for what is not an address. An address with a zone (`fe80::1%eth0`) is not one here. */
export function parseAddress(text: string): Address | undefined {
	if (ipv4.test(text)) return { family: 4, bits: bitsOf(text.split('.'), 10, 8n) };
	const whole = text.replace(/(?<=:)[\d.]+$/, (end) => (ipv4.test(end) ? asGroups(end) : end));
	const [before = '', after, ...more] = whole.split('::');
	const [head, tail] = [groups(before), groups(after ?? '')];
	const missing = 8 - head.length - tail.length;
	const isComplete = after === undefined ? missing === 0 : missing > 0;
	if (!isComplete || more.length > 0 || ![...head, ...tail].every((group) => /^[\da-f]{1,4}$/i.test(group)))
		return undefined;
	return { family: 6, bits: bitsOf([...head, ...Array<string>(missing).fill('0'), ...tail], 16, 16n) };
}

/** Four numbers from 0 to 255, without zeros before them. */
const ipv4 = /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/;

/** `ADDRESS/PREFIX`, for example `10.9.0.2/24`. */
export function parseSubnet(text: string): Subnet | undefined {
	const [, before = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
	const address = parseAddress(before);
	const prefix = Number(digits);
	return address && prefix <= widths[address.family] ? { ...address, prefix } : undefined;
}

/** An IPv4 address at the end of one of IPv6, as two groups. */
function asGroups(text: string): string {
	const bits = bitsOf(text.split('.'), 10, 8n);
	return `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
}

const groups = (text: string) => (text === '' ? [] : text.split(':'));

function bitsOf(parts: string[], base: number, width: bigint): bigint {
	return parts.reduce((bits, part) => (bits << width) | BigInt(Number.parseInt(part, base)), 0n);
}

/** The one way to write it: RFC 5952 but for the longest run of zeros, of which the first is shortened. */
export function addressText({ family, bits }: Address): string {
	if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
	const all = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
	return all.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}

/** The addresses from the first on that have the prefix. */
function sizeOf({ family, prefix }: Subnet): bigint {
	return 1n << BigInt(widths[family] - prefix);
}

/** The first address of the subnet, which stands for all of it. */
export function networkOf(subnet: Subnet): Subnet {
	return { ...subnet, bits: subnet.bits & ~(sizeOf(subnet) - 1n) };
}

/** The whole subnet, `10.9.0.0/24`. */
export function networkText(subnet: Subnet): string {
	return `${addressText(networkOf(subnet))}/${subnet.prefix}`;
}

export function contains(subnet: Subnet, { family, bits }: Address): boolean {
	return family === subnet.family && networkOf({ ...subnet, bits }).bits === networkOf(subnet).bits;
}

/** Whether there is an address that is in both. */
export function overlap(one: Subnet, other: Subnet): boolean {
	return one.prefix < other.prefix ? contains(one, other) : contains(other, one);
}

export function isSame(one: Address, other: Address): boolean {
	return one.family === other.family && one.bits === other.bits;
}

/** An address by its number in the subnet. */
export function addressAt(subnet: Subnet, index: number): Address {
	return { family: subnet.family, bits: networkOf(subnet).bits + BigInt(index) };
}

/**
 * The first that an interface may have and that is not `but`: neither that of the subnet nor the broadcast address, of
 * which subnets of two addresses have none (RFC 3021). `undefined` where there is no other.
 */
export function otherIn(subnet: Subnet, but: Address): Address | undefined {
	const [first, size] = sizeOf(subnet) > 2n ? [1, sizeOf(subnet) - 1n] : [0, sizeOf(subnet)];
	const fitting = [addressAt(subnet, first), addressAt(subnet, first + 1)];
	return fitting.find((one) => !isSame(one, but) && one.bits - networkOf(subnet).bits < size);
}
