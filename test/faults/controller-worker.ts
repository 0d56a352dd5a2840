/**
 * Launches with one call failing, each asked for by a message of the test, which watches that they end: what hangs here
 * hangs alone. Says what was wrong with what came of it.
 */
import '../support/own-network.js';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcreadyError } from '../../controller/errors.js';
import { leftovers } from '../support/leftovers.js';
import { type Call, type Fault, faultyMachine } from './faulty-machine.js';
import { launches, type Seen } from './launches.js';

export interface Task {
	launch: string;
	rootfs: string;
	/** Nothing fails without it. */
	fault?: Fault;
	/** What is seen where nothing fails. */
	expected?: Seen;
}

export interface Answer {
	calls: Call[];
	/** How often the fault was met. */
	met: number;
	outcome: 'refused' | 'same' | 'in part';
	seen: Seen;
	/** What was wrong. */
	findings: string[];
}

/** What a fault of the host interface is never. */
const otherCodes = [
	...['option-invalid', 'limit-too-small', 'command-not-found', 'command-not-executable', 'cwd-invalid', 'name-in-use'],
	...['not-running', 'paused', 'tasks-exhausted', 'shim-refused', 'shim-died', 'protocol-violated', 'aborted'],
];

/** What is true as far as the machine says: that something is not there, or in use. */
const mayBeTrue: [code: string, name: string, about: RegExp, errno: RegExp][] = [
	['not-running', 'readText', /^\/proc\/PID\/stat$/, /^(ENOENT|ENODEV)$/],
	['setup-failed', 'readText', /^\/proc\/PID\/stat$/, /^(ENOENT|ENODEV)$/], // there is no /proc
	['setup-failed', 'readText', /\/cpuacct\.usage$|\/cpu\.stat$/, /^(ENOENT|ENODEV)$/], // it is not there
	['not-running', 'readFile', /\/NAME\.json$/, /^ENOENT$/],
	['not-running', 'open', /\/NAME\.json$/, /^ENOENT$/],
	['limit-too-small', 'writeText', /\/memory\.(max|limit_in_bytes)$/, /^EBUSY$/],
];

/** What is not compared: how a kernel that has not what is missing would be told of. */
const lacking: [name: string, about: RegExp, errno: RegExp][] = [
	['writeText', /\/memory\.(memsw\.limit_in_bytes|swap\.max)$/, /^ENOENT$/],
	['writeText', /\/memory\.(max|limit_in_bytes)$/, /^EBUSY$/], // it cannot be reclaimed
	['readText', /^\/proc\/PID\/status$/, /^(ENOENT|ENODEV)$/], // it has just ended
	['readText', /\/(freezer\.state|cgroup\.freeze)$/, /^(ENOENT|ENODEV)$/],
];

/** In one line, without those of the test. */
function stackOf(error: unknown): string {
	const lines = String((error as Error)?.stack ?? error).split('\n');
	const own = lines.filter((line) => !/dist\/test\/|node:|<anonymous>/.test(line));
	return own
		.map((line) => line.trim().replace(/\(?file:.*dist\//, '('))
		.slice(0, 6)
		.join(' ');
}

const removals = ['removeDirectory', 'remove', 'signal'];

const escaped: string[] = [];
process.on('uncaughtException', (error) => void escaped.push(`nobody caught ${stackOf(error)}`));

const runDirectory = '/run/procready';
const namesIn = (directory: string) => {
	try {
		return readdirSync(directory);
	} catch {
		return [];
	}
};

/** All of this process, and of its processes, that a launch must not leave. */
function own(): string[] {
	const interfaces = readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^ *(\S+):/gm);
	const files = namesIn('/proc/self/fd').flatMap((fd) => {
		try {
			const target = readlinkSync(`/proc/self/fd/${fd}`);
			return /^(socket|pipe|anon_inode):/.test(target) ? [] : [`file ${target}`];
		} catch {
			return [];
		}
	});
	return [
		...leftovers('').filter((one) => !one.startsWith('/') || one.includes(`/${process.pid}-`)),
		...namesIn(runDirectory).filter((name) => name.includes(`-${process.pid}-`) || name.startsWith(`${process.pid}-`)),
		...namesIn(tmpdir()).map((name) => `${tmpdir()}/${name}`),
		...[...interfaces].map(([, name]) => `interface ${name}`),
		...files.filter((file) => !file.includes('/proc/')),
	];
}

let before = own();

async function left(patience: number): Promise<string[]> {
	for (const end = Date.now() + patience; ; await sleep(10)) {
		const rest = [...before];
		const more = own().filter((one) => {
			const at = rest.indexOf(one);
			if (at >= 0) rest.splice(at, 1);
			return at < 0;
		});
		if (more.length === 0 || Date.now() > end) return more;
	}
}

/** Also in its causes. */
function names(error: unknown, errno: string): boolean {
	if (!(error instanceof Error)) return false;
	const { code, errno: own } = error as { code?: unknown; errno?: unknown };
	return own === errno || code === errno || error.message.includes(errno) || names(error.cause, errno);
}

function wrongIn(error: unknown, { name, about, errno }: Fault): string[] {
	if (!(error instanceof ProcreadyError)) return [`no ProcreadyError: ${stackOf(error)}`];
	const text = `${error.code}: ${error.message}`;
	const isTrue = mayBeTrue.some(
		([code, call, path, known]) => code === error.code && call === name && path.test(about) && known.test(errno),
	);
	if (isTrue) return [];
	const isNamed = !/^E[A-Z]+$/.test(errno) || names(error, errno);
	return [
		...(error.cause instanceof TypeError ? [`a fault of its own: ${stackOf(error.cause)}`] : []),
		...(otherCodes.includes(error.code) ? [`another cause is named: ${text}`] : []),
		...(isNamed ? [] : [`the errno is not named: ${text}`]),
		...(/undefined|NaN|\[object/.test(error.message) ? [`no sentence: ${text}`] : []),
	];
}

/** `null` in the place of what could not be read, or of all that holds it, is no untruth. */
function isUnknown(seen: Seen, name: string): boolean {
	for (let path = name; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('.'))))
		if (seen[path] === null) return true;
	return false;
}

/** What a schedule could not do it says; limits and end are others then. */
const ofSchedule = ['schedule', 'changes', 'limits', 'exitCode', 'signal', 'outcome'];

function differences(expected: Seen, seen: Seen, fault?: Fault): string[] {
	const { name: call = '', about = '', errno = '' } = fault ?? {};
	if (lacking.some(([name, path, known]) => name === call && path.test(about) && known.test(errno))) return [];
	const said = errno === 'ENOENT' ? /ENOENT|no file of this name|there is no cgroup/ : new RegExp(errno || '^$');
	const isSaid = said.test(JSON.stringify(seen.schedule ?? ''));
	const unknown = Object.keys(expected).some((name) => expected[name] !== null && isUnknown(seen, name));
	return Object.entries(expected).flatMap(([name, value]) => {
		const [was, is] = [JSON.stringify(value), JSON.stringify(seen[name])];
		if (was === is || (name.startsWith('usage') && isUnknown(seen, name))) return [];
		if (isSaid && ofSchedule.includes(name)) return [];
		const isPart = name === 'causes' && (seen.causes as string[]).every((cause) => (value as string[]).includes(cause));
		return isPart && unknown ? [] : [`${name} is ${is}, not ${was}`];
	});
}

let count = 0;

function launch({ launch, rootfs }: Task): Promise<Seen> {
	const name = `faults-${process.pid}-${++count}`;
	return (launches[launch] as (typeof launches)[string])({ mark: name, name, rootfs });
}

/** Where removal itself fails for ever something may be left until the next launch, or is named. */
async function leftBy(task: Task, error: unknown): Promise<string[]> {
	let rest = await left(3000);
	const isLasting = task.fault?.isForEver === true;
	if (rest.length > 0 && isLasting && removals.includes(task.fault?.name ?? '')) {
		await launch(task);
		rest = (await left(3000)).filter((one) => !String((error as Error)?.message).includes(one));
	}
	before = own();
	// the next process removes them
	if (isLasting || task.fault?.name === 'remove') rest = rest.filter((one) => !/^[\w-]+\.(json|hosts)$/.test(one));
	return rest.length > 0 ? [`left: ${rest}`] : [];
}

async function perform(task: Task): Promise<Answer> {
	const { fault, expected = {} } = task;
	const findings: string[] = [];
	let seen: Seen = {};
	let error: unknown;
	const faulty = faultyMachine(fault);
	try {
		seen = await launch(task);
	} catch (caught) {
		error = caught;
	}
	faulty[Symbol.dispose]();
	const met = faulty.met();
	if (error === undefined) findings.push(...differences(expected, seen, fault));
	else findings.push(...(fault && met > 0 ? wrongIn(error, fault) : [`it failed: ${stackOf(error)}`]));
	findings.push(...(await leftBy(task, error)), ...escaped.splice(0));
	const isPart = Object.keys(expected).some((name) => expected[name] !== null && isUnknown(seen, name));
	return {
		calls: faulty.calls,
		met,
		outcome: error !== undefined ? 'refused' : isPart ? 'in part' : 'same',
		seen,
		findings,
	};
}

let last = Promise.resolve();
process.on('message', (task: Task) => {
	last = last.then(async () => void process.send?.(await perform(task)));
});
