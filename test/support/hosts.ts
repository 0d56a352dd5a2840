/** Hosts that this machine is not, as far as a plan needs to know of them. */
import type { Host } from '../../controller/model/host.js';
import { allCapabilities } from '../../controller/plan/capabilities.js';

/** Root of a host with these hierarchies, mounted below /cg. */
export function hostOf(hierarchies: { version: 1 | 2; controllers: string[] }[]): Host {
	const mounted = hierarchies.map(({ version, controllers }) => {
		const mountPoint = version === 2 ? '/cg' : `/cg/${controllers.join()}`;
		return { version, controllers, mountPoint, own: mountPoint };
	});
	return {
		uid: 0,
		gid: 0,
		capabilities: allCapabilities,
		bounding: allCapabilities,
		hierarchies: mounted.map((one) => ({ ...one, base: `${one.mountPoint}/procready` })),
		cgroupMounts: mounted.map((one) => (one.version === 2 ? { ...one, controllers: [] } : { ...one, frame: '/cg' })),
	};
}

export const v2 = hostOf([{ version: 2, controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'] }]);

export const v1 = hostOf(
	['cpu', 'cpuacct', 'cpuset', 'memory', 'pids'].map((name) => ({ version: 1, controllers: [name] })),
);

/** The v2 host, seen by somebody else. */
export const rootless: Host = { ...v2, uid: 1000, gid: 100, capabilities: 0n };
