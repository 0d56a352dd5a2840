/** What became of the limits of a container since its launch. */

import type { Change } from '../model/change.js';

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
