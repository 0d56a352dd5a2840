/** One process: what people write for it, its members in a specification, and what the shim gets. */
import { invalidOption } from '../errors.js';
import { defined, maybe } from '../model/defined.js';
import type { Caller } from '../model/host.js';
import type { InitConfig } from '../model/init-config.js';
import { parseSignal, signalNumbers } from '../model/numbers.js';
import { escapeToken } from '../model/pointer.js';
import { type ProcessOptions, processOptions } from '../model/process-options.js';
import type { Extension, Linux, Process, Spec } from '../model/spec.js';
import { parseTimeLimit } from '../model/units.js';
import { absolutePath } from './caller-path.js';
import { capabilitiesOf, capabilitySetsOf, defaultCapabilities, initCapabilities } from './capabilities.js';
import { initRlimits, rlimitsOf } from './rlimits.js';
import { initIoPriority, initScheduler, ioPriorityOf, parseCpus, schedulerOf } from './scheduling.js';
import { handedOn, initUser, isRoot, userOf } from './user.js';

/** What a process depends on of who asks for it. */
export type Asker = Pick<Caller, 'capabilities' | 'environment' | 'directory'>;

/** The members of a specification that belong to a process. */
export interface ProcessParts {
	process: Process;
	linux: Pick<Linux, 'personality' | 'seccomp'>;
	procready: Extension;
}

/** Options that stand in a specification, or in the init config, in another form than people write them. */
const forms: {
	[Option in keyof ProcessOptions]?: { inSpec?(given: never): unknown; inInit?(inSpec: never): unknown };
} = {
	rlimits: { inSpec: rlimitsOf, inInit: initRlimits },
	scheduler: { inInit: initScheduler },
	ioPriority: { inSpec: ioPriorityOf, inInit: initIoPriority },
	cpuAffinity: {
		inSpec: (cpus: string | number[]) => parseCpus(cpus, '/cpuAffinity').join(),
		inInit: (cpus: string) => parseCpus(cpus, '/procready/cpuAffinity'),
	},
	personality: { inSpec: (domain: string) => ({ domain }), inInit: ({ domain }: { domain: string }) => domain },
	keyring: { inInit: (keyring: string) => keyring === 'new' },
	seccomp: { inInit: () => undefined }, // the launch compiles it
};

/** The options that are one member of a specification, and there one of the init config. */
const placed = Object.entries(processOptions).flatMap(([name, row]) =>
	'place' in row ? [{ name: name as keyof ProcessOptions, ...row }] : [],
);

function partsOf(options: ProcessOptions): ProcessParts {
	const parts: Record<keyof ProcessParts, Record<string, unknown>> = { process: {}, linux: {}, procready: {} };
	const all = { ...options, scheduler: schedulerOf(options.scheduler, options.nice) };
	for (const { name, place } of placed) {
		const given = all[name];
		if (given !== undefined) parts[place][name] = forms[name]?.inSpec?.(given as never) ?? given;
	}
	return parts as unknown as ProcessParts;
}

function initMembers(parts: ProcessParts): Partial<InitConfig> {
	const members = placed.map(({ name, place, member }) => {
		const value = (parts[place] as Record<string, unknown>)[name];
		const inInit = forms[name]?.inInit;
		return [member, value === undefined || !inInit ? value : inInit(value as never)];
	});
	return defined(Object.fromEntries(members));
}

/** The capabilities of `caller` are what `'ALL'` stands for. */
export function processOf(
	args: readonly string[],
	options: ProcessOptions,
	hasRoot: boolean,
	caller: Asker,
): ProcessParts {
	const { numbers, names } = userOf(options, hasRoot ? { user: '0', umask: 0o022 } : {});
	const base = hasRoot ? defaultCapabilities : undefined;
	const noNewPrivileges = (options.noNewPrivileges ?? hasRoot) || undefined;
	const { process, linux, procready } = partsOf(defined({ ...options, noNewPrivileges }));
	return {
		process: defined({
			...process,
			args: commandOf(args),
			env: environmentOf(options, hasRoot, caller),
			cwd: directoryOf(options.cwd, hasRoot, caller),
			...terminalOf(options),
			user: numbers,
			capabilities: capabilitySetsOf(options, base, capabilitiesOf(caller.capabilities), isRoot(numbers, names)),
		}),
		linux,
		procready: defined({ user: names, ...procready, ...socketOf(options, caller) }),
	};
}

export function commandOf(args: readonly string[]): string[] {
	if (!Array.isArray(args) || args.length === 0 || args.some((arg) => typeof arg !== 'string') || args[0] === '')
		throw invalidOption('/args', 'a command is missing');
	return [...args];
}

/** Milliseconds; 0 is no end. */
export function setupTimeoutOf(time: ProcessOptions['setupTimeout']): number | undefined {
	return maybe(time, (time) => parseTimeLimit(time, '/setupTimeout', 'ms'));
}

/** As in every image: a shell must find something. */
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function environmentOf(
	{ env = {}, extendEnv, terminal, user }: ProcessOptions,
	hasRoot: boolean,
	{ environment }: Asker,
): string[] {
	for (const name of Object.keys(env))
		if (name === '' || name.includes('='))
			throw invalidOption(`/env/${escapeToken(name)}`, 'is not the name of a variable');
	const usual = { PATH: path, ...(terminal ? { TERM: environment.TERM ?? 'xterm' } : {}) };
	const none = extendEnv === undefined ? usual : {};
	const base = (extendEnv ?? !hasRoot) ? handedOn(environment, { user }) : none;
	return Object.entries({ ...base, ...env }).map(([name, value]) => `${name}=${value}`);
}

function directoryOf(cwd: string | undefined, hasRoot: boolean, { directory }: Asker): string {
	if (!hasRoot) return absolutePath(cwd ?? '.', directory);
	if (cwd !== undefined && !cwd.startsWith('/'))
		throw invalidOption('/cwd', `${JSON.stringify(cwd)} is not an absolute path: it is one inside the root`);
	return cwd ?? '/';
}

function terminalOf({
	terminal,
	consoleSize,
	consoleSocket,
}: ProcessOptions): Pick<Process, 'terminal' | 'consoleSize'> {
	if (consoleSocket !== undefined && !terminal)
		throw invalidOption('/consoleSocket', 'gets the terminal of the program, which has none: ask for one');
	return terminal ? defined({ terminal, consoleSize }) : {};
}

export function socketOf(
	{ consoleSocket }: ProcessOptions,
	{ directory }: Pick<Caller, 'directory'>,
): Pick<Extension, 'consoleSocket'> {
	return defined({ consoleSocket: maybe(consoleSocket, (path) => absolutePath(path, directory)) });
}

/** The members of the init config that belong to the process. `held` are the capabilities the init has. */
export function initProcess(
	{ process, procready = {}, root, linux }: Spec,
	held: bigint,
	notes: string[],
): Omit<InitConfig, 'version' | 'initType' | 'namespaces' | 'rootfsPropagation' | 'cgroup'> {
	const { keyring = root ? 'new' : 'caller' } = procready;
	return defined({
		args: process.args,
		env: process.env ?? [],
		cwd: process.cwd,
		user: initUser(process.user, procready.user),
		umask: process.user?.umask,
		capabilities: maybe(process.capabilities, (sets) => initCapabilities(sets, held, notes)),
		...withoutIdle(initMembers({ process, linux, procready: { ...procready, keyring } })),
		parentDeathSignal: maybe(procready.parentDeathSignal, signalNumber),
		process1: procready.init || undefined,
		forks: maybe(procready.refuseForks, (refuse) => ({ refuse })),
		preservedFds: procready.fds || undefined,
		console: consoleOf(process, procready),
	});
}

/** Without members that say no more than if they were absent: `false`, and lists of nothing. */
function withoutIdle(members: Partial<InitConfig>): Partial<InitConfig> {
	const isIdle = (value: unknown) => value === false || (Array.isArray(value) && value.length === 0);
	return Object.fromEntries(Object.entries(members).filter(([, value]) => !isIdle(value)));
}

/**
 * The members that options change for a further process in a container, whose first one was started with `base`; not
 * its arguments, environment and directory. The capabilities of `caller` are what `'ALL'` stands for.
 */
export function initOverrides(
	options: ProcessOptions,
	base: Pick<InitConfig, 'user' | 'capabilities'>,
	caller: Asker,
): Partial<InitConfig> {
	const { numbers, names } = userOf(options);
	const whom = names?.name ?? numbers?.uid;
	const root = whom === undefined ? isRoot(base.user, base.user) : isRoot(numbers, names);
	const ofOther = options.user === undefined ? undefined : base.capabilities; // the sets depend on whom they are for
	const asks = options.capAdd ?? options.capDrop ?? options.capabilities ?? ofOther;
	return defined({
		user: initUser(numbers, names),
		umask: numbers?.umask,
		capabilities:
			asks && capabilitySetsOf(options, base.capabilities?.bounding, capabilitiesOf(caller.capabilities), root),
		...initMembers(partsOf(options)),
		preservedFds: options.fds?.length || undefined,
		console: consoleOf(terminalOf(options), socketOf(options, caller)),
	});
}

function consoleOf(
	{ terminal, consoleSize }: Pick<Process, 'terminal' | 'consoleSize'>,
	{ consoleSocket }: Extension,
): InitConfig['console'] {
	if (terminal) return defined({ ...consoleSize, socket: consoleSocket });
	if (consoleSocket !== undefined)
		throw invalidOption(
			'/procready/consoleSocket',
			'gets the terminal, so there must be one: process.terminal is not true',
		);
	return undefined;
}

function signalNumber(name: string): number {
	return signalNumbers[parseSignal(name, '/procready/parentDeathSignal')] as number;
}
