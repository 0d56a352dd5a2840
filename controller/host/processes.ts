/** Processes by their pid. The start time tells one from another that has its number by now. */

import { errnoOf } from '../errors.js';
import type { ProcessId } from '../model/container-facts.js';
import { signalNumber } from '../model/numbers.js';
import { ifThere, textIfThere } from './if-there.js';
import { machine } from './machine.js';

export interface ProcessStatus extends ProcessId {
	/** It executes nothing any more; its parent has not asked how it ended. */
	hasEnded: boolean;
	parent: number;
	/** A letter: `T` and `t` are stopped, `Z` is dead and not reaped. proc_pid_stat(5). */
	state: string;
	/** Of one that is dead, as wait(2) has it; 0 also where this process may not see it. */
	waitStatus: number;
}

/** include/linux/sched.h */
const PF_EXITING = 4;

/** The errnos of the process of another user where proc(5) is mounted with hidepid. */
const hidden = ['EACCES', 'EPERM'];

/** `undefined` when there is no process with this pid, or it fails with an errno that is tolerated. */
export function findProcess(pid: number, tolerated = hidden): ProcessStatus | undefined {
	const path = `/proc/${pid}/stat`;
	const stat = ifThere(path, () => machine.readText(path), ...tolerated);
	if (stat === undefined) return undefined;
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold anything, so it counts from its end
	return {
		pid,
		startTime: Number(fields[19]),
		hasEnded: (Number(fields[6]) & PF_EXITING) !== 0,
		parent: Number(fields[1]),
		state: fields[0] as string,
		waitStatus: Number(fields[49]),
	};
}

/** All that this process can see. */
export function allProcesses(): ProcessStatus[] {
	const pids = machine.list('/proc').filter((name) => /^\d+$/.test(name));
	return pids.flatMap((pid) => findProcess(Number(pid)) ?? []);
}

/** Whether it is still there, also as a zombie: then its pid is taken. */
export function exists({ pid, startTime }: ProcessId): boolean {
	return findProcess(pid)?.startTime === startTime;
}

/** Whether it is there and can do something. */
export function isRunning({ pid, startTime }: ProcessId): boolean {
	const found = findProcess(pid);
	return found?.startTime === startTime && !found.hasEnded;
}

/** By a signal or a tracer. */
export function isStopped(process: ProcessStatus | undefined): boolean {
	return process?.state === 'T' || process?.state === 't';
}

/** Whether it will be killed as soon as it can do something, or is gone. proc_pid_status(5), "SigPnd". */
export function isDoomed(pid: number): boolean {
	const status = textIfThere(`/proc/${pid}/status`);
	if (status === undefined) return true;
	const pending = /^SigPnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
	return (BigInt(`0x${pending}`) & killBit) !== 0n;
}

const killBit = 1n << BigInt(signalNumber('SIGKILL') - 1);

/** Whether the keys of a terminal are for this process: it is of the job in the foreground. proc_pid_stat(5). */
export function hasTerminal(): boolean {
	const stat = machine.readText('/proc/self/stat');
	const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return group === foreground;
}

/** False when there is no such process any more; a negative one is a process group. */
export function signalTo(pid: number, signal: NodeJS.Signals): boolean {
	try {
		machine.signal(pid, signal);
		return true;
	} catch (error) {
		if (errnoOf(error) === 'ESRCH') return false;
		throw error;
	}
}
