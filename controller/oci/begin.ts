/**
 * A container up to procReady with its limits in force: the same launch as of `procready run`, in the cgroups that the config
 * names, with nothing run yet.
 */

import { type Account, openAccount } from '../cgroup/account.js';
import { openAncestors } from '../cgroup/ancestors.js';
import { placeProcess, writeLimits } from '../cgroup/cgroup.js';
import { unthrottle } from '../cgroup/unthrottle.js';
import { explain } from '../container/explain.js';
import { factsOf } from '../container/facts.js';
import { filterOf } from '../container/filter.js';
import { writeIdMaps } from '../container/id-maps.js';
import { letGo } from '../container/insist.js';
import { openSetup, type Setup } from '../container/setup.js';
import { machine } from '../host/machine.js';
import type { Rights } from '../model/host.js';
import { allInTurn } from '../model/in-turn.js';
import type { Stdio } from '../model/options.js';
import { type Shim, startShim } from '../protocol/shim.js';
import { makeCgroups, removeCgroups } from './cgroups.js';
import { runHooks } from './hooks.js';
import { stateOf } from './status.js';
import type { Entry } from './store.js';
import { earlyHooks, textsOf } from './turns.js';

export interface Begun {
	shim: Shim;
	setup: Setup;
	pid: number;
	/** The entry, with what is known now. */
	entry: Entry;
	/** Ends the container and removes its cgroups. */
	undo(): Promise<void>;
}

/** On any failure what was made is released. `fds` are what the program gets from 3 on. */
export async function begin(given: Entry, rights: Rights, stdio: Stdio, fds: readonly number[]): Promise<Begun> {
	const { plan, above } = given;
	const { directories } = plan;
	const terminal = plan.terminal !== undefined;
	const own: Stdio = terminal ? 'ignore' : stdio;
	const shim = startShim({ stdio: [own, own, own], fds, sealed: plan.sealed, terminal: plan.terminal === 'relay' });
	const setup = openSetup(shim, undefined, plan.setupTimeout);
	let pid: number | undefined;
	let account: Account | undefined;
	let isLimited = false;
	const undo = () =>
		allInTurn(
			() => setup[Symbol.dispose](),
			() => unthrottle(plan), // or it would wait for its share of a processor to die
			() => letGo({ shim, pid, directories }),
			() => account?.close(),
			() => removeCgroups(directories, above),
		);
	try {
		const seccomp = plan.seccomp && (await filterOf(plan.seccomp)).seccomp;
		account = openAccount(directories);
		const cgroup = { ...plan.init.cgroup, bases: [] }; // what is above was made for it, or is somebody's
		shim.send({ ...plan.init, cgroup, ...(seccomp && { seccomp }) }); // before there is anything to remove
		makeCgroups(directories, above);
		const early = await setup.step('limits to be set', writeLimits(plan.early));
		shim.send({ type: 'procCreate' });
		pid = (await setup.expect('procCreated')).pid;
		if (plan.idMaps) await setup.step('the id maps to be written', writeIdMaps(pid, plan.idMaps));
		shim.send({ type: 'procSetup' });
		if (plan.init.saysMounted) {
			await setup.expect('procMounted');
			for (const name of earlyHooks)
				await setup.step(`hooks ${name}`, runHooks(given.hooks, name, { ...stateOf(given, 'creating'), pid }));
			shim.send({ type: 'procEnter' });
		}
		await setup.expect('procReady');
		await setup.step('the new process to be moved to its cgroups', placeProcess(directories, pid));
		const late = await setup.step('limits to be set', writeLimits(plan.late));
		isLimited = true;
		const observed = { pid, limits: [...early, ...late], baseline: account.baseline(), interfaces: [] };
		account.close();
		const facts = factsOf(plan, rights, { ...observed, startedAt: machine.monotonic() });
		const held = textsOf(plan.late);
		const before = openAncestors(directories.map((one) => ({ ...one, base: one.path }))).baseline();
		return { shim, setup, pid, entry: { ...given, facts, before, held }, undo };
	} catch (cause) {
		const reason = setup.failure() ?? explain(cause, plan, account, isLimited);
		await undo().catch(() => {}); // what failed first is what is said
		throw reason;
	}
}
