/** Which namespaces of a process are not those of this one: what nsenter(1) is to enter. */

import { machine } from '../host/machine.js';

const kinds = { user: 'user', mnt: 'mount', uts: 'uts', ipc: 'ipc', net: 'net', pid: 'pid' };

export function namespaceFlags(pid: number): string[] {
	const isOther = (file: string) =>
		machine.readLink(`/proc/${pid}/ns/${file}`) !== machine.readLink(`/proc/self/ns/${file}`);
	return Object.entries(kinds).flatMap(([file, flag]) => (isOther(file) ? [`--${flag}`] : []));
}
