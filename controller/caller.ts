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
	const hex = /^CapPrm:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
	return { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, capabilities: BigInt(`0x${hex}`) };
}
