/** What a plan needs to know of the host and of who asks: plain data. */

/** Of v2 the controllers are those that can be enabled where the containers go. */
export type Hierarchy = Located & Place;

/** What a plan needs to know of the host: pure data. */
export interface Host extends Caller {
	hierarchies: Hierarchy[];
}

export interface Located extends Mounted {
	/** The root of our cgroup namespace, where it is not the mount point: nothing of ours goes above it. */
	top?: string;
}

export interface Mounted {
	version: 1 | 2;
	/** v1: as mounted together, in the kernel's order; none of v2, whose text does not say. */
	controllers: string[];
	mountPoint: string;
	/** The directory of the cgroup this process is in, or the mount point where that is not to be seen. */
	own: string;
	/** The mount begins above the root of our cgroup namespace: so many levels, whose names the texts do not tell, */
	hiddenLevels?: number;
	/** and our path below that root. */
	inside?: string;
}

export interface Place {
	/** The directory of our own that holds those of the containers; absent where none can be made, */
	base?: string;
	/** and why. */
	obstacle?: Obstacle;
	/** v2: where this process has to go first, so that the base may have controllers. */
	leaf?: string;
	/** What can be enabled there, */
	controllers: string[];
	/** what could be, because all that is above may be written to, */
	above?: string[];
	/** and what the hierarchy has beside these. */
	withheld?: string[];
}

export interface Obstacle {
	/** What is in the way, */
	finding: string;
	/** what would help, */
	advice: string;
	/** and the command that does, where one is enough. */
	command?: string;
}

export interface Caller {
	/** Effective ids, in the user namespace of this process. */
	uid: number;
	gid: number;
	/** The permitted capabilities, capabilities(7): bit n is capability n. */
	capabilities: bigint;
	/** The bounding set: the most that a program started by this process can ever have. */
	bounding: bigint;
}
