/** The flags of any process, also of one that joins a container, and what their values mean. */
import { readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../errors.js';
import { defined, maybe } from '../model/defined.js';
import type { Flag } from '../model/flag.js';
import { parseJson } from '../model/json.js';
import type { Stdio } from '../model/options.js';
import type { SeccompProfile } from '../model/seccomp-profile.js';
import type { IoPriority, Scheduler } from '../model/spec.js';
import { integer, invalidFlag, pairs } from './arguments.js';
import { pairWords } from './convert.js';

/** Of any process, also of one that joins. */
export const processFlags = {
	user: {
		type: 'string',
		short: 'u',
		value: 'USER[:GROUP]',
		help: 'run as; digits are a number, else a name in the container',
		option: 'user',
	},
	group: { type: 'string', multiple: true, value: 'GROUP', help: 'an additional group', option: 'groups' },
	env: {
		type: 'string',
		multiple: true,
		short: 'e',
		value: 'K=V',
		help: 'set a variable',
		option: 'env',
		parse: environmentOf,
		print: pairWords,
	},
	'clear-env': {
		type: 'boolean',
		help: 'no variables but those of --env',
		option: 'extendEnv',
		parse: () => false,
		print: (extend: boolean) => !extend,
	},
	cwd: { type: 'string', short: 'w', value: 'DIR', help: 'start in DIR', option: 'cwd' },
	umask: {
		type: 'string',
		value: 'OCTAL',
		help: 'permissions that new files do not get',
		option: 'umask',
		print: umaskWords,
	},
	tty: { type: 'boolean', short: 't', help: 'a terminal of its own for COMMAND', option: 'terminal' },
	interactive: { type: 'boolean', short: 'i', help: 'with --tty: what is typed is for COMMAND' },
	'console-socket': {
		type: 'string',
		value: 'PATH',
		help: 'with --tty: a unix socket that gets the terminal',
		option: 'consoleSocket',
	},
	'preserve-fds': {
		type: 'string',
		value: 'N',
		help: 'pass on N more file descriptors, from 3 on',
		option: 'fds',
		parse: preservedFds,
		print: fdWords,
	},
	'cap-add': { type: 'string', multiple: true, value: 'CAP', help: 'a capability more, or ALL', option: 'capAdd' },
	'cap-drop': { type: 'string', multiple: true, value: 'CAP', help: 'a capability less, or ALL', option: 'capDrop' },
	'no-new-privileges': { type: 'boolean', help: 'no exec gives more rights', option: 'noNewPrivileges' },
	'new-privileges': {
		type: 'boolean',
		help: 'set-user-ID programs work, also with --rootfs',
		option: 'noNewPrivileges',
		parse: () => false,
		print: (without: boolean) => !without,
	},
	seccomp: {
		type: 'string',
		value: 'FILE',
		help: 'a seccomp profile, JSON as in OCI',
		option: 'seccomp',
		parse: readProfile,
	},
	rlimit: {
		type: 'string',
		multiple: true,
		value: 'NAME=SOFT[:HARD]',
		help: 'a resource limit: nofile=1024:4096, core=unlimited',
		option: 'rlimits',
		kind: 'pairs',
	},
	'oom-score-adj': {
		type: 'string',
		value: 'N',
		help: '-1000 to 1000: who is killed first',
		option: 'oomScoreAdj',
		kind: 'integer',
	},
	nice: { type: 'string', value: 'N', help: '-20 to 19 (--nice=-5)', option: 'nice', kind: 'integer' },
	scheduler: {
		type: 'string',
		value: 'POLICY[,KEY=N]…',
		help: 'fifo,priority=10; batch; idle; deadline,runtime=N,…',
		option: 'scheduler',
		parse: parseScheduler,
		print: schedulerWords,
	},
	'io-priority': {
		type: 'string',
		value: 'CLASS[:N]',
		help: 'rt, be or idle; 0 is first, 7 last',
		option: 'ioPriority',
		parse: parseIoPriority,
		print: ioPriorityWords,
	},
	'cpu-affinity': { type: 'string', value: 'LIST', help: 'the processors to run on: 0-3,7', option: 'cpuAffinity' },
	personality: { type: 'string', value: 'LINUX|LINUX32', help: 'what uname(2) says', option: 'personality' },
	keyring: { type: 'string', value: 'new|caller', help: 'the session keyring', option: 'keyring' },
} as const satisfies Record<string, Flag>;

function umaskWords(mask: number | string): string[] {
	return [typeof mask === 'number' ? `0${mask.toString(8)}` : mask];
}

/** A name without a value means that of the caller, if it has one. */
function environmentOf(given: string[]): Record<string, string> {
	const isNamed = (name: string) => name !== '' && !name.includes('=');
	const own = given.filter((name) => isNamed(name) && process.env[name] !== undefined);
	return pairs(
		'--env',
		given.flatMap((pair) => (own.includes(pair) ? `${pair}=${process.env[pair]}` : isNamed(pair) ? [] : pair)),
	);
}

/** The caller's, from 3 on. */
function preservedFds(given: string): number[] {
	const count = integer('--preserve-fds', given);
	if (count < 0 || count > 250) throw invalidFlag('--preserve-fds', `${given} is not a number from 0 to 250`);
	const fds = Array.from({ length: count }, (_, index) => index + 3);
	for (const fd of fds) if (!isInherited(fd)) throw invalidFlag('--preserve-fds', `file descriptor ${fd} is not open`);
	return fds;
}

/** `undefined` where they are not the caller's from 3 on, in their order. */
function fdWords(fds: Stdio[]): string[] | undefined {
	return fds.every((fd, index) => fd === index + 3) ? [String(fds.length)] : undefined;
}

/** The first number that the caller left free is that of an epoll instance of Node's, and none behind it counts then. */
function isInherited(fd: number): boolean {
	try {
		return readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:[eventpoll]';
	} catch {
		return false;
	}
}

function readProfile(file: string): SeccompProfile {
	try {
		return parseJson(readFileSync(file, 'utf8')) as SeccompProfile; // specOf looks at it
	} catch (cause) {
		throw invalidFlag('--seccomp', `cannot read ${file}: ${errnoOf(cause) ?? (cause as Error).message}`, cause);
	}
}

/** POLICY[,KEY=N]…; `reset-on-fork` is the one flag that there is. */
function parseScheduler(given: string): Scheduler {
	const [policy = '', ...rest] = given.split(',');
	const numbers = rest.filter((word) => word !== 'reset-on-fork');
	const members = Object.entries(pairs('--scheduler', numbers, true)).map(([name, value]) => {
		if (!['nice', 'priority', 'runtime', 'deadline', 'period'].includes(name))
			throw invalidFlag('--scheduler', `${name} is not nice, priority, runtime, deadline or period`);
		return [name, integer('--scheduler', value)];
	});
	const flags = rest.includes('reset-on-fork') ? { flags: ['SCHED_FLAG_RESET_ON_FORK'] } : {};
	return { policy, ...Object.fromEntries(members), ...flags };
}

function schedulerWords({ policy, flags = [], ...numbers }: Scheduler): string[] {
	return [[policy, ...pairWords(numbers), ...(flags.length > 0 ? ['reset-on-fork'] : [])].join()];
}

function parseIoPriority(given: string): IoPriority {
	const [name = '', priority] = given.split(':');
	return defined({ class: name, priority: maybe(priority, (number) => integer('--io-priority', number)) });
}

function ioPriorityWords({ class: name, priority }: IoPriority): string[] {
	return [priority === undefined ? name : `${name}:${priority}`];
}
