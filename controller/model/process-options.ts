/**
 * The options of a process: their types for callers of the library, and the table that says where each of them goes.
 * A row makes the flags with their help and pages, the members of a specification and of the init config, and what a
 * further process of a container takes over from the first one. Values that do not stay as they are have a conversion:
 * in plan/process.ts on the way to the shim, in flags/process.ts from and to words.
 */

import type { Flags } from './flag.js';
import type { InitConfig } from './init-config.generated.js';
import type { Capabilities, ConsoleSize, IoPriority, Scheduler } from './process-values.js';
import type { SeccompProfile } from './seccomp-profile.js';
import type { Stream } from './streams.js';

/** As in `child_process.spawn`: a pipe to the caller, the caller's own, /dev/null, a file descriptor or a stream. */
export type Stdio = 'pipe' | 'inherit' | 'ignore' | number | Stream;

/** What one process gets: the first of a container, or one that joins it (`container.exec`). */
export interface ProcessOptions {
	/**
	 * Who it runs as: `'1000'`, `'1000:1000'`, `'name'`, `'name:group'`, `'name:7'`. All digits is a number, anything else
	 * a name, which is looked up in /etc/passwd and /etc/group of the container. Without a group it is that of the user in
	 * /etc/passwd, with those of /etc/group added. A file that is not there names nobody; one that cannot be opened, is not a
	 * regular file, or is longer than 16 MiB is an error. HOME, USER and LOGNAME are then those of the user in /etc/passwd,
	 * but where `env` says them; of a number that is not there HOME is `/`, and the others are not set. Default: root with
	 * `rootfs`, else the caller.
	 */
	user?: string;
	/** Additional groups, numbers or names. setgroups(2). */
	groups?: (number | string)[];
	/** Added to the environment that there is otherwise, or all of it when `extendEnv` is false. */
	env?: Record<string, string>;
	/**
	 * Default: true, and what is extended is the caller's environment; with `rootfs` false, and then there are a PATH, with
	 * `terminal` a TERM, HOME as /etc/passwd of the container says, and `env`. `container.exec` extends the container's.
	 */
	extendEnv?: boolean;
	/** Working directory. Default: the caller's; with `rootfs` `/`, and it is a path inside. */
	cwd?: string;
	/** umask(2), 0 to 0o777, or octal digits. Default: the caller's; with `rootfs` 0o022. */
	umask?: number | string;
	/**
	 * Capabilities beside the default ones, with or without `CAP_`, or `'ALL'`. capabilities(7). The default is 11 with
	 * `rootfs` (`defaultCapabilities`), else all that the caller has. Of a user other than root they become ambient too,
	 * or they would be gone with the first exec.
	 */
	capAdd?: string[];
	/** Capabilities less than the default ones, or `'ALL'`: then those of `capAdd` are all there are. */
	capDrop?: string[];
	/** The five sets by name, each a list of capabilities, instead of the above; a set that is absent is empty. */
	capabilities?: Capabilities;
	/** PR_SET_NO_NEW_PRIVS. Default: true with `rootfs`, else false. */
	noNewPrivileges?: boolean;
	/** A seccomp profile: `linux.seccomp` of OCI. Default: none. */
	seccomp?: SeccompProfile;
	/**
	 * getrlimit(2): `{ nofile: '1024:4096', core: 0, memlock: 'unlimited' }`, soft and hard, or one for both, in the
	 * kernel's units. Default: the caller's.
	 */
	rlimits?: Record<string, number | string>;
	/** -1000 to 1000. proc_pid_oom_score_adj(5). Default: the caller's. */
	oomScoreAdj?: number;
	/** -20 to 19, setpriority(2). Default: the caller's. */
	nice?: number;
	/** sched_setattr(2): `process.scheduler` of OCI; `SCHED_` may be left out. Default: the caller's. */
	scheduler?: Scheduler;
	/** ioprio_set(2): `process.ioPriority` of OCI; `IOPRIO_CLASS_` may be left out. Default: the caller's. */
	ioPriority?: IoPriority;
	/**
	 * Nanoseconds by which its timers may expire late, so that the kernel can serve several at once: 1 to 2^53 - 1.
	 * PR_SET_TIMERSLACK of prctl(2), which is not for real-time policies. Default: the caller's, mostly 50000.
	 */
	timerSlack?: number;
	/** Processors, `'0-3,7'` or a list of numbers from 0 to 1023. sched_setaffinity(2). Default: the caller's. */
	cpuAffinity?: string | number[];
	/** personality(2): `'LINUX32'` makes uname(2) say a 32-bit machine. */
	personality?: 'LINUX' | 'LINUX32';
	/** keyrings(7): a new session keyring or the caller's. Default: `'new'` with `rootfs`, else `'caller'`. */
	keyring?: 'new' | 'caller';
	/** Gives it a pseudo-terminal as stdin, stdout, stderr and controlling terminal. Default: false. */
	terminal?: boolean;
	/** Of the terminal. */
	consoleSize?: ConsoleSize;
	/** A unix socket that listens and gets the terminal by SCM_RIGHTS, as in OCI runtimes; with `terminal`. */
	consoleSocket?: string;
	/**
	 * Time until the program runs: milliseconds, or a string such as `'10s'`; 0 is no end. Then what was started is killed, and
	 * the error is `setup-timed-out`. `timeout` counts from there. Default: 30 s.
	 */
	setupTimeout?: number | string;
	/** Default: `'ignore'` for `run`, `'pipe'` for `Container.launch`. */
	stdin?: Stdio;
	/** Default: `'pipe'`. */
	stdout?: Stdio;
	/** Default: `'pipe'`. */
	stderr?: Stdio;
	/** Further file descriptors, which the program has as 3, 4, … At most 250. */
	fds?: Stdio[];
}

interface ProcessOption {
	/** The object of a specification that has a member of the same name; else plan/process.ts says what becomes of it. */
	place?: 'process' | 'linux' | 'procready';
	/** The member of the init config that it becomes, and that `exec` takes over where it is not given. */
	member?: keyof InitConfig;
	flags?: Flags;
}

export const processOptions = {
	user: {
		member: 'user',
		flags: {
			user: {
				type: 'string',
				aliases: ['uid'],
				short: 'u',
				value: 'USER[:GROUP]',
				help: 'run as; digits are a number, else a name in the container',
				text: 'digits are a number, anything else a name in /etc/passwd and /etc/group of the container. `HOME`, `USER` and `LOGNAME` become those of the user, but where `--env` sets them; of a number that is not in /etc/passwd `HOME` is `/`, and the others are not set',
				default: 'the caller; root with `--rootfs`',
				option: 'user',
			},
		},
	},
	groups: {
		member: 'user',
		flags: {
			group: {
				type: 'string',
				aliases: ['group-add'],
				multiple: true,
				value: 'GROUP',
				help: 'an additional group',
				text: 'an additional group, number or name',
				default: 'those of a user in /etc/group',
				option: 'groups',
			},
		},
	},
	env: {
		member: 'env',
		flags: {
			env: {
				type: 'string',
				aliases: ['setenv'],
				multiple: true,
				short: 'e',
				value: 'K=V',
				help: 'set a variable',
				text: "set a variable; `K` alone passes on the caller's",
				default: "the caller's environment; `PATH`, `HOME` and with `-t` `TERM` with `--rootfs`",
				option: 'env',
			},
		},
	},
	extendEnv: {
		member: 'env',
		flags: { 'clear-env': { type: 'boolean', help: 'no variables but those of --env', option: 'extendEnv' } },
	},
	cwd: {
		member: 'cwd',
		flags: {
			cwd: {
				type: 'string',
				aliases: ['workdir', 'working-directory'],
				short: 'w',
				value: 'DIR',
				help: 'start in DIR',
				text: 'where the command starts',
				default: "the caller's; `/` with `--rootfs`",
				option: 'cwd',
			},
		},
	},
	umask: {
		member: 'umask',
		flags: {
			umask: {
				type: 'string',
				value: 'OCTAL',
				help: 'permissions that new files do not get',
				default: "the caller's; 022 with `--rootfs`",
				option: 'umask',
			},
		},
	},
	terminal: {
		flags: {
			tty: {
				type: 'boolean',
				short: 't',
				help: 'a terminal of its own for COMMAND',
				text: "a pseudo-terminal as stdin, stdout, stderr and controlling terminal, shown on the caller's",
				option: 'terminal',
			},
			interactive: {
				type: 'boolean',
				short: 'i',
				help: 'with --tty: what is typed is for COMMAND',
				text: 'with `--tty`: what is typed is for the command',
			},
		},
	},
	consoleSize: {},
	consoleSocket: {
		flags: {
			'console-socket': {
				type: 'string',
				value: 'PATH',
				help: 'with --tty: a unix socket that gets the terminal',
				text: 'with `--tty`: a unix socket that gets the terminal, as in OCI runtimes',
				option: 'consoleSocket',
			},
		},
	},
	stdin: {},
	stdout: {},
	stderr: {},
	fds: {
		flags: {
			'preserve-fds': {
				type: 'string',
				value: 'N',
				help: 'pass on N more file descriptors, from 3 on',
				text: "the caller's file descriptors 3 to N+2",
				default: '0',
				option: 'fds',
			},
		},
	},
	capAdd: {
		member: 'capabilities',
		flags: {
			'cap-add': {
				type: 'string',
				multiple: true,
				value: 'CAP',
				help: 'an additional capability, or ALL',
				text: 'a capability, with or without `CAP_`, or `ALL`. Of a user other than root it becomes ambient too',
				option: 'capAdd',
			},
		},
	},
	capDrop: {
		member: 'capabilities',
		flags: {
			'cap-drop': {
				type: 'string',
				multiple: true,
				value: 'CAP',
				help: 'a capability to take away, or ALL',
				text: 'a capability to take away, or `ALL`',
				default: 'all; 11 remain with `--rootfs`',
				option: 'capDrop',
			},
		},
	},
	capabilities: { member: 'capabilities' },
	noNewPrivileges: {
		place: 'process',
		member: 'noNewPrivileges',
		flags: {
			'no-new-privileges': {
				type: 'boolean',
				help: 'no exec gives more rights',
				text: 'no exec gives more rights than the command has',
				default: 'with `--rootfs`',
				option: 'noNewPrivileges',
			},
			'new-privileges': {
				type: 'boolean',
				help: 'set-user-ID programs work, also with --rootfs',
				text: 'set-user-ID programs and files with capabilities give their rights; the contrary of `--no-new-privileges`',
				default: 'without `--rootfs`',
				option: 'noNewPrivileges',
			},
		},
	},
	seccomp: {
		place: 'linux',
		member: 'seccomp',
		flags: {
			seccomp: {
				type: 'string',
				value: 'FILE',
				help: 'a seccomp profile, JSON as in OCI',
				text: 'a seccomp profile: the JSON of `linux.seccomp` in OCI',
				default: 'none',
				option: 'seccomp',
			},
		},
	},
	rlimits: {
		place: 'process',
		member: 'rlimits',
		flags: {
			rlimit: {
				type: 'string',
				aliases: ['ulimit'],
				multiple: true,
				value: 'NAME=SOFT[:HARD]',
				help: 'a resource limit: nofile=1024:4096, core=unlimited',
				text: 'getrlimit(2), in its units: `nofile=1024:4096`, `core=unlimited`',
				default: "the caller's",
				option: 'rlimits',
				kind: 'pairs',
			},
		},
	},
	oomScoreAdj: {
		place: 'process',
		member: 'oomScoreAdj',
		flags: {
			'oom-score-adj': {
				type: 'string',
				value: 'N',
				help: '-1000 to 1000: who is killed first',
				text: '-1000 to 1000',
				default: "the caller's",
				option: 'oomScoreAdj',
				kind: 'integer',
			},
		},
	},
	nice: {
		member: 'scheduler',
		flags: {
			nice: {
				type: 'string',
				value: 'N',
				help: '-20 to 19 (--nice=-5)',
				text: '-20 to 19, as `--nice=-5`',
				default: "the caller's",
				option: 'nice',
				kind: 'integer',
			},
		},
	},
	scheduler: {
		place: 'process',
		member: 'scheduler',
		flags: {
			scheduler: {
				type: 'string',
				value: 'POLICY[,KEY=N]…',
				help: 'fifo,priority=10; batch; idle; deadline,runtime=N,…',
				text: 'sched_setattr(2): `fifo,priority=10`, `batch,nice=5`, `deadline,runtime=…,deadline=…`; `reset-on-fork`',
				default: "the caller's",
				option: 'scheduler',
			},
		},
	},
	ioPriority: {
		place: 'process',
		member: 'ioPriority',
		flags: {
			'io-priority': {
				type: 'string',
				value: 'CLASS[:N]',
				help: 'rt, be or idle; 0 is first, 7 last',
				text: 'ioprio_set(2): `rt`, `be` or `idle`; 0 to 7',
				default: "the caller's",
				option: 'ioPriority',
			},
		},
	},
	timerSlack: {
		place: 'procready',
		member: 'timerSlack',
		flags: {
			'timer-slack': {
				type: 'string',
				value: 'NS',
				help: 'nanoseconds by which timers may expire late',
				text: 'nanoseconds by which its timers may expire late, prctl(2); not for real-time policies',
				default: "the caller's",
				option: 'timerSlack',
				kind: 'integer',
			},
		},
	},
	cpuAffinity: {
		place: 'procready',
		member: 'cpuAffinity',
		flags: {
			'cpu-affinity': {
				type: 'string',
				value: 'LIST',
				help: 'the processors to run on: 0-3,7',
				text: 'processors, `0-3,7`',
				default: "the caller's",
				option: 'cpuAffinity',
			},
		},
	},
	personality: {
		place: 'linux',
		member: 'personality',
		flags: {
			personality: {
				type: 'string',
				value: 'LINUX|LINUX32',
				help: 'what uname(2) says',
				text: 'what uname(2) says the machine is',
				default: '`LINUX`',
				option: 'personality',
			},
		},
	},
	keyring: {
		place: 'procready',
		member: 'sessionKeyring',
		flags: {
			keyring: {
				type: 'string',
				value: 'new|caller',
				help: 'the session keyring',
				text: 'the session keyring, keyrings(7)',
				default: '`new` with `--rootfs`',
				option: 'keyring',
			},
		},
	},
	setupTimeout: {
		flags: {
			'setup-timeout': {
				type: 'string',
				value: 'T',
				help: 'give up when COMMAND does not run after T; 0: never',
				text: 'seconds, or `500ms`, `10s`, …, until the command runs; then what was started is killed; `0` is no end',
				default: '30 s',
				option: 'setupTimeout',
			},
		},
	},
} as const satisfies Record<keyof ProcessOptions, ProcessOption>;

type Table = typeof processOptions;

/** The options that OCI has no word for. */
export type ProcessExtension = Pick<
	ProcessOptions,
	{ [Name in keyof Table]: Table[Name] extends { place: 'procready' } ? Name : never }[keyof Table]
>;

/** The members of the init config that a further process of a container takes over from its first one. */
export type InheritedMember = Extract<Table[keyof Table], { member: string }>['member'];

export const inheritedMembers: readonly string[] = Object.values(processOptions).flatMap((row) =>
	'member' in row ? row.member : [],
);

/** All that the types of a union have. */
type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
	? All
	: never;

/** The flags of all options of a process, in the order of the help. */
export const processFlags: Together<Extract<Table[keyof Table], { flags: object }>['flags']> = Object.assign(
	{},
	...Object.values(processOptions).map((row) => ('flags' in row ? row.flags : {})),
);
