/** The maps of a new user namespace, written from outside between procCreated and procSetup. */
import { writeFileSync } from 'node:fs';
import type { ShimOptions } from './raw-shim.js';

/** What root inside is outside, where the maps are those of `mapped`. */
export const mappedRoot = 100000;

/** Writes maps of 65536 ids. */
export function writeMaps(pid: number): void {
	for (const file of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${file}`, `0 ${mappedRoot} 65536\n`);
}

/** Options of a run whose user namespace gets these maps. */
export const mapped: ShimOptions = {
	before: (turn, pid) => {
		if (turn === 'procSetup') writeMaps(pid);
	},
};
