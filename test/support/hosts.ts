/** Hosts that this machine is not, as far as a plan needs to know of them. */
import type { Host } from '../../controller/cgroup/hierarchy.js';

/** Root of a host with these hierarchies, mounted below /cg. */
export function hostOf(hierarchies: { version: 1 | 2; controllers: string[] }[]): Host {
	return {
		uid: 0,
		gid: 0,
		capabilities: (1n << 41n) - 1n,
		hierarchies: hierarchies.map(({ version, controllers }) => {
			const mountPoint = version === 2 ? '/cg' : `/cg/${controllers.join()}`;
			return { version, controllers, mountPoint, own: mountPoint, base: `${mountPoint}/procready` };
		}),
	};
}
