/**
 * What was killed has to end, and the shim has to say so. Where something is in the way of that (somebody has stopped the
 * shim, or frozen what it waits for), this process does what the shim would have done.
 */

import { thawFor } from '../cgroup/frozen.js';
import { killNow, processesIn } from '../cgroup/kill.js';
import { machine } from '../host/machine.js';
import { findProcess, isStopped, signalTo, withDescendants } from '../host/processes.js';
import type { Directory } from '../model/plan.js';
import type { Shim } from '../protocol/shim.js';

/** Milliseconds between two looks. Looks are counted, not time: where the machine stood still nobody could answer. */
const interval = 250;
/** So often in a row the shim is seen stopped, or held up by what nobody here may thaw, before it is ended; */
const grace = 8;
/** and so often it may be seen at its work, which takes long where a program has much memory to give back; */
const patience = 120;
/** or where there was no program yet. */
const patienceBefore = 20;

export interface Killed {
	shim: Shim;
	/** The child of the shim, where it is known. */
	pid?: number | undefined;
	/** All that is in these is killed with it. */
	directories: readonly Directory[];
}

export interface Insistence extends Disposable {
	/** How the child of the shim had ended when the shim was ended, as wait(2) has it; `undefined`: that is not known. */
	waitStatus(): number | undefined;
}

/** Looks after it until the result is disposed of. */
export function insist({ shim, pid, directories }: Killed, most = patience): Insistence {
	let [stopped, held, looks] = [0, 0, 0];
	let waitStatus: number | undefined;
	const end = (why: string) => {
		const child = childOf(shim, pid);
		waitStatus = (child?.state === 'Z' && child.waitStatus) || undefined;
		if (child) signalTo(child.pid, 'SIGKILL'); // a change of its user keeps it from dying with its parent
		shim.end(why);
		killNow(directories);
	};
	const look = () => {
		if (shim.whyEnded() !== undefined) return;
		const frozen = thawFor(killedOf(shim, pid, directories));
		stopped = shim.pids().some((one) => isStopped(findProcess(one))) ? stopped + 1 : 0;
		held = frozen.length > 0 ? held + 1 : 0;
		looks += isEnding(childOf(shim, pid)) ? 0 : 1;
		if (stopped >= grace) end('it is stopped, by SIGSTOP or a tracer');
		else if (held >= grace) end(`what it waits for is frozen in ${frozen.join(', ')}, together with others`);
		else if (looks >= most) end(`it was waited for ${(most * interval) / 1000} s`);
	};
	const forget = machine.every(interval, look);
	return { waitStatus: () => waitStatus, [Symbol.dispose]: forget };
}

/** Lets go of a shim whose program does not run yet, and sees to it that it goes. */
export async function letGo(killed: Killed): Promise<void> {
	using _ = insist(killed, patienceBefore);
	await killed.shim.close();
}

/** As long as the shim lives and has not reaped it, its number is nobody else's. */
function childOf(shim: Shim, pid: number | undefined) {
	const child = pid === undefined ? undefined : findProcess(pid);
	return child && shim.pids().includes(child.parent) ? child : undefined;
}

/** The kernel takes it down, and nobody can do anything about that. */
function isEnding(child: ReturnType<typeof childOf>): boolean {
	return child?.hasEnded === true && child.state !== 'Z';
}

/** Of a process that has joined a container, that alone; else all that is in the container. */
function killedOf(shim: Shim, pid: number | undefined, directories: readonly Directory[]): Set<number> {
	const child = childOf(shim, pid);
	const killed = new Set(child ? [child.pid] : []);
	if (directories.length === 0) return killed;
	for (const one of directories) for (const pid of processesIn(one.path)) killed.add(pid);
	const parents = new Set(shim.pids());
	return withDescendants(killed, ({ parent }) => parents.has(parent));
}
