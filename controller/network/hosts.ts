/** /etc/hosts of a container, hosts(5): a file that only it sees. */

import { ifThere } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import { runDirectory } from '../host/run-directory.js';
import type { Interface } from '../model/container-facts.js';
import type { InitMount } from '../model/init-config.js';
import { join } from '../model/path.js';
import type { HostsPlan } from '../model/plan.js';

/** A container that runs, by its name and its interfaces. */
export interface Neighbour {
	name: string;
	interfaces: readonly Interface[];
}

/**
 * Writes the file. `neighbours` gives the containers that run: those at the same bridge are named in it. To be disposed
 * when the init has mounted it: from then on no path leads to it.
 */
export function showHosts(
	plan: HostsPlan,
	id: string,
	neighbours: () => Neighbour[],
): { mount: InitMount } & Disposable {
	const source = join(runDirectory(), `${id}.hosts`);
	machine.createFile(source, hostsText(plan, neighbours), 0o644);
	return {
		mount: { destination: '/etc/hosts', type: 'bind', source, set: ['ro', 'nosuid', 'nodev', 'noexec'] },
		[Symbol.dispose]: () => machine.remove(source),
	};
}

function hostsText({ entries, bridges, fromHost, hostname }: HostsPlan, neighbours: () => Neighbour[]): string {
	const names = { ...(bridges.length > 0 ? namesAt(bridges, neighbours()) : {}), ...entries };
	const lines = Object.entries(names).map(([name, address]) => `${address}\t${name}\n`);
	return (fromHost ? hostFile() : loopback(hostname)) + lines.join('');
}

function hostFile(): string {
	const path = '/etc/hosts';
	return ifThere(path, () => machine.readFile(path))?.replace(/(?<=.)$(?!\n)/, '\n') ?? loopback(undefined);
}

function loopback(hostname: string | undefined): string {
	const own = hostname === undefined ? '' : `127.0.1.1\t${hostname}\n`;
	return `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${own}`;
}

function namesAt(bridges: string[], neighbours: readonly Neighbour[]): Record<string, string> {
	const found = neighbours.flatMap(({ name, interfaces }) => {
		const one = interfaces.find(({ bridge }) => bridge !== undefined && bridges.includes(bridge));
		return one?.addresses[0] === undefined ? [] : [[name, one.addresses[0]] as const];
	});
	return Object.fromEntries(found);
}
