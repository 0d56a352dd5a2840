/** Maps of ids, user_namespaces(7). */

import { invalidOption } from '../errors.js';
import type { IdMapping } from '../model/spec.js';

/** One past the largest id. */
const end = 4_294_967_295;

/** Refuses what the kernel would refuse with a mere EINVAL. */
export function checkMappings(mappings: readonly IdMapping[], where: string): void {
	for (const [index, mapping] of mappings.entries())
		for (const side of ['containerID', 'hostID'] as const) {
			if (mapping[side] + mapping.size > end)
				throw invalidOption(
					`${where}/${index}`,
					`${side} ${mapping[side]} and ${mapping.size} ids go beyond ${end - 1}`,
				);
			const other = mappings.findIndex(
				(one) => one[side] < mapping[side] + mapping.size && mapping[side] < one[side] + one.size,
			);
			if (other < index)
				throw invalidOption(
					`${where}/${index}`,
					`${side} ${mapping[side]} overlaps with a map before it: an id stands for one id`,
				);
		}
}

/** Whether an id inside the container stands for one outside. */
export function isMapped(mappings: readonly IdMapping[], id: number): boolean {
	return mappings.some(({ containerID, size }) => id >= containerID && id < containerID + size);
}

/** As uid_map and gid_map take it. */
export function mapLines(mappings: readonly IdMapping[]): string {
	return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}
