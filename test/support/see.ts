/** What `probe see` prints: what a program sees of itself and of its surroundings. See ../see.c. */

export interface Seen {
	/** Where each open file descriptor leads; null without /proc. */
	fds: Record<string, string | null>;
	args: string[];
	env: string[];
	/** Real, effective and saved. */
	uids: [number, number, number];
	gids: [number, number, number];
	groups: number[];
	pid: number;
	ppid: number;
	pgid: number;
	sid: number;
	/** Sixteen hexadecimal digits each, as in /proc/PID/status. */
	capabilities: Record<'effective' | 'permitted' | 'inheritable' | 'bounding' | 'ambient', string>;
	namespaces: Record<'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts', string | null>;
	/** Soft and hard; -1 is unlimited. */
	rlimits: Record<string, [number, number]>;
	/** Names of the terminals that fd 0, 1 and 2 are. */
	tty0: string | null;
	tty1: string | null;
	tty2: string | null;
	/** Rows and columns. */
	window: [number, number] | null;
	controllingTerminal: boolean;
	foreground: number;
	nice: number;
	policy: number;
	ioprio: number;
	cpus: number[];
	umask: number;
	personality: number;
	noNewPrivileges: number;
	seccomp: number;
	dumpable: number;
	parentDeathSignal: number;
	sessionKeyring: number;
	blocked: number;
	ignored: number;
	cwd: string | null;
	hostname: string;
	domainname: string;
	machine: string;
	/** Seconds. */
	monotonic: number;
	boottime: number;
	/** Names in / and /dev. */
	root: string[] | null;
	dev: string[] | null;
	/** Texts of files in /proc/self. */
	oomScoreAdj: string | null;
	cgroup: string | null;
	uidMap: string | null;
	gidMap: string | null;
	mountinfo: string | null;
	status: string | null;
	/** That of /proc/1. */
	process1: string | null;
}

export function seen(stdout: string): Seen {
	return JSON.parse(stdout);
}
