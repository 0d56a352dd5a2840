/** Interfaces of the host that are moved into a container, as lines for ip(8). */

import type { PlannedDevice } from '../../model/network-plan.js';
import { escapeToken } from '../../model/pointer.js';
import type { NetDevice } from '../../model/spec.js';
import { checkInterfaceName } from './check.js';

/** Throws `option-invalid`. */
export function plannedDevices(devices: Record<string, NetDevice> = {}): PlannedDevice[] {
	return Object.entries(devices).map(([host, { name = host }]) => {
		const where = `/linux/netDevices/${escapeToken(host)}`;
		checkInterfaceName(host, where);
		checkInterfaceName(name.replace(/%d$/, '0'), `${where}/name`);
		return { host, name, where };
	});
}
