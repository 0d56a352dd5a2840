/**
 * A machine of which one call fails: each function of the host interface that asks the kernel for something is put in
 * front of the real one. It lists its calls, and fails those that it is told to fail.
 */
import { ProcreadyError } from '../../controller/errors.js';
import type { Machine } from '../../controller/host/interface.js';
import { machine, replace } from '../../controller/host/machine.js';

/** A call: the function, what it was about without what differs from launch to launch, and which such call it was. */
export interface Call {
	name: string;
	about: string;
	nth: number;
}

export interface Fault extends Call {
	errno: string;
	/** All such calls from this one on, and not this one alone. */
	isForEver: boolean;
}

type Name = keyof Machine;
type Act = (...args: never[]) => unknown;

const asynchronous: Name[] = ['writeAside', 'lock', 'run', 'makePipe'];

/** How each function may fail. What the kernel cannot say where the thing is there, such as ESRCH, is not among them. */
export const errnosOf: Partial<Record<Name, readonly string[]>> = {
	readText: ['EIO', 'EACCES', 'ENOENT', 'ENODEV'],
	readFile: ['EIO', 'EACCES', 'ENOENT', 'EMFILE'],
	readBytes: ['EIO', 'EACCES', 'ENOENT', 'EMFILE'],
	readRecords: ['EIO', 'EPERM'],
	writeText: ['EIO', 'EACCES', 'ENOENT', 'EBUSY', 'ENOSPC', 'EINTR', 'ENOMEM'],
	createFile: ['EIO', 'EACCES', 'ENOSPC', 'EROFS', 'EMFILE'],
	open: ['EIO', 'EACCES', 'ENOENT', 'EMFILE', 'EINTR'],
	read: ['EIO', 'ENODEV'],
	write: ['EIO', 'ENOSPC', 'EBUSY'],
	writeAside: ['EIO', 'EACCES', 'EBUSY', 'ENOSPC'],
	status: ['EIO', 'EACCES'],
	statusOf: ['EIO'],
	exists: ['no'],
	isWritable: ['no'],
	readLink: ['EIO', 'EACCES'],
	list: ['EIO', 'EACCES', 'ENOENT'],
	listDirectories: ['EIO', 'EACCES'],
	makeDirectory: ['EIO', 'EACCES', 'ENOENT', 'ENOSPC', 'EROFS', 'ENOMEM'],
	makeDirectories: ['EIO', 'EACCES', 'ENOSPC'],
	removeDirectory: ['EIO', 'EBUSY'],
	remove: ['EIO', 'EACCES'],
	rename: ['EIO', 'ENOSPC'],
	watch: ['ENOSPC'],
	signal: ['EPERM'],
	spawn: ['EAGAIN', 'EACCES', 'ENOENT', 'EMFILE', 'ENOMEM'],
	run: ['EAGAIN', 'ENOENT', 'status'],
	lock: ['EIO'],
	makePipe: ['EMFILE', 'ENOSPC'],
};

/** What the launch of each run calls otherwise. */
const differing: [RegExp, string][] = [
	[/\b\d+-[0-9a-f]{8}-\d+/g, 'ID'],
	[/\/proc\/\d+/g, '/proc/PID'],
	[/procready-(test|controller)-[\d-]+/g, 'OWN'],
	[/faults-\d+-\d+/g, 'NAME'],
	[/\bprocready-[\w-]{6}\b/g, 'RANDOM'],
];

const textOf = (about: unknown) => differing.reduce((text, [what, word]) => text.replace(what, word), String(about));

/** So many calls that differ in nothing are told apart: who waits asks again and again. */
const most = 3;

export interface FaultyMachine extends Disposable {
	calls: Call[];
	/** How often the fault was met. */
	met(): number;
}

export function faultyMachine(fault?: Fault): FaultyMachine {
	const real = { ...machine };
	const calls: Call[] = [];
	const counts = new Map<string, number>();
	const paths = new Map<number, string>();
	let met = 0;
	/** Whether this call is to fail. */
	const fails = (name: Name, about: string): boolean => {
		const key = `${name} ${about}`;
		const nth = (counts.get(key) ?? 0) + 1;
		counts.set(key, nth);
		if (nth <= most) calls.push({ name, about, nth });
		const isIt = fault?.name === name && fault.about === about;
		if (!isIt || nth < fault.nth || (nth > fault.nth && !fault.isForEver)) return false;
		met++;
		return true;
	};
	const aboutOf = (name: Name, first: unknown) =>
		name === 'signal' ? 'PID' : textOf(typeof first === 'number' ? paths.get(first) : first);
	const inFrontOf =
		(name: Name) =>
		(...args: never[]) => {
			const [first] = args as unknown[];
			const about = aboutOf(name, first);
			if (fails(name, about)) return failure(name, about, (fault as Fault).errno, real);
			const result = (real[name] as Act)(...args);
			if (name === 'open') paths.set(result as number, String(first));
			return result;
		};
	const names = Object.keys(errnosOf) as Name[];
	const put = replace(Object.fromEntries(names.map((name) => [name, inFrontOf(name)])) as Partial<Machine>);
	return { calls, met: () => met, [Symbol.dispose]: () => put[Symbol.dispose]() };
}

function failure(name: Name, about: string, errno: string, real: Machine): unknown {
	if (errno === 'no') return false;
	const error = Object.assign(new Error(`${errno}: made by the test`), { code: errno, syscall: name, path: about });
	// the others of spawn(2) throw
	if (name === 'spawn' && ['EAGAIN', 'EACCES', 'ENOENT'].includes(errno)) {
		const child = real.spawn('/no/such/program', [], ['pipe', 'pipe', 'pipe', 'pipe'], {});
		return { ...child, ended: child.ended.then(() => ({ failure: error })) };
	}
	if (name === 'run') {
		const result = { failed: true, stdout: new Uint8Array(), stderr: '', message: `${errno}: made by the test` };
		return Promise.resolve(errno === 'status' ? result : { ...result, errno });
	}
	const cause = name === 'lock' ? new ProcreadyError('setup-failed', error.message, { errno, cause: error }) : error;
	if (asynchronous.includes(name)) return Promise.reject(cause);
	throw cause;
}
