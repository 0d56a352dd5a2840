/** Who this process is, and what it may do. */

import type { Caller, Rights } from '../model/host.js';
import { machine } from './machine.js';

/** This process, as who asks. */
export function readCaller({ uid, gid, capabilities, bounding, ignoredSignals }: Rights = readRights()): Caller {
	const { environment, directory } = machine.self();
	return {
		...{ uid, gid, capabilities, bounding, environment },
		...(ignoredSignals === undefined ? {} : { ignoredSignals }),
		...(directory === undefined ? {} : { directory }),
	};
}

export function readRights(): Rights {
	const status = machine.readText('/proc/self/status');
	const { uid, gid, ignoredSignals } = machine.self();
	return {
		...{ uid, gid },
		...(ignoredSignals.length === 0 ? {} : { ignoredSignals: [...ignoredSignals] }),
		capabilities: capabilitySet(status, 'CapPrm'),
		bounding: capabilitySet(status, 'CapBnd'),
	};
}

/** proc_pid_status(5) */
function capabilitySet(status: string, name: string): bigint {
	const hex = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0';
	return BigInt(`0x${hex}`);
}
