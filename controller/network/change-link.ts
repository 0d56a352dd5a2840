/** Other limits for the links of a container that runs. */

import { invalidOption } from '../errors.js';
import type { AppliedLimit } from '../model/applied-limit.js';
import type { ContainerFacts } from '../model/container-facts.js';
import type { LinkLimits } from '../model/link.js';
import { appliedOf, checkLink, linkIn, linkOf } from '../plan/network/link.js';
import { reshape, shape } from './shape.js';

type Shaped = Pick<ContainerFacts, 'interfaces' | 'pid'>;

/** What is not named stays. `undo` makes them again as `inForce` says. Throws `option-invalid`, `limit-refused`. */
export async function changeLink({ interfaces, pid }: Shaped, given: LinkLimits, inForce: readonly AppliedLimit[]) {
	const where = '/limits/link';
	if (interfaces.length === 0) throw invalidOption(where, 'the container has no interface of its own');
	const held = linkIn(inForce);
	const named = linkOf(given, where);
	const link = { ...held, ...named };
	checkLink(link, where);
	const undo = () => reshape(interfaces, pid, held);
	try {
		await shape(interfaces, pid, link, held);
	} catch (error) {
		await undo(); // one end may have been changed
		throw error;
	}
	return { applied: appliedOf(named), undo };
}
