/** Where what is known of a container comes from: from its launch in this process, or from the entry of its name. */

import { fileReader, readCounters } from '../cgroup/counters.js';
import { isRunning } from '../host/processes.js';
import type { Change } from '../model/change.js';
import { type Counters, since } from '../model/counters.js';
import type { Target } from '../model/target.js';
import { type Changes, ownChanges } from './changes.js';
import type { Launched } from './launch.js';
import type { Found } from './state.js';
import { targetOf } from './target.js';

/** What was so from its start on. */
export interface Known
	extends Pick<Target, 'id' | 'pid' | 'args' | 'directories' | 'spare' | 'limits' | 'startedAt' | 'interfaces'> {
	name: string | undefined;
	/** Process 1, where it is not the program. */
	reaper?: number | undefined;
}

export interface Source extends Known {
	/** What it takes to start a process in it. */
	target(): Target;
	readonly changes: Changes;
	/** What was counted since procReady; when it has ended, until then. */
	counters(): Counters;
	isRunning(): boolean;
	/** Resolves at the end; where that is not told, it is looked for. */
	readonly ended?: Promise<void>;
}

export interface OwnSource extends Source {
	/** To be called when the program has ended. Returns the last counters and all changes. */
	end(): { counters: Counters; changes: readonly Change[] };
}

export function ownSource(launched: Launched): OwnSource {
	const { plan, pid, reaper, limits, startedAt, account, state, network } = launched;
	const { id, name, directories, spare, init } = plan;
	const changes = state?.changes ?? ownChanges();
	let last: ReturnType<OwnSource['end']> | undefined;
	let tell = () => {};
	return {
		...{ id, name, pid, reaper, args: init.args, directories, spare, limits, startedAt },
		interfaces: network?.interfaces ?? [],
		target: () => targetOf(launched),
		changes: { ...changes, all: () => last?.changes ?? changes.all() },
		counters: () => last?.counters ?? account.read(),
		isRunning: () => last === undefined,
		ended: new Promise((resolve) => {
			tell = resolve;
		}),
		end() {
			last ??= { counters: account.read(), changes: changes.all() };
			tell();
			return last;
		},
	};
}

/** Its peaks are those since its cgroup was made: only who has reset them knows the others (memory.peak of v2). */
export function foundSource({ name, target, changes }: Found): Source {
	return {
		...target,
		name,
		target: () => target,
		changes,
		counters: () => since(target.baseline, readCounters(fileReader([...target.directories, ...target.spare]))),
		isRunning: () => isRunning(target),
	};
}
