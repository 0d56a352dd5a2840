/** Looks whether a service is ready. */
import { basename, resolve } from 'node:path';
import type { Container } from '../../container/container.js';
import type { RunResult } from '../../container/run.js';
import { ProcreadyError, unexpected } from '../../errors.js';
import { machine } from '../../host/machine.js';
import { type Address, parseAddress } from '../../model/address.js';
import { accepts, holderOf, isIn, readable, tcpListeners, type UnixListener, unixListeners } from './listeners.js';
import type { Awaited } from './ready.js';

/** What a look needs to know of the service. */
export interface Looking {
	container: Container;
	/** Where clients come when nobody says another address. */
	addresses: readonly string[];
	/** The output that is awaited was seen. */
	hasSaid(): boolean;
	/** Runs words where the clients run, and not longer than these milliseconds. */
	run(words: readonly string[], timeout: number): Promise<RunResult>;
}

/** `undefined`: it is ready; else why it is not. `left`: the milliseconds that there are for it. */
export async function look(awaited: Awaited, looking: Looking, left: number): Promise<string | undefined> {
	const { port, socket, output, command } = awaited;
	const why =
		(port === undefined ? undefined : lookAtPort(awaited, port, looking)) ??
		(socket === undefined ? undefined : lookAtSocket(socket, looking)) ??
		(output === undefined || looking.hasSaid() ? undefined : 'it has not written that');
	return why ?? (command && lookAtEnd(await looking.run(command, left).catch(refused), port !== undefined));
}

/** That the command of the service is not there is said in the same words. */
function refused(error: unknown): never {
	const { code, message } = unexpected(error);
	if (code !== 'command-not-found' && code !== 'command-not-executable') throw error;
	throw new ProcreadyError(code, `ready: ${message}`, { where: '/ready/command', cause: error });
}

function lookAtPort({ host, anywhere }: Awaited, port: number, { container, addresses }: Looking): string | undefined {
	const there = tcpListeners(container.pid).filter((one) => one.port === port);
	if (there.length === 0) return `nothing listens on port ${port}`;
	const own = there.filter((one) => holderOf(one, (pid) => isIn(container.id, pid)) !== undefined);
	if (own.length === 0) return `another process listens on port ${port}`;
	const wanted = host ? [host] : addresses.map((address) => parseAddress(address) as Address);
	if (anywhere || own.some((one) => wanted.some((address) => accepts(one, address)))) return undefined;
	return `it listens on ${own.map(({ text }) => text).join(' and ')} only`;
}

function lookAtSocket(socket: string, { container }: Looking): string | undefined {
	const there = unixListeners(container.pid).filter(({ path }) => basename(path) === basename(socket));
	const isOwn = there.some((one) => {
		const holder = holderOf(one, (pid) => isIn(container.id, pid));
		return holder !== undefined && isAt(one, socket, holder);
	});
	return isOwn ? undefined : `it does not listen on ${socket}`;
}

/** Its path may be relative to where its process was then, and what is shown of it was only then there. */
function isAt({ path }: UnixListener, socket: string, holder: number): boolean {
	if (path.startsWith('@') || socket.startsWith('@')) return path === socket;
	const root = `/proc/${holder}/root`;
	const directory = readable(() => machine.readLink(`/proc/${holder}/cwd`)) ?? '/';
	const inodeOf = (name: string) => readable(() => machine.status(root + name))?.inode;
	const wanted = inodeOf(socket);
	return wanted !== undefined && (wanted === inodeOf(resolve(directory, path)) || !path.startsWith('/'));
}

/** `isAsking`: it is ours, and asks the service for an answer. */
function lookAtEnd({ exitCode, signal, timedOut, stderr }: RunResult, isAsking: boolean): string | undefined {
	if (exitCode === 0) return undefined;
	const how = timedOut
		? `it did not ${isAsking ? 'answer' : 'end'}`
		: exitCode === null
			? `${signal} ended it`
			: `it exited with status ${exitCode}`;
	const last = stderr.trimEnd().split('\n').at(-1);
	return last ? `${how}: ${last}` : how;
}

/** In the network of this process, nobody may listen yet where the service is to. `hasOwnFiles`: not those of this process. */
export function mustBeFree({ port, host, socket }: Awaited, hasOwnFiles: boolean): void {
	const holderText = (one: { inode: string }) => {
		const pid = holderOf(one, () => true);
		const name = pid === undefined ? undefined : readable(() => machine.readText(`/proc/${pid}/comm`));
		return name === undefined ? 'by a process that this user may not see' : `by process ${pid} (${name})`;
	};
	const taken = tcpListeners('self').find((one) => one.port === port && (!host || accepts(one, host)));
	if (taken)
		throw inUse(`port ${port} is in use already, ${holderText(taken)}, so it would not show that the service is ready`);
	const other = unixListeners('self').find((one) => one.path === socket && (socket.startsWith('@') || !hasOwnFiles));
	if (other && isHere(other)) throw inUse(`${socket} is in use already, ${holderText(other)}`);
}

/** The table has the sockets of all who share the network, also of those to whom the same path is another file. */
function isHere(one: UnixListener): boolean {
	if (one.path.startsWith('@')) return true;
	const inodeOf = (path: string) => readable(() => machine.status(path))?.inode;
	const [own, holder] = [inodeOf(one.path), holderOf(one, () => true)];
	return own !== undefined && (holder === undefined || inodeOf(`/proc/${holder}/root${one.path}`) === own);
}

function inUse(what: string): ProcreadyError {
	return new ProcreadyError('service-failed', `ready: ${what}`, { where: '/ready' });
}
