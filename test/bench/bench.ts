/** What every table is measured with. */
import type { Peer } from './peers.js';

/** Static: a shell of a busybox is what containers have. */
export const busybox = '/bin/busybox';

export interface Bench {
	/** Of what is fast; each table says what it makes of it for what is slow. */
	runs: number;
	/** crun and runc, also when they cannot run here. */
	peers: Peer[];
	/** Of the memory controller. */
	cgroupVersion: 1 | 2;
	canLimitSwap: boolean;
	/** Fires when the user wants no more of it. */
	signal: AbortSignal;
}

/** A contestant that fails says so in its row, and the others go on; only a user who stops it stops it all. */
export function problemOf(error: unknown, signal: AbortSignal): string {
	signal.throwIfAborted();
	return error instanceof Error ? error.message : String(error);
}
