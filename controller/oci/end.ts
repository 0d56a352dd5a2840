/** `kill` and `delete`, and what is removed of containers that nobody goes on with. */

import { thaw } from '../cgroup/freezer.js';
import { killInside, processesIn } from '../cgroup/kill.js';
import { unthrottle } from '../cgroup/unthrottle.js';
import { notRunning, ProcreadyError } from '../errors.js';
import { machine } from '../host/machine.js';
import { isRunning, signalTo } from '../host/processes.js';
import { allInTurn } from '../model/in-turn.js';
import { signalNumber, signalNumbers } from '../model/numbers.js';
import { removeCgroups } from './cgroups.js';
import { isAbandoned, statusOf } from './status.js';
import { alone, directoryOf, type Entry, forget, load, loadAll, removeHidden } from './store.js';

/** The number of `TERM`, `SIGTERM`, `15` or `RTMIN+3`. Throws `option-invalid`. */
export function signalOf(given: string): number {
	const name = `SIG${given.toUpperCase().replace(/^SIG/, '')}`;
	const isNamed = Object.hasOwn(signalNumbers, name) || /^SIGRTMIN\+\d+$/.test(name);
	const number = /^\d+$/.test(given) ? Number(given) : isNamed ? signalNumber(name) : 0;
	if (number >= 1 && number <= 64) return number;
	throw new ProcreadyError('option-invalid', `unknown signal "${given}"`);
}

/** To the program, or with `all` to whatever is in the container. Throws `not-running`. */
export function kill(root: string, id: string, signal: number, all: boolean): void {
	const { facts } = load(root, id);
	const pids = facts ? pidsOf(facts.directories) : [];
	if (all) {
		for (const pid of pids) signalTo(pid, signal);
		return;
	}
	if (!facts || !isRunning(facts) || !signalTo(facts.pid, signal)) throw notRunning(id);
	if (signal === signalNumber('SIGKILL')) thaw(facts); // v1: frozen it cannot die
}

/** All that is in the container. */
export function pidsOf(directories: Entry['plan']['directories']): number[] {
	return [...new Set(directories.flatMap(({ path }) => processesIn(path)))];
}

const patience = 10_000;

/** Throws `not-running` where it runs and is not to be killed: OCI runtime.md, "Delete". */
export async function remove(
	root: string,
	id: string,
	force: boolean,
	/** Called before its cgroups go; what it gives is called when all is gone. */
	tell: (entry: Entry) => Promise<() => Promise<void>>,
): Promise<void> {
	await alone(root, id, async (entry) => {
		const status = statusOf(entry);
		if (status !== 'stopped' && !force)
			throw new ProcreadyError('not-running', `container ${id} is ${status}: kill it first, or give --force`);
		const { facts } = entry;
		if (facts) {
			thaw(facts);
			if (isRunning(facts)) unthrottle(facts); // or it would wait for its share of a processor to die
			for (let end = machine.now() + patience; isRunning(facts) && machine.now() < end; await machine.sleep(5)) {
				signalTo(facts.pid, 'SIGKILL');
				await killInside(facts.directories);
			}
		}
		const after = await tell(entry);
		await allInTurn(
			() => removeCgroups(entry.plan.directories, entry.above),
			() => forget(root, id),
			after,
		);
	});
}

/** What processes of this runtime left behind when they were killed. */
export async function removeAbandoned(root: string): Promise<void> {
	removeHidden(root);
	for (const entry of loadAll(root)) {
		removeHidden(directoryOf(root, entry.id));
		if (!isAbandoned(entry)) continue;
		const { facts, plan, above } = entry;
		if (facts && isRunning(facts)) signalTo(facts.pid, 'SIGKILL');
		await allInTurn(
			() => removeCgroups(plan.directories, above),
			() => forget(root, entry.id),
		);
	}
}
