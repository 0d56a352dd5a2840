/** Kernel parameters that belong to a namespace, sysctl(8). All others are the host's. */

import { invalidOption } from '../errors.js';
import type { NamespaceType } from '../model/init-config.js';
import { escapeToken } from '../model/pointer.js';

/** ipc_namespaces(7), network_namespaces(7). */
const owners: [RegExp, NamespaceType][] = [
	[/^kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$/, 'ipc'],
	[/^fs\.mqueue\.[a-z_]+$/, 'ipc'],
	[/^net\..+$/, 'network'],
];

const otherwise: Record<string, string> = {
	'kernel.hostname': 'hostname',
	'kernel.domainname': 'domainname',
};

/** `namespaces` are the container's. */
export function checkSysctl(sysctl: Record<string, string>, namespaces: readonly string[], where: string): void {
	for (const name of Object.keys(sysctl)) {
		const here = `${where}/${escapeToken(name)}`;
		if (!/^[\w-]+([./][\w-]+)+$/.test(name)) throw invalidOption(here, 'is not the name of a kernel parameter');
		const dotted = dottedName(name);
		if (dotted in otherwise) throw invalidOption(here, `is set with ${otherwise[dotted]}`);
		const owner = owners.find(([pattern]) => pattern.test(dotted))?.[1];
		if (!owner)
			throw invalidOption(here, 'is a parameter of the whole host, of no namespace that a container could have');
		if (!namespaces.includes(owner))
			throw invalidOption(
				here,
				`is a parameter of the ${owner} namespace, and that is the host's: give the container its own`,
			);
	}
}

/** The first separator decides whether dots or slashes are the others, sysctl.d(5). */
function dottedName(name: string): string {
	const slashes = name.indexOf('/');
	const dots = name.indexOf('.');
	if (slashes < 0 || (dots >= 0 && dots < slashes)) return name;
	return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}
