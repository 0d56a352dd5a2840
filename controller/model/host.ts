/** What a plan needs to know of the host and of who asks: plain data. */

/** Of v2 the controllers are those that can be enabled where the containers go. */
export type Hierarchy = Located & Place;

/** What a plan needs to know of the host, as who asks sees it: pure data. */
export interface Host extends Rights {
	hierarchies: Hierarchy[];
	cgroupMounts: CgroupMount[];
}

/** What a program finds of a cgroup hierarchy; several may be of one, and some of one that limits nothing. */
export interface CgroupMount {
	version: 1 | 2;
	/** v1: as mounted together, and a name such as `name=systemd` where the hierarchy has one; none of v2. */
	controllers: string[];
	mountPoint: string;
	/** The directory of the cgroup this process is in. */
	own: string;
	/** Where that is mounted on which it stands, if nothing but such mounts do: the tmpfs at /sys/fs/cgroup. */
	frame?: string;
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
	/** The mount begins above the root of our cgroup namespace: so many levels, whose names the texts do not tell. */
	hiddenLevels?: number;
	/** With `hiddenLevels`: the path of our cgroup below the root of its namespace. */
	inside?: string;
}

export interface Place {
	/** The directory of our own that holds those of the containers; absent where none can be made. */
	base?: string;
	/** Why the base is absent. */
	obstacle?: Obstacle;
	/** v2: where this process has to go first, so that the base may have controllers. */
	leaf?: string;
	/** The controllers that can be enabled in the base. */
	controllers: string[];
	/** Controllers that could be enabled in the base, because all that is above may be written to. */
	above?: string[];
	/** Controllers of the hierarchy that cannot be enabled in the base. */
	withheld?: string[];
}

export interface Obstacle {
	/** What is in the way. */
	finding: string;
	/** What would help. */
	advice: string;
	/** The cgroup that holds processes, where that is what is in the way. */
	full?: string;
	/** The command that removes the obstacle, where one is enough. */
	command?: string;
}

/** What somebody who asks for a container may do, and hands on. */
export interface Rights {
	/** The effective user, in the user namespace of this process. */
	uid: number;
	/** The effective group. */
	gid: number;
	/** The permitted capabilities, capabilities(7): bit n is capability n. */
	capabilities: bigint;
	/** The bounding set: the most that a program started by the caller can ever have. */
	bounding: bigint;
	/** The numbers of the signals that the caller ignores, and what it starts with it. Absent: none. */
	ignoredSignals?: number[];
}

/** Who asks for a container, or for a process in one: this process, or one that it acts for. */
export interface Caller extends Rights {
	environment: Readonly<Record<string, string | undefined>>;
	/** The working directory; absent where it was removed. */
	directory?: string;
}
