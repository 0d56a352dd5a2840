/** The one error class, and the table of its codes. README.md of this folder documents each; a test holds the two together. */

/** What went wrong, by kind. The text says what a user can do about it in general. */
export const errorCodes = {
	'option-invalid': 'An option, a flag or a specification is wrong. `where` names it; nothing was started.',
	'not-permitted': 'The kernel refused for lack of privilege. Run as root.',
	'cgroup-missing': 'No cgroup hierarchy is mounted, or none where a directory of our own can be made.',
	'controller-missing': 'The host has no cgroup controller for a limit that was asked for.',
	'file-unknown': 'The cgroup has no file of the name given with `set`.',
	'limit-refused': 'The kernel did not take the value of a limit, or took another one.',
	'limit-too-small': 'A limit is smaller than the program needs to start, or holds already. Raise it.',
	'command-not-found': 'The command is not there: no such file, or not in PATH.',
	'command-not-executable': 'The command is there, but the kernel cannot execute it.',
	'cwd-invalid': 'The working directory cannot be entered.',
	'name-in-use': 'A container of this name is there already.',
	'not-running': 'There is no such container, or its program has ended.',
	paused: 'The container is paused. Resume it first.',
	'container-busy': 'The container could not be stopped, or moved to another cgroup, in time. It runs on.',
	'tasks-exhausted': 'The container has as many tasks as pids.max allows: there is no room for one more process.',
	'server-busy': 'As many runs wait as `procready serve` takes on. Ask again when a result has come.',
	'setup-failed': 'A step of the set-up or of the clean-up failed; `step` and `errno` say which and how.',
	'setup-timed-out':
		'The program did not run within `setupTimeout`; the message says what was awaited. What was started was killed.',
	'service-failed':
		'A service was not ready in time, or ended before it was to, and the message has its verdict and its last words; or another process listens already where it is to.',
	'not-written': 'A report, or another file that was asked for, could not be written.',
	'network-refused': 'The kernel did not take what is asked of the network; `where` says which part of it.',
	'program-missing': 'A program of the host that is needed is not there: ip(8), tc(8), nft(8) or nsenter(1).',
	'seccomp-missing':
		'The procready-seccomp binary, which compiles profiles, cannot be started. Install procready again, or build it with `make`.',
	'shim-missing': 'The procready-shim binary cannot be started. Install procready again, or build it with `make`.',
	'shim-refused': 'The shim refused its config: controller and shim are of different releases.',
	'shim-died': 'The shim was killed from outside, or did not answer and was ended. The container was killed with it.',
	'protocol-violated': 'The shim sent something that is not a message of the protocol.',
	aborted: 'The AbortSignal fired. The container was killed.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Where an error is from; absent: there is no such place. */
interface Origin {
	/** The option, flag or JSON pointer (RFC 6901) at fault. */
	where?: string | undefined;
	/** The step of the init that failed, as in `procready-shim --steps`. */
	step?: string | undefined;
	/** Name of the errno(3) the kernel gave, for example `EACCES`. */
	errno?: string | undefined;
}

export interface ErrorDetails extends Origin {
	cause?: unknown;
}

/** An error as JSON. */
export interface ErrorDescription extends Origin {
	/** What went wrong, by kind. */
	code: ErrorCode;
	/** A sentence for people. */
	message: string;
}

/** Every failure of procready itself. What the program does is never an error: see `Result`. */
export class ProcreadyError extends Error {
	override readonly name = 'ProcreadyError';
	readonly code: ErrorCode;
	readonly where: string | undefined;
	readonly step: string | undefined;
	readonly errno: string | undefined;

	constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
		super(message, 'cause' in details ? { cause: details.cause } : {});
		this.code = code;
		this.where = details.where;
		this.step = details.step;
		this.errno = details.errno;
	}

	toJSON(): ErrorDescription {
		const { code, message, where, step, errno } = this;
		return { code, message, where, step, errno };
	}
}

/** The errno name of an error of Node's, `undefined` for any other value. */
export function errnoOf(error: unknown): string | undefined {
	if (error instanceof ProcreadyError) return undefined;
	return isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Also one of another realm: under jest those of Node are no instances of the `Error` that is seen here. */
export function isError(value: unknown): value is Error {
	return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}

/** `id` is that of the container, or its name. */
export function notRunning(id: string, cause?: unknown): ProcreadyError {
	return new ProcreadyError('not-running', `the container ${id} is not running: its program has ended`, {
		...(cause === undefined ? {} : { cause }),
	});
}

/** What an errno(3) means for whoever asked for a file or a process, and the way out. */
const reasons: Readonly<Record<string, string>> = {
	EACCES: 'this user may not do that there: change its permissions, or be another user',
	EAGAIN: 'no more processes are allowed: raise RLIMIT_NPROC (ulimit -u), or pids.max of a cgroup above',
	EDQUOT: "this user's quota is used up there: make room",
	EEXIST: 'something else is there already',
	EFBIG: 'files may not become as large: raise RLIMIT_FSIZE (ulimit -f)',
	EIO: 'its device failed',
	EISDIR: 'it is a directory: name a file',
	ELOOP: 'too many symbolic links lead there',
	EMFILE: 'this process has as many open files as it may have: raise RLIMIT_NOFILE (ulimit -n)',
	ENAMETOOLONG: 'its path is too long',
	ENFILE: 'this host has as many open files as it may have: raise fs.file-max',
	ENODEV: 'it was removed meanwhile',
	ENOENT: 'it is not there, or the directory above it is not',
	ENOMEM: 'the kernel has no memory left for it',
	ENOSPC: 'its file system is full: make room there',
	ENOTDIR: 'what is above it is not a directory',
	EPERM: 'the kernel refuses that to this user: run as root',
	EROFS: 'its file system is read-only: mount it writable, or name another place',
};

/** `ENOSPC: its file system is full: make room there`; of what is no error of the kernel, its message. */
export function reasonOf(cause: unknown): string {
	const errno = errnoOf(cause);
	const reason = errno && reasons[errno];
	if (reason) return `${errno}: ${reason}`;
	return isError(cause) ? cause.message : String(cause);
}

/** Nobody reads it any more: EPIPE of a pipe, ECONNRESET of a socket, EIO of a terminal. */
export function isUnread(error: unknown): boolean {
	return ['EPIPE', 'ECONNRESET', 'EIO'].includes(errnoOf(error) ?? '');
}

/** A failure of procready itself as it is; any other, such as EMFILE of one of many launches, with what it says, and where. */
export function unexpected(cause: unknown): ProcreadyError {
	if (cause instanceof ProcreadyError) return cause;
	const { syscall, path } = (cause ?? {}) as { syscall?: string; path?: string };
	const errno = errnoOf(cause);
	if (errno === undefined || syscall === undefined)
		return new ProcreadyError('setup-failed', `a fault of procready itself: ${placeOf(cause)}`, { cause });
	const what = path === undefined ? syscall : `${syscall} ${path}`;
	return new ProcreadyError('setup-failed', `${what}: ${reasonOf(cause)}`, { cause, errno });
}

/** `TypeError: x is not a function, at run (file:1:2)` */
function placeOf(fault: unknown): string {
	if (!isError(fault)) return String(fault);
	const place = fault.stack?.split('\n').find((line) => /^\s+at /.test(line));
	return place === undefined ? String(fault) : `${fault}, ${place.trim()}`;
}

/** What `act` comes to; whatever fails is a ProcreadyError. */
export async function withOwnErrors<T>(act: () => Promise<T>): Promise<T> {
	try {
		return await act();
	} catch (cause) {
		throw unexpected(cause);
	}
}

/** The same of what is done at once. */
export function ownErrors<T>(act: () => T): T {
	try {
		return act();
	} catch (cause) {
		throw unexpected(cause);
	}
}

/** `where` is a JSON pointer into the options, or a flag of the command line. */
export function invalidOption(where: string, what: string): ProcreadyError {
	const name = where.replace(/^\//, '').replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
	return new ProcreadyError('option-invalid', `${name}: ${what}`, { where });
}
