/** The handle of a container that this process has started, and the release of all that the launch has made for it. */

import type { Account } from '../cgroup/account.js';
import { removeDirectories } from '../cgroup/cgroup.js';
import { plainHits } from '../cgroup/plain-hits.js';
import { madeOf } from '../cgroup/spare.js';
import { noting } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import type { AppliedLimit, CountedLimit, OtherLimit } from '../model/applied-limit.js';
import type { Change } from '../model/change.js';
import type { ContainerFacts } from '../model/container-facts.js';
import type { Counters } from '../model/counters.js';
import { allInTurn } from '../model/in-turn.js';
import type { Directory, Plan } from '../model/plan.js';
import type { Configured } from '../network/configure.js';
import type { Shim } from '../protocol/shim.js';
import { ownChanges } from './changes.js';
import type { Handle } from './handle.js';
import { type Insistence, insist } from './insist.js';
import type { ClaimedName } from './state.js';

export interface LaunchedContainer extends Handle {
	/** With the init config as it was sent. */
	readonly plan: Plan;
	readonly shim: Shim;
	readonly ended: Promise<void>;
	/** From now on cpu.max is not the caller's: what it throttles is not counted. */
	holdThrottling(): void;
	/** The limits of the cgroups above, with what they did since procReady. */
	ancestors(): OtherLimit[];
	/** The limits of the cgroups that the program has made below its own, with what they did. */
	below(): OtherLimit[];
	/** To be called when it was killed: from now on it is seen to that it ends. */
	insist(): Insistence;
	/** To be called when the program has ended. Returns the last counters and all changes. */
	end(): { counters: Counters; changes: readonly Change[] };
	/** Limits that are only counted, of those given. */
	counted(limits: readonly AppliedLimit[]): CountedLimit[];
	/** What could not be read at the end, a sentence each. */
	readonly unread: Set<string>;
	/** Removes what is left of the container, after `end`; once. Whatever fails, the rest goes on. */
	release(): Promise<void>;
}

/** What the launch has acquired. */
interface Acquired {
	plan: Plan;
	facts: ContainerFacts;
	shim: Shim;
	account: Account;
	claimed: ClaimedName | undefined;
	network: Configured | undefined;
}

export function launchedContainer({ plan, facts, shim, account, claimed, network }: Acquired): LaunchedContainer {
	const changes = claimed?.changes ?? ownChanges();
	const unread = new Set<string>();
	let last: ReturnType<LaunchedContainer['end']> | undefined;
	let tell = () => {};
	let released: Promise<void> | undefined;
	let insistence: Insistence | undefined;
	const insistOnEnd = () => {
		insistence ??= insist({ shim, pid: facts.pid, directories: plan.directories });
		return insistence;
	};
	const releaseAll = async () => {
		using _ = insistOnEnd();
		const directories = [...plan.directories, ...madeOf(plan)];
		await allInTurn(
			() => account.close(),
			() => removeDirectories(directories).catch((error) => leaveToShim(error, shim, directories)),
			() => network?.release(),
			() => shim.close(),
			() => claimed?.release(),
		);
	};
	return {
		...{ plan, facts, shim, unread },
		changes: { ...changes, all: () => last?.changes ?? changes.all() },
		counters: () => last?.counters ?? account.read(),
		isRunning: () => last === undefined,
		ended: new Promise((resolve) => {
			tell = resolve;
		}),
		holdThrottling: () => account.holdThrottling(),
		ancestors: () => noting(unread, () => account.ancestors()),
		below: () => noting(unread, () => account.below()),
		counted: (limits) => noting(unread, () => plainHits([...plan.directories, ...madeOf(plan)], limits)),
		insist: insistOnEnd,
		end() {
			last ??= { counters: noting(unread, () => account.read()), changes: changes.all() };
			tell();
			return last;
		},
		release() {
			released ??= releaseAll();
			return released;
		},
	};
}

/** It goes by file descriptors, and so reaches cgroups that a program nested too deep to be named. */
async function leaveToShim(error: unknown, shim: Shim, directories: readonly Directory[]): Promise<void> {
	await shim.close();
	if (directories.some(({ path }) => machine.exists(path))) throw error;
}
