/** Other limits for the links of a container that runs. */
import type { AppliedLimit } from '../cgroup/cgroup.js';
import { invalidOption } from '../spec/units.js';
import type { Target } from '../target.js';
import { appliedOf, checkLink, type LinkLimits, linkIn, linkOf } from './link.js';
import { reshape, shape } from './shape.js';

type Shaped = Pick<Target, 'interfaces' | 'pid'>;

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
