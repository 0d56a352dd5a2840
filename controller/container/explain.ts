/** What a launch that failed means for the caller. */
import type { Account } from '../cgroup/account.js';
import { tooSmall } from '../cgroup/cgroup.js';
import { unexpected } from '../errors.js';
import { noting } from '../host/if-there.js';
import type { Plan } from '../model/plan.js';

/**
 * A limit that killed the init is not a mishap of the shim. What finds no memory before there is a limit, `isLimited`, has
 * another reason.
 */
export function explain(cause: unknown, plan: Plan, account: Account | undefined, isLimited: boolean): unknown {
	const error = unexpected(cause);
	const memory = plan.late.find(({ limit }) => limit === 'memory.max');
	const killed = noting(new Set(), () => account?.read())?.memory.oomKills ?? 0;
	const outOfMemory = (isLimited && error.errno === 'ENOMEM') || killed > 0;
	if (memory && memory.asked !== 'max' && outOfMemory && error.code !== 'limit-too-small')
		return tooSmall('memory.max', memory.asked, { where: 'memory.max', cause: error });
	return error;
}
