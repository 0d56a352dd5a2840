/** Who this process is, and what it may do. */
import { readFileSync } from 'node:fs';

export interface Caller {
	/** Effective ids, in the user namespace of this process. */
	uid: number;
	gid: number;
	/** The permitted capabilities, capabilities(7): bit n is capability n. */
	capabilities: bigint;
}

export function readCaller(): Caller {
	return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, capabilities: capabilitySet('CapPrm') };
}

/** The most that a program started by this process can ever have. */
export function readBoundingSet(): bigint {
	return capabilitySet('CapBnd');
}

function capabilitySet(name: string): bigint {
	const status = readFileSync('/proc/self/status', 'latin1');
	const hex = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0';
	return BigInt(`0x${hex}`);
}
