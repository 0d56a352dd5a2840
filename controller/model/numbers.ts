/** The numbers that Linux gives to signals and errors: signal(7), errno(3); asm-generic, as on x86-64 and ARM. */

import { invalidOption } from '../errors.js';
import { didYouMean } from './closest.js';

/** Of two names for a number the first is the usual one: SIGABRT, not SIGIOT. */
export const signalNumbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
	SIGHUP: 1,
	SIGINT: 2,
	SIGQUIT: 3,
	SIGILL: 4,
	SIGTRAP: 5,
	SIGABRT: 6,
	SIGIOT: 6,
	SIGBUS: 7,
	SIGFPE: 8,
	SIGKILL: 9,
	SIGUSR1: 10,
	SIGSEGV: 11,
	SIGUSR2: 12,
	SIGPIPE: 13,
	SIGALRM: 14,
	SIGTERM: 15,
	SIGSTKFLT: 16,
	SIGCHLD: 17,
	SIGCONT: 18,
	SIGSTOP: 19,
	SIGTSTP: 20,
	SIGTTIN: 21,
	SIGTTOU: 22,
	SIGURG: 23,
	SIGXCPU: 24,
	SIGXFSZ: 25,
	SIGVTALRM: 26,
	SIGPROF: 27,
	SIGWINCH: 28,
	SIGIO: 29,
	SIGPOLL: 29,
	SIGPWR: 30,
	SIGSYS: 31,
};

const signalNames = firstNames(signalNumbers);

/** `SIGTERM` for `TERM`, `sigterm` and `15`. Throws `option-invalid`, with the signal that is probably meant. */
export function parseSignal(given: string, where: string): NodeJS.Signals {
	const upper = given.toUpperCase().replace(/^(SIG)?/, 'SIG');
	const name = /^\d+$/.test(given) ? signalNames.get(Number(given)) : upper;
	if (name !== undefined && Object.hasOwn(signalNumbers, name)) return name as NodeJS.Signals;
	const hint = didYouMean(upper, Object.keys(signalNumbers));
	throw invalidOption(where, `${JSON.stringify(given)} is not a signal${hint || ', see signal(7)'}`);
}

/** Real-time signals have numbers only: SIGRTMIN is 34 in glibc. */
export function signalName(number: number): string {
	return signalNames.get(number) ?? `SIGRTMIN+${number - 34}`;
}

/** The number of a name that `signalName` gave. */
export function signalNumber(name: string): number {
	return signalNumbers[name as NodeJS.Signals] ?? 34 + Number(name.split('+')[1]);
}

/** The names from a number on. Of two names for a number the usual one: EAGAIN, not EWOULDBLOCK. */
const errnos: readonly (readonly [first: number, names: string])[] = [
	[1, 'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY'],
	[17, 'EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK'],
	[32, 'EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP'],
	[42, 'ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC'],
	[57, 'EBADSLT'],
	[59, 'EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT'],
	[74, 'EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE'],
	[87, 'EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT ENOTSUP'],
	[96, 'EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET'],
	[105, 'ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY'],
	[115, 'EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY'],
	[127, 'EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON'],
];

const errnoNames = new Map(
	errnos.flatMap(([first, names]) => names.split(' ').map((name, index) => [first + index, name] as const)),
);

/** `EACCES` for 13; `undefined` for a number that no error has. */
export function errnoName(number: number): string | undefined {
	return errnoNames.get(number);
}

function firstNames(numbers: Readonly<Record<string, number>>): Map<number, string> {
	return new Map(
		Object.entries(numbers)
			.reverse()
			.map(([name, number]) => [number, name]),
	);
}
