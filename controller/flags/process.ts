/** The flags of a process, from the table of process options, and what their values mean where that is not the usual. */
import { readlinkSync } from 'node:fs';
import { reasonOf } from '../errors.js';
import { machine } from '../host/machine.js';
import { defined, maybe } from '../model/defined.js';
import type { Flag } from '../model/flag.js';
import { parseJson } from '../model/json.js';
import { processFlags as rows, type Stdio } from '../model/process-options.js';
import type { SeccompProfile } from '../model/seccomp-profile.js';
import type { IoPriority, Scheduler } from '../model/spec.js';
import { parseTimeLimit } from '../model/units.js';
import { integer, invalidFlag, pairs } from './arguments.js';
import { pairWords, timeText } from './convert.js';

/** Flags whose words are not the value of the option, nor of a usual kind, or which have members of their own. */
const conversions: { [Name in keyof typeof rows]?: Pick<Flag, 'parse' | 'print' | 'members'> } = {
	env: { parse: environmentOf, print: pairWords },
	'clear-env': { parse: () => false, print: (extend: boolean) => !extend },
	umask: { print: umaskWords },
	'preserve-fds': { parse: preservedFds, print: fdWords },
	'new-privileges': { parse: () => false, print: (without: boolean) => !without },
	seccomp: { parse: readProfile, members: true },
	scheduler: { parse: parseScheduler, print: schedulerWords },
	'io-priority': { parse: parseIoPriority, print: ioPriorityWords },
	'setup-timeout': {
		parse: (time: string) => parseTimeLimit(time, '--setup-timeout', 's'),
		print: (time: number | string) => [timeText(time)],
	},
};

/** Of any process, also of one that joins. */
export const processFlags: typeof rows = Object.assign(
	{},
	...Object.entries(rows).map(([name, row]) => ({ [name]: { ...row, ...conversions[name as keyof typeof rows] } })),
);

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
		return parseJson(machine.readGiven(file)) as SeccompProfile; // specOf looks at it
	} catch (cause) {
		throw invalidFlag('--seccomp', `cannot read ${file}: ${reasonOf(cause)}`, cause);
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
