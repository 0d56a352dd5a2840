/** Processes by their pid. The start time tells one from another that has its number by now. */

import { errnoOf } from '../errors.js';
import type { ProcessId } from '../model/container-facts.js';
import { signalNumber } from '../model/numbers.js';
import { ifThere, textIfThere } from './if-there.js';
import { machine } from './machine.js';

export interface ProcessStatus extends ProcessId {
	/** It executes nothing any more; its parent has not asked how it ended. */
	hasEnded: boolean;
	/** It has become another program since it was forked: execve(2). */
	hasExeced: boolean;
	parent: number;
	/** The process that has begun its session; 0: one of another pid namespace. setsid(2). */
	session: number;
	/** A letter: `T` and `t` are stopped, `Z` is dead and not reaped. proc_pid_stat(5). */
	state: string;
	/** Of one that is dead, as wait(2) has it; 0 also where this process may not see it. */
	waitStatus: number;
}

/** include/linux/sched.h */
const PF_EXITING = 4;
const PF_FORKNOEXEC = 0x40;

/** `undefined` when there is no process with this pid, or none that this process may see. */
export function findProcess(pid: number): ProcessStatus | undefined {
	const found = lookAt(pid);
	return found === 'hidden' ? undefined : found;
}

function lookAt(pid: number): ProcessStatus | 'hidden' | undefined {
	const stat = ifThere(statOf(pid), () => unlessHidden(() => machine.readText(statOf(pid))));
	return stat === undefined || stat === 'hidden' ? stat : parse(pid, stat);
}

const statOf = (pid: number) => `/proc/${pid}/stat`;

/** The process of another user, where proc(5) is mounted with hidepid. */
function unlessHidden<T>(act: () => T): T | 'hidden' {
	try {
		return act();
	} catch (error) {
		if (['EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return 'hidden';
		throw error;
	}
}

function parse(pid: number, stat: string): ProcessStatus {
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold anything, so it counts from its end
	return {
		pid,
		startTime: Number(fields[19]),
		hasEnded: (Number(fields[6]) & PF_EXITING) !== 0,
		hasExeced: (Number(fields[6]) & PF_FORKNOEXEC) === 0,
		parent: Number(fields[1]),
		session: Number(fields[3]),
		state: fields[0] as string,
		waitStatus: Number(fields[49]),
	};
}

/** All that this process can see. */
export function allProcesses(): ProcessStatus[] {
	const pids = machine.list('/proc').filter((name) => /^\d+$/.test(name));
	return pids.flatMap((pid) => findProcess(Number(pid)) ?? []);
}

/** The pids of `processes`, of those that belong to them too, and of all that descend from one of these. */
export function withDescendants(
	processes: Iterable<number>,
	belongs: (process: ProcessStatus) => boolean,
): Set<number> {
	const found = new Set(processes);
	const all = allProcesses();
	for (let size = -1; size < found.size; ) {
		size = found.size;
		for (const one of all) if (found.has(one.parent) || belongs(one)) found.add(one.pid);
	}
	return found;
}

/** Whether it is still there, also as a zombie: then its pid is taken. */
export function exists(process: ProcessId): boolean {
	return identified(process) !== undefined;
}

/** Whether it is there and can do something. */
export function isRunning(process: ProcessId): boolean {
	const found = identified(process);
	return found === 'hidden' || found?.hasEnded === false;
}

/** One that is hidden is taken for it, or was when it was launched: nothing says that it has ended. */
function identified({ pid, startTime }: ProcessId): ProcessStatus | 'hidden' | undefined {
	const found = lookAt(pid);
	return found === 'hidden' || startTime === unknownStart || found?.startTime === startTime ? found : undefined;
}

/** The start time of a process that was hidden. */
export const unknownStart = 0;

/** Of a process that runs: what was not known may be by now. An error where it still is not. */
export function startTimeOf({ pid, startTime }: ProcessId): number {
	if (startTime !== unknownStart) return startTime;
	const stat = ifThere(statOf(pid), () => machine.readText(statOf(pid)));
	return stat === undefined ? unknownStart : parse(pid, stat).startTime;
}

/** By a signal or a tracer. */
export function isStopped(process: ProcessStatus | undefined): boolean {
	return process?.state === 'T' || process?.state === 't';
}

/** Whether it will be killed as soon as it can do something, is ending, is dead, or is gone. proc_pid_status(5), "State", "SigPnd". */
export function isDoomed(pid: number): boolean {
	const status = textIfThere(`/proc/${pid}/status`);
	if (status === undefined || /^State:\s*[ZX]/m.test(status)) return true;
	const pending = /^SigPnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
	if ((BigInt(`0x${pending}`) & killBit) !== 0n) return true;
	const found = lookAt(pid); // what it dies of is no longer pending as soon as it begins to end
	return found === undefined || (found !== 'hidden' && found.hasEnded);
}

const killBit = 1n << BigInt(signalNumber('SIGKILL') - 1);

/** Whether the keys of a terminal are for this process: it is of the job in the foreground. proc_pid_stat(5). */
export function hasTerminal(): boolean {
	const stat = machine.readText('/proc/self/stat');
	const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return group === foreground;
}

/** False when there is no such process any more; a negative one is a process group. */
export function signalTo(pid: number, signal: NodeJS.Signals | number): boolean {
	try {
		machine.signal(pid, signal);
		return true;
	} catch (error) {
		if (errnoOf(error) === 'ESRCH') return false;
		throw error;
	}
}
