/** The messages between controller and shim, by who sends them, and names for their parts. */

import type {
	ProcCreate,
	ProcCreated,
	ProcEnter,
	ProcError,
	ProcExited,
	ProcHeld,
	ProcHold,
	ProcMounted,
	ProcReady,
	ProcResize,
	ProcRun,
	ProcSetup,
	ProcStarted,
} from './messages.generated.js';

export type { ProcCreated, ProcError, ProcExited } from './messages.generated.js';

export type FromShim = ProcCreated | ProcMounted | ProcReady | ProcHeld | ProcStarted | ProcExited | ProcError;
export type ToShim = ProcCreate | ProcSetup | ProcEnter | ProcHold | ProcRun | ProcResize;

/** The members of struct rusage that Linux fills, getrusage(2). Times are microseconds, maxrss KiB. */
export type Rusage = ProcExited['rusage'];

/** The forks of the program and of what descends from it: how many were tried, and the numbers of those refused. */
export type Forks = NonNullable<ProcExited['forks']>;

/** A limit that the program had at its end, getrlimit(2); -1 is none. */
export type ProcessLimit = NonNullable<ProcExited['rlimits']>[number];
