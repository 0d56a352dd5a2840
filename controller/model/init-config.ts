/** The types of ../../schema/init-config.schema.json, which is the authority and says what each member means. */

export type NamespaceType = 'cgroup' | 'ipc' | 'mount' | 'network' | 'pid' | 'time' | 'user' | 'uts';
export type Propagation = 'private' | 'slave' | 'shared' | 'unbindable';
export type MountPropagation = Propagation | `r${Propagation}`;
export type MountAttribute =
	| 'ro'
	| 'nosuid'
	| 'nodev'
	| 'noexec'
	| 'nodiratime'
	| 'nosymfollow'
	| 'relatime'
	| 'noatime'
	| 'strictatime';

export interface InitUser {
	uid?: number;
	name?: string;
	gid?: number;
	group?: string;
	additionalGids?: number[];
	additionalGroups?: string[];
}

export interface InitMount {
	destination: string;
	type: string;
	source?: string;
	recursive?: boolean;
	set?: MountAttribute[];
	clear?: MountAttribute[];
	setRecursive?: MountAttribute[];
	clearRecursive?: MountAttribute[];
	propagation?: MountPropagation;
	data?: string[];
	idmap?: { uids: string; gids: string; recursive?: boolean };
}

export interface InitDevice {
	path: string;
	type: 'b' | 'c' | 'p';
	major?: number;
	minor?: number;
	fileMode?: number;
	uid?: number;
	gid?: number;
}

export interface InitScheduler {
	policy: string;
	nice?: number;
	priority?: number;
	runtime?: number;
	deadline?: number;
	period?: number;
	resetOnFork?: boolean;
}

export interface InitConfig {
	version: string;
	initType: 'standard' | 'setns';
	args: string[];
	env: string[];
	cwd: string;
	user?: InitUser;
	umask?: number;
	capabilities?: Partial<Record<'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient', string[]>>;
	noNewPrivileges?: boolean;
	seccomp?: { filter: string; flags?: string[] };
	rlimits?: { type: string; soft: number; hard: number }[];
	oomScoreAdj?: number;
	scheduler?: InitScheduler;
	ioPriority?: { class: string; priority?: number };
	cpuAffinity?: number[];
	personality?: 'LINUX' | 'LINUX32';
	sessionKeyring?: boolean;
	parentDeathSignal?: number;
	forks?: { refuse?: number[] };
	reaper?: boolean;
	preservedFds?: number;
	console?: { height?: number; width?: number; socket?: string };
	namespaces: Partial<Record<NamespaceType, string>>;
	target?: { pid: number; startTime: number };
	timeOffsets?: Partial<Record<'monotonic' | 'boottime', { secs: number; nanosecs: number }>>;
	hostname?: string;
	domainname?: string;
	sysctl?: string[];
	rootfsPropagation: Propagation;
	root?: { path: string; readonly?: boolean };
	mounts?: InitMount[];
	devices?: InitDevice[];
	links?: { path: string; target: string }[];
	maskedPaths?: string[];
	readonlyPaths?: string[];
	cgroup: { path?: string; directories: string[]; bases: string[]; deviceProgram?: string };
	stateFile?: string;
}
