/** Who this process is, and what it may do. */

import { readFileSync } from 'node:fs';
import type { Caller } from '../model/host.js';

export function readCaller(): Caller {
	const status = readFileSync('/proc/self/status', 'latin1');
	return {
		uid: process.geteuid?.() ?? 0,
		gid: process.getegid?.() ?? 0,
		capabilities: capabilitySet(status, 'CapPrm'),
		bounding: capabilitySet(status, 'CapBnd'),
	};
}

/** proc_pid_status(5) */
function capabilitySet(status: string, name: string): bigint {
	const hex = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0';
	return BigInt(`0x${hex}`);
}
