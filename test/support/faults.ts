/**
 * A launch of the shim in which one system call of one of its processes fails, or that process is killed or stopped at it,
 * and whether what came of it is right: see ../faults/README.md.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHost } from '../../controller/host/hierarchy.js';
import type { InitConfig, InitMount } from '../../controller/model/init-config.js';
import type { FromShim } from '../../controller/model/messages.js';
import type { Options } from '../../controller/model/options.js';
import type { Spec } from '../../controller/model/spec.js';
import { deviceProgram } from '../../controller/plan/device-program.js';
import { planOf } from '../../controller/plan/plan.js';
import { specOf } from '../../controller/plan/specify.js';
import { forEverybody } from './everybody.js';
import { writeMaps } from './id-maps.js';
import { proc } from './inside.js';
import { injector, probe, top } from './paths.js';
import { type Changes, goodConfig, type RawShim, rawShim } from './raw-shim.js';
import { makeRootfs } from './rootfs.js';
import { target, whileRunning } from './run-init.js';
import { type Seen, seen } from './see.js';

// ---- what is launched ----

export interface Scenario {
	name: string;
	/** In the order in which they are born. */
	processes: readonly string[];
	config: InitConfig;
	/** Maps of the new user namespace are to be written. */
	isMapped?: boolean;
	/** Rules of devices, where there is a cgroup v2. */
	deviceProgram?: string;
}

const alone = ['outer', 'init'];
const withProcess1 = ['outer', 'maker', 'process-1', 'init'];

const some = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETPCAP', 'CAP_NET_BIND_SERVICE'];
const capabilities = { bounding: some, permitted: some, effective: some } as NonNullable<InitConfig['capabilities']>;
const user = { uid: 1000, gid: 1001, additionalGids: [5, 7] };
const all = { ...goodConfig.namespaces, network: 'new', time: 'new' };
const ids = '0 100000 65536\n';
/** One instruction: everything is allowed. */
const allow = '060000000000ff7f';

/** The id of what is planned; each launch has its own. */
const planId = 'faults-planned';

/** What an OCI config or options come to, in a root file system of its own, on a host with v2 alone. */
function plannedBy(args: string[] | Spec, options: Options): Changes {
	const spec = specOf(args, options, { environment: { PATH: '/bin' }, directory: '/' });
	const { hierarchies, cgroupMounts, ...rights } = readHost();
	const isV2 = ({ version }: { version: number }) => version === 2;
	return planOf(
		spec,
		{ ...rights, hierarchies: hierarchies.filter(isV2), cgroupMounts: cgroupMounts.filter(isV2) },
		planId,
	).init;
}

const inside = ['/bin/probe', 'see'];
const rootOptions = (rootfs: string): Options => ({
	rootfs,
	init: true,
	user: 'user',
	hostname: 'inside',
	capDrop: ['ALL'],
	capAdd: ['CHOWN', 'KILL'],
	rlimits: { nofile: '64:128', core: 0 },
	umask: 0o27,
	oomScoreAdj: 100,
	nice: 5,
	keyring: 'new',
	noNewPrivileges: true,
	mounts: [
		{ destination: '/run', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=64k'] },
		{ destination: '/run/made/directory', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=64k'] },
		{ destination: '/usr', type: 'bind', source: '/usr/bin', options: ['rbind', 'ro'] },
	],
});

function ociSpec(rootfs: string): Spec {
	const spec = JSON.parse(readFileSync(join(top, 'test/fixtures/oci/runc-spec.json'), 'utf8')) as Spec;
	return {
		...spec,
		root: { path: rootfs, readonly: true },
		process: { ...spec.process, args: inside, terminal: false },
		linux: { ...spec.linux, resources: {} },
	};
}

/** In a root file system of their own, and joining the container of a process. */
function scenariosOf(rootfs: string, joined: number): Scenario[] {
	const root = { root: { path: rootfs }, args: inside };
	const planned = plannedBy(inside, rootOptions(rootfs));
	const idmapped: InitMount = {
		destination: '/home',
		type: 'bind',
		source: '/usr/bin',
		idmap: { uids: ids, gids: ids },
	};
	const boottime = { secs: 86400 * 365, nanosecs: 0 };
	const table: [name: string, processes: readonly string[], changes: Changes, more?: Partial<Scenario>][] = [
		['plain', alone, { user, capabilities, umask: 0o27 }],
		['process-1', withProcess1, { process1: true }],
		['root', withProcess1, planned],
		['terminal', withProcess1, { ...planned, console: { height: 33, width: 77 } }],
		[
			'user-namespace',
			withProcess1,
			{ namespaces: { ...goodConfig.namespaces, user: 'new' }, process1: true, user },
			{ isMapped: true },
		],
		[
			'network',
			alone,
			{ namespaces: all, hostname: 'inside', timeOffsets: { boottime }, sysctl: ['kernel.shmmax=4096'] },
		],
		[
			'exec',
			['outer', 'maker', 'init'],
			{ initType: 'setns', target: target(joined), namespaces: {}, mounts: undefined, user, capabilities, cwd: '/tmp' },
		],
		['oci', alone, plannedBy(ociSpec(rootfs), {})],
		// the mapper holds a user namespace until it is mapped
		['idmapped', ['outer', 'mapper', 'init'], { ...root, mounts: [proc, idmapped] }],
		[
			'forks',
			alone,
			{ forks: { refuse: [1] }, seccomp: { filter: allow }, noNewPrivileges: true },
			{ deviceProgram: deviceProgram([{ allow: true }]) },
		],
	];
	const args = [forEverybody(probe), 'see'];
	return table.map(([name, processes, changes, more]) => ({
		name,
		processes,
		config: { ...goodConfig, args, ...changes } as InitConfig,
		...more,
	}));
}

/** Calls `use` with all of them, while what they need is there. */
export async function withScenarios(use: (scenarios: Scenario[]) => Promise<void>): Promise<void> {
	const { path, remove } = makeRootfs();
	// so that nobody removes what those of the launches lie in
	const { directories } = makeCgroup();
	try {
		const container: Changes = { namespaces: all, process1: true };
		await whileRunning(container, (pid) => use(scenariosOf(path, pid)), { sealed: true });
	} finally {
		remove();
		for (const directory of directories) rmdirSync(directory);
	}
}

// ---- what fails ----

export interface Call {
	process: number;
	name: string;
	/** Among those of that name in the process, from 1. */
	number: number;
	/** Among all in the process. */
	place: number;
}

export interface Fault extends Call {
	scenario: Scenario;
	/** Once, or from there on for ever. */
	isForEver: boolean;
	/** The name of an errno or of a signal. */
	what: string;
}

/** As many times as a loop may try again; a signal cannot interrupt more often without anybody noticing. */
const forEver = 5000;

export const nameOf = ({ scenario, process, name, number, isForEver, what }: Fault) =>
	`${scenario.name}/${scenario.processes[process]}/${name}#${number}${isForEver ? '+' : ''}=${what}`;

const errnos: Record<string, number> = constants.errno;
const signals: Record<string, number> = constants.signals;

function injection({ process, name, number, isForEver, what }: Fault): string[] {
	const fault = what in signals ? -(signals[what] as number) : errnos[what];
	return [process, name, number, isForEver ? forEver : 1, fault].map(String);
}

// ---- one launch ----

export interface Observed {
	messages: FromShim[];
	stdout: string;
	/** What the injector said. */
	log: string;
	exit: { code: number | null; signal: string | null };
	/** It was let go of, because a process was stopped. */
	wasStopped: boolean;
	/** What it hung in. */
	hang?: string;
	left: string[];
}

/** Milliseconds after which a launch hangs. */
const patience = Number(process.env.PATIENCE ?? 30) * 1000;
/** Milliseconds that a controller gives a launch in which a process is stopped, and then the outer to end. */
const grace = 100;

const replies: Partial<Record<FromShim['type'], string>> = { procCreated: 'procSetup', procReady: 'procRun' };

let launches = 0;
const bases = readHost().hierarchies.filter(({ version, base }) => version === 2 && base);

/** A cgroup for each launch, on v2: the outer is to remove it. */
function makeCgroup({ deviceProgram }: Partial<Scenario> = {}): {
	id: string;
	cgroup: InitConfig['cgroup'];
	directories: string[];
} {
	const id = `faults-${process.pid}-${++launches}`;
	const directories = bases.map(({ base }) => join(`${base}`, id));
	for (const directory of directories) mkdirSync(directory, { recursive: true });
	const [path] = directories;
	return {
		id,
		cgroup: { ...(path && { path, ...(deviceProgram && { deviceProgram }) }), directories, bases: [] },
		directories,
	};
}

/** With these arguments of the injector. */
export async function launch(scenario: Scenario, injected: string[]): Promise<Observed> {
	const { config } = scenario;
	const relays = config.console !== undefined;
	const fd = relays ? 5 : 4;
	const made = config.initType === 'setns' ? { id: '', cgroup: config.cgroup, directories: [] } : makeCgroup(scenario);
	const mountsBefore = mounts();
	const shim = rawShim({
		stdio: ['ignore', 'pipe', 'ignore'],
		fds: relays ? ['pipe', 'pipe'] : ['pipe'],
		sealed: config.root !== undefined || config.process1 || config.initType === 'setns',
		under: [injector, String(fd), ...injected],
	});
	const observed: Observed = {
		messages: [],
		stdout: '',
		log: '',
		exit: { code: null, signal: null },
		wasStopped: false,
		left: [],
	};
	const ended = new Promise<void>((resolve) => {
		shim.process.once('exit', (code, signal) => {
			observed.exit = { code, signal };
			resolve();
		});
	});
	let letGo = () => {};
	const isStopped = new Promise<void>((resolve) => {
		letGo = resolve;
	});
	const logged = text(
		shim.fd(fd).on('data', (chunk) => {
			observed.log += chunk;
			if (injected.at(-1) === `-${signals.SIGSTOP}` && /^fault/m.test(observed.log)) letGo();
		}),
	);
	shim.fd(fd).on('error', () => {});
	const printed = relays ? printedTo(shim.fd(4)) : text(shim.process.stdout as NonNullable<typeof shim.process.stdout>);
	const whole = (async () => {
		const text = JSON.stringify({ ...config, cgroup: made.cgroup }).replaceAll(planId, made.id);
		shim.write(`${text}\n{"type":"procCreate"}\n`);
		const conversation = converse(shim, scenario, observed).then(() => false);
		observed.wasStopped = await Promise.race([conversation, isStopped.then(() => sleep(grace)).then(() => true)]);
		shim.process.stdio[3]?.destroy();
		if (await Promise.race([ended, isStopped.then(() => sleep(2 * grace)).then(() => 'late')]))
			shim.process.kill('SIGKILL');
		await ended;
		await logged;
		observed.stdout = await printed;
		await gone(observed);
	})();
	const timer = new AbortController();
	const late = sleep(patience, 'late', { signal: timer.signal }).catch(() => undefined);
	if ((await Promise.race([whole.then(() => undefined), late])) === 'late') observed.hang = whereabouts(observed);
	timer.abort();
	observed.left.push(...present(observed).map((pid) => `process ${pid} ${commandOf(pid)}`));
	for (const pid of present(observed)) process.kill(pid, 'SIGKILL');
	if (observed.hang) await whole;
	if (mounts() !== mountsBefore) observed.left.push('a mount');
	for (const directory of made.directories) if (existsSync(directory)) observed.left.push(...(await remove(directory)));
	return observed;
}

/** Until the channel ends, or the last message has come. */
async function converse(shim: RawShim, { isMapped }: Scenario, { messages }: Observed): Promise<void> {
	for (let message = await shim.next(); message; message = await shim.next()) {
		messages.push(message);
		if (message.type === 'procExited' || message.type === 'procError') return;
		if (message.type === 'procCreated' && isMapped) ifThere(() => writeMaps((message as { pid: number }).pid));
		const reply = replies[message.type];
		if (reply) shim.write(`{"type":"${reply}"}\n`);
	}
}

function printedTo(line: Duplex): Promise<string> {
	let printed = '';
	line.on('error', () => {});
	line.on('data', (chunk) => {
		printed += chunk;
	});
	return new Promise((resolve) => line.once('close', () => resolve(printed)));
}

/** What is made of something that may be gone. */
function ifThere<T>(act: () => T): T | undefined {
	try {
		return act();
	} catch {
		return undefined;
	}
}

const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8');
const stateOf = (pid: number) => ifThere(() => readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')[0]);
const commandOf = (pid: number) =>
	ifThere(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()) ?? '';

/** The processes of a launch that are there and no zombies. */
function present({ log }: Observed): number[] {
	const pids = [...log.matchAll(/^process \d+ (\d+)$/gm)].map(([, pid]) => Number(pid));
	return pids.filter((pid) => !['Z', 'X', undefined].includes(stateOf(pid)));
}

async function gone(observed: Observed): Promise<void> {
	while (present(observed).length > 0) await sleep(2);
}

function whereabouts(observed: Observed): string {
	const of = (pid: number) =>
		['stat', 'wchan', 'syscall'].map((file) =>
			ifThere(() => readFileSync(`/proc/${pid}/${file}`, 'latin1').trim().slice(0, 60)),
		);
	return present(observed)
		.map((pid) => of(pid).join(' '))
		.join('; ');
}

/** It goes when its last process is reaped. Says what was there before it went. */
async function remove(directory: string): Promise<string[]> {
	for (let tries = 0; tries < 500; tries++) {
		for (const pid of ifThere(() => readFileSync(join(directory, 'cgroup.procs'), 'utf8'))?.split('\n') ?? [])
			if (Number(pid) > 0) ifThere(() => process.kill(Number(pid), 'SIGKILL'));
		if (ifThere(() => rmdirSync(directory) ?? true)) break;
		await sleep(10);
	}
	return [`the cgroup ${directory}`];
}

// ---- what the program saw ----

const own = Object.fromEntries(
	readdirSync('/proc/self/ns').map((kind) => [kind, ifThere(() => readlinkSync(`/proc/self/ns/${kind}`))]),
);

/** Lines of a file of /proc/PID/status that a fault could change. */
const lines =
	/^(?:Umask|Uid|Gid|Groups|NStgid|Sig(?:Blk|Ign|Cgt)|Cap\w+|NoNewPrivs|Seccomp\w*|Cpus_allowed|untag_mask|THP\w*):.*$/gm;

/** The same of two launches that went alike. */
export function stateIn(stdout: string): string {
	const state = seen(stdout) as Seen & Record<string, unknown>;
	const inside = new Set([state.pid, state.ppid, state.pgid, state.sid]);
	return JSON.stringify({
		...state,
		...{ pid: 0, ppid: 0, pgid: state.pgid === state.pid, sid: state.sid === state.pid, ids: inside.size },
		foreground: state.foreground === state.pgid,
		fds: Object.entries(state.fds).map(([fd, to]) => [fd, to?.replace(/\[\d+\]/, '')]),
		namespaces: Object.entries(state.namespaces).map(([kind, at]) => [kind, at && at === own[kind]]),
		root: state.root?.toSorted(),
		dev: state.dev?.toSorted(),
		sessionKeyring: state.sessionKeyring > 0,
		monotonic: 0,
		boottime: Math.round((state.boottime - state.monotonic) / 1000),
		cgroup: state.cgroup?.replaceAll(/faults-\d+-\d+/g, 'ID'),
		mountinfo: state.mountinfo
			?.split('\n')
			.map((line) => line.replace(/^\d+ \d+ \d+:\d+ /, '').replaceAll(/(shared|master|propagate_from):\d+/g, '$1'))
			.map((line) => line.replaceAll(/faults-\d+-\d+/g, 'ID')),
		status: state.status?.match(lines)?.map((line) => line.replace(/^(NStgid:).*/, '$1')),
		// what it waits for is not blocked meanwhile
		process1: state.process1?.match(lines)?.filter((line) => !line.startsWith('SigBlk')),
	});
}

// ---- the verdict ----

export type Kind = 'same' | 'error' | 'ended' | 'unreached' | 'hang' | 'other' | 'false' | 'left';

export interface Verdict {
	kind: Kind;
	/** What is wrong, or the message of the error. */
	detail: string;
	/** Of the error. */
	step?: string;
}

export const isClean = ({ kind }: Verdict) => ['same', 'error', 'ended', 'unreached'].includes(kind);

/** The calls of each process of a launch without a fault, and what its program sees. */
export interface Traced {
	calls: Call[];
	state: string;
}

export async function trace(scenario: Scenario): Promise<Traced> {
	const { log, stdout, messages, left, hang } = await launch(scenario, ['list']);
	const last = messages.at(-1);
	if (hang || left.length > 0 || !(last && 'code' in last && last.code === 0))
		throw new Error(`${scenario.name}: without a fault: ${JSON.stringify([last, left, hang])}`);
	const counts = new Map<string, number>();
	const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1).get(key) as number;
	const calls = [...log.matchAll(/^call (\d+) (\w+)$/gm)].map(([, process, name]) => ({
		process: Number(process),
		name: name as string,
		number: count(`${process} ${name}`),
		place: count(`${process}`),
	}));
	return { calls, state: stateIn(stdout) };
}

/** The verdict on a launch with that fault. */
export async function judge(fault: Fault, { state }: Traced): Promise<Verdict & { observed: Observed }> {
	const observed = await launch(fault.scenario, injection(fault));
	return { ...verdictOn(fault, state, observed), observed };
}

/** One check of a launch: nothing where that is not what has happened. */
type Check = (
	fault: Fault,
	observed: Observed,
	state: string,
	printed: string | undefined,
) => Partial<Verdict> | undefined;

const roleOf = ({ scenario, process }: Fault) => scenario.processes[process];
/** A program may begin to run before the kernel has ended the pid namespace. */
const isLosingProcess1 = (fault: Fault) =>
	roleOf(fault) === 'process-1' && (fault.what === 'SIGKILL' || fault.name === lastOfProcess1);
/** What is said where a process was killed. */
const killed =
	/killed by signal 9|recv from (process 1|the outer shim): Connection reset|did not take the terminal|takes no process: its first one has ended/;

const errorOf = ({ messages }: Observed) => messages.find((message) => message.type === 'procError');

const wrongs: Check[] = [
	(_, { hang }) => (hang ? { kind: 'hang', detail: hang } : undefined),
	(fault, observed) => {
		const left = observed.left.filter((one) => !mayStay(fault, observed, one));
		return left.length > 0 ? { kind: 'left', detail: left.join(', ') } : undefined;
	},
	(fault, _, state, printed) =>
		printed !== undefined && printed !== state && !isLosingProcess1(fault)
			? { kind: 'other', detail: difference(state, printed) }
			: undefined,
	(fault, { log }) =>
		/^spent/m.test(log) && !mayTryAgain(fault) ? { kind: 'hang', detail: 'it tries again for ever' } : undefined,
	(_, { messages }) =>
		messages.slice(0, -1).some(({ type }) => type === 'procError' || type === 'procExited')
			? { kind: 'false', detail: 'more than one last message' }
			: undefined,
];

/** All that the filter of process 1 allows it before it waits. */
const lastOfProcess1 = 'close_range';

/** What was interrupted; what poll(2) will wait for; and what process 1 waits in, for ever. */
const mayTryAgain = ({ what, name, scenario }: Fault) =>
	what === 'EINTR' || (what === 'EAGAIN' && scenario.config.console !== undefined) || name === 'rt_sigtimedwait';

/** What cannot be told: whoever might tell it has no channel any more, or the program has ended and this was said. */
function isUntold(fault: Fault, { messages, exit }: Observed, printed: string | undefined): boolean {
	const last = messages.at(-1);
	if (fault.name === 'sendto' && fault.isForEver)
		return exit.code === 124 || (last?.type === 'procError' && /could not say why/.test(last.message));
	const isOfTerminal = printed === undefined && fault.name === 'read' && fault.scenario.config.console !== undefined;
	const isEnd = ['EIO', 'EAGAIN'].includes(fault.what) || exit.code !== 0;
	return isOfTerminal && roleOf(fault) === 'outer' && last?.type === 'procExited' && isEnd;
}

const ends: Check[] = [
	({ what }, { wasStopped, exit }) =>
		what === 'SIGSTOP' && (wasStopped || exit.signal === 'SIGKILL') ? { kind: 'ended' } : undefined,
	(fault, observed, _, printed) => (isUntold(fault, observed, printed) ? { kind: 'ended' } : undefined),
	(fault, observed) => {
		const error = errorOf(observed);
		if (!error) return undefined;
		if (fault.what in signals || (roleOf(fault) === 'process-1' && fault.name === lastOfProcess1))
			return { kind: killed.test(error.message) ? 'ended' : 'false', detail: error.message };
		return { kind: error.errno === errnos[fault.what] ? 'error' : 'false', detail: error.message };
	},
	({ what }, { messages }, _, printed) => {
		const last = messages.at(-1);
		const isGood = last?.type === 'procExited' && 'code' in last && last.code === 0 && printed !== undefined;
		return isGood ? { kind: 'same', detail: what } : undefined;
	},
	(fault, { messages, exit }) => {
		const last = messages.at(-1);
		const role = roleOf(fault);
		const isKilled = last?.type === 'procExited' && 'signal' in last && last.signal === signals.SIGKILL;
		const isExpected = role === 'outer' ? exit.signal === 'SIGKILL' : role === 'process-1' && isKilled;
		return fault.what === 'SIGKILL' && isExpected ? { kind: 'ended' } : undefined;
	},
	(_, { messages }) => ({ kind: messages.at(-1)?.type === 'procExited' ? 'other' : 'false' }),
];

function verdictOn(fault: Fault, state: string, observed: Observed): Verdict {
	const printed = ifThere(() => stateIn(observed.stdout));
	const first = (checks: Check[]) => {
		for (const check of checks) {
			const found = check(fault, observed, state, printed);
			if (found) return found;
		}
		return undefined;
	};
	const found = first(wrongs) ?? (/^fault/m.test(observed.log) ? first(ends) : { kind: 'unreached' });
	const said = `${JSON.stringify(observed.messages)} ${JSON.stringify(observed.exit)}`;
	const step = errorOf(observed)?.step;
	const verdict = { kind: 'false', detail: '', ...found, ...(step === undefined ? {} : { step }) } as Verdict;
	return isClean(verdict) ? verdict : { ...verdict, detail: `${verdict.detail} ${said}` };
}

/** An outer removes no cgroup where it is killed, where it may not, and where it has no config yet: others do. */
function mayStay(fault: Fault, observed: Observed, one: string): boolean {
	const isRemoval = fault.what in signals || ['rmdir', 'unlinkat'].includes(fault.name);
	const step = errorOf(observed)?.step;
	const isEarly = observed.messages.length === 0 || step === 'sealed' || step === 'config';
	const isOfOuter = roleOf(fault) === 'outer' && (isRemoval || isEarly);
	return one.startsWith('the cgroup') && (isOfOuter || observed.exit.signal === 'SIGKILL');
}

function difference(before: string, after: string): string {
	const [a, b] = [JSON.parse(before), JSON.parse(after)];
	const members = Object.keys(a).filter((member) => JSON.stringify(a[member]) !== JSON.stringify(b[member]));
	return members
		.map((member) => `${member}: ${JSON.stringify(a[member])} was ${JSON.stringify(b[member])}`)
		.join('; ')
		.slice(0, 1500);
}
