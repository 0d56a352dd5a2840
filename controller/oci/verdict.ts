/**
 * What a container used and which limits it hit: by whoever asks, from the counters of its cgroups as they are now, less
 * those of the moment when its limits came into force. How its program ended knows who has reaped it; before that the kernel
 * shows it.
 */

import { countNow } from '../cgroup/account.js';
import { openAncestors } from '../cgroup/ancestors.js';
import { limitsBelow } from '../cgroup/below.js';
import { plainHits } from '../cgroup/plain-hits.js';
import { victimsOf } from '../container/victims.js';
import { noting } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import { exists, findProcess } from '../host/processes.js';
import { inForce } from '../model/change.js';
import { since } from '../model/counters.js';
import { signalNumber } from '../model/numbers.js';
import { type Result, resultOf } from '../report/result.js';
import type { Entry } from './store.js';

/** Members as in `--json` of `procready run`. */
export interface Report extends Pick<Result, 'limits' | 'usage' | 'notes'> {
	/** `null` while it runs. Its `outcome` is `null` where nobody here knows how the program ended. */
	verdict: (Omit<Result['verdict'], 'outcome'> & { outcome: Result['verdict']['outcome'] | null }) | null;
}

/** `undefined` before its limits were in force. */
export async function reportOf(entry: Entry): Promise<Report | undefined> {
	const { facts, before, plan, changes } = entry;
	if (!facts) return undefined;
	const { directories, limits, baseline, startedAt } = facts;
	const unread = new Set<string>();
	const counters = noting(unread, () => since(baseline, countNow(directories)));
	const below = noting(unread, () => limitsBelow(directories));
	const places = directories.map((one) => ({ ...one, base: one.path }));
	const ancestors = noting(unread, () => openAncestors(places, before).read());
	const counted = noting(unread, () => plainHits(directories, inForce(limits, changes)));
	const process = exists(facts) ? findProcess(facts.pid) : undefined;
	const victims = await victimsOf({ plan, facts, unread }, counters, below);
	const isOver = process === undefined || process.hasEnded;
	// the only task there ever was, or the kernel's log, says whom the kernel has killed
	const wasKilled =
		isOver && (victims?.some(({ program }) => program) || (counters.memory.oomKills && counters.tasks.peak === 1));
	const waitStatus = process?.state === 'Z' ? process.waitStatus : wasKilled ? signalNumber('SIGKILL') : undefined;
	const exited = { type: 'unanswered' as const, time: machine.monotonic(), waitStatus };
	const { verdict, usage, notes, ...result } = resultOf({
		...{ plan, exited, counters, ancestors, below, counted, victims, limits, changes, startedAt },
		...{ timedOut: false, killed: false, unread: [...unread] },
		removed: directories.map(({ path }) => path).filter((path) => !machine.exists(path)),
	});
	return { verdict: isOver ? known(verdict, waitStatus) : null, usage, limits: result.limits, ...(notes && { notes }) };
}

function known(verdict: Result['verdict'], waitStatus: number | undefined): Report['verdict'] {
	if (waitStatus !== undefined) return verdict;
	const causes = verdict.causes.map((cause) => ({ ...cause, fatal: cause.fatal || null }));
	return {
		...verdict,
		causes,
		outcome: null,
		sentence: 'How it ended knows who has reaped it: that is its parent, not procready.',
	};
}
