/** The words of errno(3), by Node. */

import { getSystemErrorMap } from 'node:util';

/** What Node has no words for, from errno(3). */
const otherErrnos: Readonly<Record<string, string>> = {
	EBADMSG: 'bad message',
	ECHILD: 'no child processes',
	EDEADLK: 'resource deadlock avoided',
	EDOM: 'argument out of domain of the function',
	EDQUOT: 'disk quota exceeded',
	EIDRM: 'identifier removed',
	EINPROGRESS: 'operation now in progress',
	EMULTIHOP: 'multihop attempted',
	ENETRESET: 'connection aborted by the network',
	ENOEXEC: 'exec format error',
	ENOLCK: 'no locks available',
	ENOLINK: 'link has been severed',
	ENOMSG: 'no message of the desired type',
	ENOSR: 'no streams resources',
	ENOSTR: 'not a stream',
	EOPNOTSUPP: 'operation not supported',
	ERANGE: 'out of range',
	ESTALE: 'stale file handle',
	ETIME: 'timer expired',
	EWOULDBLOCK: 'resource temporarily unavailable',
};

let words: Map<string, string> | undefined;

export function errnoWords(errno: string): string | undefined {
	words ??= new Map([...getSystemErrorMap().values(), ...Object.entries(otherErrnos)]);
	return words.get(errno);
}
