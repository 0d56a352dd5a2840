/** The types of ../../schema/message.schema.json, which is the authority. Times are microseconds of CLOCK_MONOTONIC. */

/** The members of struct rusage that Linux fills, getrusage(2). On the wire maxrss is KiB. */
export interface Rusage {
	utime: number;
	stime: number;
	maxrss: number;
	minflt: number;
	majflt: number;
	inblock: number;
	oublock: number;
	nvcsw: number;
	nivcsw: number;
}

export type FromShim =
	| ProcCreated
	| { type: 'procReady'; time: number }
	| { type: 'procStarted'; time: number }
	| ProcExited
	| ProcError;

export interface ProcCreated {
	type: 'procCreated';
	time: number;
	pid: number;
	reaper?: number;
}

/** Those of the program and of what descends from it; the first is number 1. */
export interface Forks {
	attempted: number;
	/** Their numbers. */
	refused: number[];
}

export type ProcExited = { type: 'procExited'; time: number; rusage: Rusage; forks?: Forks } & (
	| { code: number }
	| { signal: number; coreDumped: boolean }
);

export interface ProcError {
	type: 'procError';
	time: number;
	step: string;
	errno: number;
	pointer?: string;
	message: string;
}

export type ToShim =
	| { type: 'procCreate' }
	| { type: 'procSetup' }
	| { type: 'procRun' }
	| { type: 'procResize'; height: number; width: number };
