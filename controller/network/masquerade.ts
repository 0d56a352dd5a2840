/** What containers send leaves the host with the host's address: rules of nftables for a group of interfaces. */

import { ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { masqueradeGroup } from '../model/network-plan.js';
import { runProgram } from './programs.js';

const forwarding = '/proc/sys/net/ipv4/ip_forward';

/** Which interfaces are in the group is the kernel's to know: the rules are the same for all, and speak of none. */
const rules = `
add table inet procready
add chain inet procready out { type nat hook postrouting priority srcnat; }
flush chain inet procready out
add rule inet procready out iifgroup ${masqueradeGroup} oifgroup != ${masqueradeGroup} masquerade
`;

/**
 * A host that did not forward begins to, for these interfaces alone: what else it would now pass on is dropped, as before.
 * The chain also says that forwarding is to be ended with the table.
 */
const closed = `
add chain inet procready closed { type filter hook forward priority filter; }
add rule inet procready closed iifgroup != ${masqueradeGroup} oifgroup != ${masqueradeGroup} drop
add rule inet procready closed oifgroup ${masqueradeGroup} iifgroup != ${masqueradeGroup} ct state new drop
`;

/** Under the lock. IPv6 is masqueraded too where the host forwards it: to begin with that would change more of the host. */
export async function masquerade(where: string): Promise<void> {
	const isClosed = machine.readText(forwarding) === '0';
	const { failed, stderr } = await runProgram(['nft', '-f', '-'], isClosed ? rules + closed : rules);
	if (failed)
		throw new ProcreadyError('network-refused', `masquerade: nft: ${stderr.split('\n', 1)[0]}`, {
			where: `${where}/masquerade`,
		});
	if (isClosed) machine.writeText(forwarding, '1');
}
