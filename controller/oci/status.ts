/** What a container is doing: asked of the kernel, each time. OCI runtime.md, "State". */

import { isFrozen } from '../cgroup/freezer.js';
import { findProcess, isRunning } from '../host/processes.js';
import { defined } from '../model/defined.js';
import type { State, Status } from './state.js';
import type { Entry } from './store.js';

export function statusOf({ facts, settled, creator }: Entry): Status {
	if (!facts || (!settled && isRunning(creator) && !findProcess(facts.pid)?.hasExeced && isRunning(facts)))
		return 'creating';
	if (!isRunning(facts)) return 'stopped';
	if (!findProcess(facts.pid)?.hasExeced) return 'created';
	return isFrozen(facts) ? 'paused' : 'running';
}

/** Nobody is there any more who would go on with it. */
export function isAbandoned({ settled, creator }: Entry): boolean {
	return !settled && !isRunning(creator);
}

export function stateOf(entry: Entry, status = statusOf(entry)): State {
	const { ociVersion, id, bundle, annotations, facts } = entry;
	return {
		ociVersion,
		id,
		status,
		...defined({ pid: status === 'stopped' ? undefined : facts?.pid }),
		bundle,
		...(Object.keys(annotations).length > 0 && { annotations }),
	};
}
