/** Which limits a run hit, each with the kernel's own evidence and one sentence. */

import type { OwnLimit } from '../model/own-limits.js';
import type { Cause, Ended, InForce } from './cause.js';
import { cpuCauses } from './cpu.js';
import { forkCauses } from './fork-causes.js';
import { type FormerLimit, without } from './former.js';
import { memoryCauses } from './memory.js';
import { observedCauses } from './observed.js';
import { ownCauses } from './own-limits.js';
import { plainCauses, tmpfsCauses } from './plain.js';
import { signalCauses } from './signals.js';
import { taskCauses } from './tasks.js';
import type { Usage } from './usage.js';
import { duration, limitText } from './words.js';

export interface Verdict {
	/** `passed`: exit status 0, and no more output than it may write. `timed-out`: by `timeout`, or by `cpuTime`. */
	outcome: 'passed' | 'failed' | 'signaled' | 'timed-out';
	/** Empty when no limit was hit. */
	causes: Cause[];
	/** How it ended, where that is no limit's doing: an exit status, or a signal and where it may be from. */
	sentence: string;
}

export function verdictOf(ended: Ended, inForce: InForce, usage: Usage, former: readonly FormerLimit[] = []): Verdict {
	const before = former.map((one) => ({ one, causes: formerCauses(one, usage) }));
	const since = before.reduce((rest, { one, causes }) => (causes.length > 0 ? without(rest, one) : rest), usage);
	const causes = [
		...timeoutCauses(ended, inForce),
		...ownCauses(ended, inForce, usage),
		...before.flatMap(({ causes }) => causes),
		...(inForce.observed
			? observedCauses(ended, inForce.observed, inForce.victims ?? null)
			: [
					...memoryCauses(ended, inForce, since),
					...taskCauses(inForce, since),
					...forkCauses(inForce.forks),
					...cpuCauses(inForce, since),
				]),
		...plainCauses(ended, inForce, usage),
		...tmpfsCauses(inForce),
		...signalCauses(ended, inForce),
	];
	return { outcome: outcomeOf(ended, causes), causes, sentence: sentenceOf(ended, causes, inForce) };
}

const running: Ended = { exitCode: null, signal: null, timedOut: false, killed: false };

/** Of a limit that was changed: nothing that it did has ended the program. */
function formerCauses({ limit, until, next, usage }: FormerLimit, { rusage }: Usage): Cause[] {
	const inForce = { limits: [limit], ancestors: [], below: [], rlimits: [], seccomp: false, timeout: undefined };
	const counted = { ...usage, rusage };
	return [...memoryCauses(running, inForce, counted), ...taskCauses(inForce, counted), ...cpuCauses(inForce, counted)]
		.filter((cause) => cause.limit === limit.limit)
		.map((cause) => ({
			...cause,
			until,
			sentence: `${cause.sentence} It was changed to ${limitText(limit.limit, next)} after ${duration(until)}.`,
		}));
}

function outcomeOf({ exitCode, timedOut }: Ended, causes: Cause[]): Verdict['outcome'] {
	const hit = (name: OwnLimit) => causes.some(({ limit }) => limit === name);
	if (timedOut || hit('cpu.time')) return 'timed-out';
	if (exitCode === null) return 'signaled';
	return exitCode === 0 && !hit('output') ? 'passed' : 'failed';
}

function sentenceOf({ exitCode, signal, timedOut, killed }: Ended, causes: Cause[], { observed }: InForce): string {
	if (timedOut) return 'It was still running at the time-out.';
	if (exitCode !== null) return `It exited with status ${exitCode}.`;
	if (causes.some(({ fatal }) => fatal)) return `${signal} ended it, for a limit.`;
	if (killed) return `${signal} ended it, sent by whoever ran it.`;
	if (causes.some(({ fatal }) => fatal === null))
		return `${signal} ended it: for a limit that was hit, or somebody has sent it; which of the two is not known.`;
	if (signal === 'SIGKILL' && observed && observed.kills === null)
		return 'SIGKILL ended it: somebody has sent it, or the kernel for lack of memory; no counter that can be read here says which.';
	if (signal === 'SIGKILL' && observed)
		return 'SIGKILL ended it. The kernel has killed nobody in its cgroup for lack of memory, so somebody has sent it.';
	if (signal === 'SIGKILL') return 'SIGKILL ended it. No limit of its own explains that, so somebody has sent it.';
	return `${signal} ended it: its own doing, or somebody has sent it.`;
}

function timeoutCauses({ timedOut }: Ended, { timeout, observed }: InForce): Cause[] {
	if (!timedOut || timeout === undefined) return [];
	const killed = observed
		? 'the command was killed, with what it had started and could be found'
		: 'everything was killed';
	return [
		{
			limit: 'timeout',
			level: 'self',
			value: String(timeout),
			hits: 1,
			evidence: 'the timer of procready',
			fatal: true,
			sentence: `The time-out of ${duration(timeout)} passed, and ${killed}.`,
		},
	];
}
