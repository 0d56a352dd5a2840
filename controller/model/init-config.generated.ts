/** Generated from schema/init-config.schema.json by `make generate`: change the schema. */

export interface InitConfig {
	/** Release of the controller. Any other release of the shim refuses it: the two are built together. */
	version: string;
	/**
	 * standard: make the namespaces and become the first process in them. setns: join those of the target and become
	 * one more process in its cgroup.
	 */
	initType: 'standard' | 'setns';
	/** argv of execve(2). args[0] without a slash is looked up in the PATH of env, inside the container. */
	args: string[];
	/**
	 * The whole environment of the program, KEY=VALUE each, environ(7). HOME is added where a user is given and it is
	 * absent, USER and LOGNAME where the user has `variables`.
	 */
	env: string[];
	/** Entered just before exec, with the rights of the user; must lie inside the root. */
	cwd: string;
	/** Who the program runs as. Absent: whoever the init is. A uid or name that is absent stays what it is. */
	user?: {
		/** In the user namespace of the container, setuid(2). */
		uid?: number;
		/** Looked up in /etc/passwd of the container. Never a number: numbers are sent as uid (CVE-2016-3697). */
		name?: string;
		/** setgid(2). */
		gid?: number;
		/** Looked up in /etc/group of the container. Absent, like gid: the group of the user in /etc/passwd, else 0. */
		group?: string;
		/** setgroups(2). Where neither gid nor group is given, those of the user in /etc/group are added. */
		additionalGids?: number[];
		/** The same by name, looked up in /etc/group of the container. */
		additionalGroups?: string[];
		/** Also USER and LOGNAME are added where they are absent, if /etc/passwd of the container knows the user. */
		variables?: boolean;
	};
	/** umask(2). Absent: the caller's. */
	umask?: number;
	/** capabilities(7). Absent: as the init has them, as far as the user keeps them. A set that is absent is empty. */
	capabilities?: {
		/** What any program in the container can ever have. */
		bounding?: string[];
		/** What the kernel looks at. */
		effective?: string[];
		/** Kept over the exec of a file with the same ones (CVE-2022-29162: empty unless asked for). */
		inheritable?: string[];
		/** What may be made effective. */
		permitted?: string[];
		/** Kept over the exec of any file; each must be permitted and inheritable as well. */
		ambient?: string[];
	};
	/** PR_SET_NO_NEW_PRIVS: no exec gives more rights than the program has. */
	noNewPrivileges?: boolean;
	/**
	 * The compiled filter, loaded as the last thing before exec; without noNewPrivileges before CAP_SYS_ADMIN is given
	 * up.
	 */
	seccomp?: {
		/** struct sock_filter in lower-case hexadecimal, as it lies in memory; seccomp(2). */
		filter: string;
		/** Of seccomp(2) SECCOMP_SET_MODE_FILTER. */
		flags?: string[];
	};
	/** getrlimit(2), in its units. Set after procReady. */
	rlimits?: {
		type: string;
		/** -1 is RLIM_INFINITY. */
		soft: number;
		/** -1 is RLIM_INFINITY. */
		hard: number;
	}[];
	/** proc_pid_oom_score_adj(5). */
	oomScoreAdj?: number;
	/** sched_setattr(2). */
	scheduler?: {
		policy: string;
		nice?: number;
		priority?: number;
		/** Nanoseconds. */
		runtime?: number;
		/** Nanoseconds. */
		deadline?: number;
		/** Nanoseconds. */
		period?: number;
		/** SCHED_FLAG_RESET_ON_FORK. */
		resetOnFork?: boolean;
	};
	/** ioprio_set(2). */
	ioPriority?: {
		class: string;
		/** 0 is the highest. */
		priority?: number;
	};
	/** Nanoseconds by which timers may expire late, PR_SET_TIMERSLACK of prctl(2). */
	timerSlack?: number;
	/** Processors the program may run on, sched_setaffinity(2). */
	cpuAffinity?: number[];
	/** personality(2): what uname(2) says the machine is. */
	personality?: 'LINUX' | 'LINUX32';
	/** A new, anonymous session keyring instead of the caller's, keyrings(7). */
	sessionKeyring?: boolean;
	/**
	 * What the program gets when the controller has died or has let go of it; SIGKILL follows a second later. Absent:
	 * SIGKILL at once.
	 */
	parentDeathSignal?: number;
	/**
	 * Numbers of signals that the program finds ignored, as its caller does. Not SIGCHLD, by which the outer sees ends.
	 */
	ignoredSignals?: number[];
	/**
	 * Forks (clone, clone3, fork, vfork; threads too) of the program and of what descends from it are counted, and
	 * those that are named refused with EAGAIN.
	 */
	forks?: {
		/** Their numbers; the first fork is 1. */
		refuse?: number[];
	};
	/**
	 * Process 1 of the new pid namespace is one of the shim, outside the cgroup: it forwards signals to the program,
	 * and orphans are reaped. Default: the program is process 1.
	 */
	process1?: boolean;
	/**
	 * How many more file descriptors the program gets, from 3 on. The outer has them from 4 on, or from 5 on where fd 4
	 * is the console's.
	 */
	preservedFds?: number;
	/** A pseudo-terminal made inside, pts(4), becomes the controlling terminal and stdin, stdout and stderr. */
	console?: {
		/** Rows. */
		height?: number;
		/** Columns. */
		width?: number;
		/**
		 * A listening unix socket that gets the master as SCM_RIGHTS. Absent: the outer relays between the master and
		 * its fd 4.
		 */
		socket?: string;
	};
	/**
	 * Namespaces to make ("new") or to join (a path such as /proc/PID/ns/net), namespaces(7). Those that are not named
	 * are the caller's. A new user namespace gets its maps from the controller at procCreated.
	 */
	namespaces: {
		/** cgroup_namespaces(7). */
		cgroup?: string;
		/** ipc_namespaces(7). */
		ipc?: string;
		/** mount_namespaces(7). */
		mount?: string;
		/** network_namespaces(7). */
		network?: string;
		/** pid_namespaces(7). */
		pid?: string;
		/** time_namespaces(7). */
		time?: string;
		/** user_namespaces(7). */
		user?: string;
		/** uts_namespaces(7). */
		uts?: string;
	};
	/** For setns: a process of the container, whose namespaces are joined through its pidfd. */
	target?: {
		/** In the pid namespace of the outer. */
		pid: number;
		/** Clock ticks since boot, proc_pid_stat(5): it tells the process from another that has its pid by now. */
		startTime: number;
	};
	/** Added to these clocks in the new time namespace. */
	timeOffsets?: {
		monotonic?: {
			secs: number;
			nanosecs: number;
		};
		boottime?: {
			secs: number;
			nanosecs: number;
		};
	};
	/** sethostname(2). At most 64 bytes. */
	hostname?: string;
	/** setdomainname(2). At most 64 bytes. */
	domainname?: string;
	/** NAME=VALUE with NAME as in sysctl(8); only parameters of namespaces of the container's own. */
	sysctl?: string[];
	/**
	 * Given to every mount of a new mount namespace before the first of ours, and to the root; mount_namespaces(7).
	 * shared: the root is one, and gets what the host mounts there later; it gives the host nothing. unbindable: the
	 * root alone, at the end; the others are private.
	 */
	rootfsPropagation: 'private' | 'slave' | 'shared' | 'unbindable';
	/** A directory that becomes the root by pivot_root(2). Absent: the caller's root. */
	root?: {
		/** On the host. */
		path: string;
		/** Only the root itself; other mounts say so themselves. */
		readonly?: boolean;
	};
	/** Made in this order. */
	mounts?: {
		/**
		 * Resolved inside the root, not the root itself. Made when it is missing; without a root, only in a mount of
		 * this list. proc and sysfs: no link on the way. At /proc only a proc, over parts of it only what lxcfs has.
		 */
		destination: string;
		/** Of the file system, as in /proc/filesystems; or bind. */
		type: string;
		/**
		 * bind: a path on the host, as it is before the first mount of this list. Else what the file system takes as
		 * its source.
		 */
		source?: string;
		/** bind: with what is mounted below the source. */
		recursive?: boolean;
		/**
		 * A tmpfs, which begins as a copy of the directory that it covers: directories, regular files and symbolic
		 * links.
		 */
		copyUp?: boolean;
		/**
		 * What is mounted at the destination, a directory and not the root, is taken away first, so that nothing lies
		 * below; unless it is locked, as in a mount namespace that has its mounts from one with more rights,
		 * mount_namespaces(7). A bind is left out where something below its source is locked. Not with
		 * rootfsPropagation shared.
		 */
		replace?: boolean;
		/** mount_setattr(2). */
		set?: (
			| 'ro'
			| 'nosuid'
			| 'nodev'
			| 'noexec'
			| 'nodiratime'
			| 'nosymfollow'
			| 'relatime'
			| 'noatime'
			| 'strictatime'
		)[];
		/** Attributes that a bind does not take over from its source. */
		clear?: (
			| 'ro'
			| 'nosuid'
			| 'nodev'
			| 'noexec'
			| 'nodiratime'
			| 'nosymfollow'
			| 'relatime'
			| 'noatime'
			| 'strictatime'
		)[];
		/** Also on what is mounted below. */
		setRecursive?: (
			| 'ro'
			| 'nosuid'
			| 'nodev'
			| 'noexec'
			| 'nodiratime'
			| 'nosymfollow'
			| 'relatime'
			| 'noatime'
			| 'strictatime'
		)[];
		/** Also on what is mounted below. */
		clearRecursive?: (
			| 'ro'
			| 'nosuid'
			| 'nodev'
			| 'noexec'
			| 'nodiratime'
			| 'nosymfollow'
			| 'relatime'
			| 'noatime'
			| 'strictatime'
		)[];
		/** mount_namespaces(7); r: also of what is mounted below. */
		propagation?: 'private' | 'rprivate' | 'slave' | 'rslave' | 'shared' | 'rshared' | 'unbindable' | 'runbindable';
		/** KEY or KEY=VALUE for the file system, fsconfig(2): at most 255 bytes each, paths in it are of the host. */
		data?: string[];
		/** MOUNT_ATTR_IDMAP of mount_setattr(2); only of binds. */
		idmap?: {
			/** Lines of uid_map, user_namespaces(7). */
			uids: string;
			/** Lines of gid_map. */
			gids: string;
			/** Also what is mounted below. */
			recursive?: boolean;
		};
	}[];
	/**
	 * Made by mknod(2), or where that is not permitted bound from the host's node of that path and those numbers. A
	 * node of those numbers that is there already is kept. Without a root, only in a mount of ours.
	 */
	devices?: {
		/** Inside the root. */
		path: string;
		/** Block, character, FIFO; mknod(1). */
		type: 'b' | 'c' | 'p';
		major?: number;
		minor?: number;
		/** Absent: 0666. */
		fileMode?: number;
		/** Absent: 0. */
		uid?: number;
		/** Absent: 0. */
		gid?: number;
	}[];
	/** Symbolic links, left alone where something is there already. Without a root, only in a mount of ours. */
	links?: {
		/** Inside the root. */
		path: string;
		target: string;
	}[];
	/** Inside the root: files are covered by /dev/null, directories by an empty tmpfs. What is missing is no error. */
	maskedPaths?: string[];
	/** Inside the root, with what is mounted below. What is missing is no error. */
	readonlyPaths?: string[];
	cgroup: {
		/** cgroup v2 directory the init is cloned into (CLONE_INTO_CGROUP). Absent: the controller moves it. */
		path?: string;
		/** The container's own. The outer removes those that are still there when the container has ended. */
		directories: string[];
		/** Where they stand. When it had to remove one, the outer removes these too, if they are empty. */
		bases: string[];
		/**
		 * v2: struct bpf_insn in lower-case hexadecimal, as it lies in memory; BPF_PROG_TYPE_CGROUP_DEVICE. Attached to
		 * path.
		 */
		deviceProgram?: string;
	};
	/** Removed by the outer when the container has ended. */
	stateFile?: string;
	/** The init says procMounted before it enters its root, and waits for procEnter. */
	saysMounted?: boolean;
	/**
	 * A directory, in which the outer makes the FIFOs start and answer. At procReady comes procHold in the place of
	 * procRun; then the outer ends, the init lives on without it, and takes procRun from start.
	 */
	hold?: string;
}
