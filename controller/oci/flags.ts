/** The flags of the runtime and of its commands, as runc(8) and crun(1) have them. */

import { ProcreadyError } from '../errors.js';
import { parse, parseWords, type Values } from '../flags/arguments.js';
import type { Flags } from '../model/flag.js';

const word = (help: string, value: string) => ({ type: 'string', value, help }) as const;
const yes = (help: string) => ({ type: 'boolean', help }) as const;
const many = (help: string, value: string) => ({ type: 'string', multiple: true, value, help }) as const;

/** Of runc or crun, not to be had here: what to do in their place. To ignore one would be to do what was not asked for. */
const refused = {
	'systemd-cgroup': 'systemd is not asked for cgroups: use the cgroupfs driver of the engine',
	'no-pivot':
		'the root is always entered by pivot_root(2), which cannot leave an initramfs: leave the flag out, or start from a disk',
	'pidfd-socket': 'nothing here sends a pidfd: take the pid from --pid-file, and pidfd_open(2)',
	keep: 'what has ended in the foreground is always deleted: use create and start',
	cgroup:
		'a process is run in the cgroups of the container: run another container with this cgroup as linux.cgroupsPath',
	apparmor: 'no AppArmor profile is set: leave it out',
	'process-label': 'no SELinux label is set: leave it out',
} as const;

const refusedWord = (name: keyof typeof refused, value: string) => word(`refused: ${refused[name]}`, value);
const refusedYes = (name: keyof typeof refused) => yes(`refused: ${refused[name]}`);

export const globalFlags = {
	root: word('directory of the state of containers; default: /run/procready-oci, or below $XDG_RUNTIME_DIR', 'DIR'),
	log: word('append errors and warnings to FILE as well', 'FILE'),
	'log-format': word('text or json; default: text', 'FORMAT'),
	debug: yes('say more in the log'),
	'systemd-cgroup': refusedYes('systemd-cgroup'),
	version: { ...yes('print the version'), short: 'v' },
	help: { ...yes('print this'), short: 'h' },
} as const satisfies Flags;

/** Of `create` and `run`. */
const making = {
	bundle: { ...word('directory of config.json; default: .', 'DIR'), short: 'b' },
	'pid-file': word('write the pid of the container to FILE', 'FILE'),
	'console-socket': word('a unix socket that gets the terminal', 'PATH'),
	'preserve-fds': word('pass on N more file descriptors, from 3 on', 'N'),
	'no-new-keyring': yes('the session keyring of the caller, keyrings(7), in the place of a new one'),
	'no-pivot': refusedYes('no-pivot'),
	'pidfd-socket': refusedWord('pidfd-socket', 'PATH'),
} as const satisfies Flags;

export const commandFlags = {
	create: making,
	run: { ...making, detach: { ...yes('return when the program runs'), short: 'd' }, keep: refusedYes('keep') },
	start: {},
	state: {},
	kill: { all: { ...yes('all processes of the container'), short: 'a' } },
	delete: { force: { ...yes('kill it first; one that is not there is no error'), short: 'f' } },
	list: { format: { ...word('table or json', 'FORMAT'), short: 'f' }, quiet: { ...yes('names alone'), short: 'q' } },
	exec: {
		process: { ...word('process.json in the place of COMMAND', 'FILE'), short: 'p' },
		tty: { ...yes('a terminal of its own'), short: 't' },
		user: { ...word('run as', 'UID[:GID]'), short: 'u' },
		cwd: word('start in DIR', 'DIR'),
		env: { ...many('set a variable', 'K=V'), short: 'e' },
		cap: { ...many('an additional capability', 'CAP'), short: 'c' },
		detach: { ...yes('return when it runs'), short: 'd' },
		'pid-file': word('write its pid to FILE', 'FILE'),
		'console-socket': word('a unix socket that gets the terminal', 'PATH'),
		'preserve-fds': word('pass on N more file descriptors, from 3 on', 'N'),
		'pidfd-socket': refusedWord('pidfd-socket', 'PATH'),
		cgroup: refusedWord('cgroup', 'PATH'),
		apparmor: refusedWord('apparmor', 'PROFILE'),
		'process-label': refusedWord('process-label', 'LABEL'),
	},
	ps: { format: { ...word('table or json', 'FORMAT'), short: 'f' } },
	pause: {},
	resume: {},
	update: {
		resources: { ...word('linux.resources as JSON; - is stdin', 'FILE'), short: 'r' },
		memory: word('bytes', 'N'),
		'memory-swap': word('bytes of memory and swap together', 'N'),
		'memory-reservation': word('bytes', 'N'),
		'pids-limit': word('tasks', 'N'),
		'cpu-period': word('microseconds', 'N'),
		'cpu-quota': word('microseconds of each period', 'N'),
		'cpu-share': word('2 to 262144', 'N'),
		'cpuset-cpus': word('processors', 'LIST'),
		'cpuset-mems': word('memory nodes', 'LIST'),
		'blkio-weight': word('10 to 1000', 'N'),
	},
	events: { stats: yes('once, and no more'), interval: word('seconds between two of them; default: 5s', 'T') },
	features: {},
	spec: { bundle: { ...word('where config.json is written; default: .', 'DIR'), short: 'b' } },
} as const satisfies Record<string, Flags>;

export type CommandName = keyof typeof commandFlags;
export type GlobalValues = Values<typeof globalFlags>;
export type ValuesOf<Name extends CommandName> = Values<(typeof commandFlags)[Name]>;

/** Throws for the first flag that was given and is not to be had here. */
export function checkFlags(values: object): void {
	for (const name of Object.keys(values))
		if (Object.hasOwn(refused, name))
			throw new ProcreadyError('option-invalid', `--${name}: ${refused[name as keyof typeof refused]}`, {
				where: `--${name}`,
			});
}

/** What stands before the command, the command, and what stands behind it. A single dash is two, as for programs in Go. */
export function parseGlobal(argv: string[]): { values: GlobalValues; command: string[] } {
	return parse(argv.map(withTwoDashes(globalFlags)), globalFlags, 'oci');
}

/** Flags stand anywhere, but for `exec`, where they are the program's behind the ID. */
export function parseCommand(name: CommandName, argv: string[]): { values: object; words: string[] } {
	const flags = commandFlags[name];
	const dashed = argv.map(withTwoDashes(flags));
	if (name !== 'exec') return parseWords(dashed, flags, `oci ${name}`);
	const { values, command } = parse(dashed, flags, 'oci exec');
	return { values, words: argv.slice(argv.length - command.length) };
}

function withTwoDashes(flags: Flags): (given: string) => string {
	return (given) => {
		const [, name = ''] = /^-([a-z][a-z-]+)(=|$)/.exec(given) ?? [];
		return Object.hasOwn(flags, name) ? `-${given}` : given;
	};
}

/** Not negative. */
export function countOf(flag: string, given: string | undefined): number {
	if (given === undefined) return 0;
	if (/^\d{1,3}$/.test(given)) return Number(given);
	throw new ProcreadyError('option-invalid', `${flag}: ${JSON.stringify(given)} is not a number of file descriptors`, {
		where: flag,
	});
}
