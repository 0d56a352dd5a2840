/** /etc/hosts of a container as the plan has it, hosts(5). */

import { invalidOption } from '../../errors.js';
import { parseAddress } from '../../model/address.js';
import type { HostsPlan } from '../../model/plan.js';
import { escapeToken } from '../../model/pointer.js';
import type { Mount, Spec } from '../../model/spec.js';

/** Throws `option-invalid`. */
export function checkHosts(hosts: Record<string, string> = {}, where: string): void {
	for (const [name, address] of Object.entries(hosts)) {
		const at = `${where}/${escapeToken(name)}`;
		if (!/^[\w.-]+$/.test(name)) throw invalidOption(at, `${JSON.stringify(name)} is not the name of a host`);
		if (!parseAddress(address)) throw invalidOption(at, `${JSON.stringify(address)} is not an IP address`);
	}
}

/** `undefined` where it stays as it is: nobody asks for entries, or the specification mounts a file there itself. */
export function hostsPlanOf({ procready = {}, root, hostname, mounts = [], linux }: Spec): HostsPlan | undefined {
	const { hosts = {}, networks = [] } = procready;
	checkHosts(hosts, '/procready/hosts');
	const bridges = [...new Set(networks.flatMap(({ bridge }) => bridge ?? []))];
	const isNew = linux.namespaces?.some(({ type, path }) => type === 'mount' && path === undefined);
	const isTheirs = mounts.some(({ destination }: Mount) => destination === '/etc/hosts' || destination === '/etc');
	if (!isNew || isTheirs || (Object.keys(hosts).length === 0 && bridges.length === 0)) return undefined;
	return { entries: hosts, bridges, fromHost: root === undefined, ...(hostname ? { hostname } : {}) };
}
