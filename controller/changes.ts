/** What became of the limits of a container since its launch. */
import type { AppliedLimit } from './cgroup/cgroup.js';
import type { Counters } from './cgroup/counters.js';

/** One update. */
export interface Change {
	/** Milliseconds since the limits of the launch were in force. */
	wallTime: number;
	/** The new ones, as the kernel took them. */
	limits: AppliedLimit[];
	/** What was counted until then, since procReady. */
	counters: Counters;
}

export interface Changes {
	/** So far, in their order, whoever made them. */
	all(): readonly Change[];
	/** Runs `act` while nobody else changes, pauses or resumes the container. */
	alone<T>(act: () => Promise<T>): Promise<T>;
	/** Only while alone. */
	add(change: Change): void;
}

/** Of a container without a name, which no other process knows of. */
export function ownChanges(): Changes {
	const changes: Change[] = [];
	let last: Promise<unknown> = Promise.resolve();
	return {
		all: () => [...changes],
		alone(act) {
			const mine = last.then(act);
			last = mine.catch(() => {});
			return mine;
		},
		add: (change) => void changes.push(change),
	};
}

/** Each limit as it was changed last. */
export function inForce(launched: readonly AppliedLimit[], changes: readonly Change[]): AppliedLimit[] {
	const all = [...launched, ...changes.flatMap(({ limits }) => limits)];
	return [...new Map(all.map((one) => [one.limit, one])).values()];
}
