/** Generated from schema/message.schema.json by `make generate`: change the schema. */

export interface ProcCreate {
	type: 'procCreate';
}

export interface ProcSetup {
	type: 'procSetup';
}

export interface ProcEnter {
	type: 'procEnter';
}

export interface ProcHold {
	type: 'procHold';
}

export interface ProcRun {
	type: 'procRun';
}

export interface ProcResize {
	type: 'procResize';
	/** Rows of the console. */
	height: number;
	/** Columns of the console. */
	width: number;
}

export interface ProcCreated {
	type: 'procCreated';
	/** Microseconds of CLOCK_MONOTONIC when the message was made. */
	time: number;
	/** Of the init, in the pid namespace of the outer. */
	pid: number;
}

export interface ProcMounted {
	type: 'procMounted';
	/** Microseconds of CLOCK_MONOTONIC when the message was made. */
	time: number;
}

export interface ProcReady {
	type: 'procReady';
	/** Microseconds of CLOCK_MONOTONIC when the message was made. */
	time: number;
}

export interface ProcHeld {
	type: 'procHeld';
	/** Microseconds of CLOCK_MONOTONIC when the message was made. */
	time: number;
}

export interface ProcStarted {
	type: 'procStarted';
	/** Microseconds of CLOCK_MONOTONIC when the message was made. */
	time: number;
}

export type ProcExited =
	| {
			type: 'procExited';
			/** Microseconds of CLOCK_MONOTONIC when the message was made. */
			time: number;
			code: number;
			/**
			 * The tmpfs that were full, by their places in the mounts of the config; absent where none was, or process
			 * 1 could not be asked.
			 */
			full?: number[];
			/**
			 * Microseconds that the kernel compared with RLIMIT_CPU, in ticks of its clock. With SIGKILL, SIGXCPU,
			 * SIGXFSZ.
			 */
			cpuTime?: number;
			/**
			 * The limits of the process at its end, of those whose hit is a signal; -1 is none. With SIGKILL, SIGXCPU,
			 * SIGXFSZ.
			 */
			rlimits?: {
				type: string;
				soft: number;
				hard: number;
			}[];
			/** Where the config has forks: those that were tried, and the numbers of those that were refused. */
			forks?: {
				/** How many were tried, threads included. */
				attempted: number;
				/** The numbers of those that were refused, from 1 on. */
				refused: number[];
				/**
				 * A signal may have made one fail with EINTR: the kernel is older than 6.6, or the outer may not run
				 * before all others.
				 */
				interruptible?: true;
			};
			/** getrusage(2) of the program and its waited-for children; times in microseconds, maxrss in KiB. */
			rusage: {
				utime: number;
				stime: number;
				maxrss: number;
				minflt: number;
				majflt: number;
				inblock: number;
				oublock: number;
				nvcsw: number;
				nivcsw: number;
			};
	  }
	| {
			type: 'procExited';
			/** Microseconds of CLOCK_MONOTONIC when the message was made. */
			time: number;
			signal: number;
			coreDumped: boolean;
			/**
			 * The tmpfs that were full, by their places in the mounts of the config; absent where none was, or process
			 * 1 could not be asked.
			 */
			full?: number[];
			/**
			 * Microseconds that the kernel compared with RLIMIT_CPU, in ticks of its clock. With SIGKILL, SIGXCPU,
			 * SIGXFSZ.
			 */
			cpuTime?: number;
			/**
			 * The limits of the process at its end, of those whose hit is a signal; -1 is none. With SIGKILL, SIGXCPU,
			 * SIGXFSZ.
			 */
			rlimits?: {
				type: string;
				soft: number;
				hard: number;
			}[];
			/** Where the config has forks: those that were tried, and the numbers of those that were refused. */
			forks?: {
				/** How many were tried, threads included. */
				attempted: number;
				/** The numbers of those that were refused, from 1 on. */
				refused: number[];
				/**
				 * A signal may have made one fail with EINTR: the kernel is older than 6.6, or the outer may not run
				 * before all others.
				 */
				interruptible?: true;
			};
			/** getrusage(2) of the program and its waited-for children; times in microseconds, maxrss in KiB. */
			rusage: {
				utime: number;
				stime: number;
				maxrss: number;
				minflt: number;
				majflt: number;
				inblock: number;
				oublock: number;
				nvcsw: number;
				nivcsw: number;
			};
	  };

export interface ProcError {
	type: 'procError';
	/** Microseconds of CLOCK_MONOTONIC when the message was made. */
	time: number;
	/** Name in `procready-shim --steps`, or config. */
	step: string;
	/** errno(3); 0 when no call failed. */
	errno: number;
	/** RFC 6901, into the config: only when the config is at fault. */
	pointer?: string;
	message: string;
}
