/** What of a host decides how a run under limits goes. */
import { arch, availableParallelism, release, totalmem } from 'node:os';
import { readHost } from '../../host/hierarchy.js';
import { version } from '../../host/release.js';

export interface HostFacts {
	/** uname(2), for example `6.12.1-amd64`. */
	kernel: string;
	/** As Node names it, for example `x64`. */
	architecture: string;
	processors: number;
	/** Bytes. */
	memory: number;
	/** The version of cgroups that each of these limits is in; absent: the host has none. */
	cgroups: Partial<Record<'memory' | 'pids' | 'cpu', 1 | 2>>;
	/** Without the `v`. */
	node: string;
	procready: string;
}

export function readHostFacts(): HostFacts {
	const { hierarchies } = readHost();
	const versions = (['memory', 'pids', 'cpu'] as const).flatMap((name) => {
		const one = hierarchies.find(({ controllers }) => controllers.includes(name));
		return one ? [[name, one.version]] : [];
	});
	return {
		kernel: release(),
		architecture: arch(),
		processors: availableParallelism(),
		memory: totalmem(),
		cgroups: Object.fromEntries(versions),
		node: process.versions.node,
		procready: version,
	};
}
