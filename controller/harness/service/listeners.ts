/** Who listens where, as the kernel has it: to look costs a server no connection, and no other process is taken for it. */
import { errnoOf } from '../../errors.js';
import { machine } from '../../host/machine.js';
import { type Address, addressText, isSame } from '../../model/address.js';

/** A socket that accepts connections. */
interface Listener {
	/** Its number, of which there is one in all of the host. */
	inode: string;
}

export interface TcpListener extends Listener {
	address: Address;
	port: number;
	/** As people write it: `127.0.0.1:8080`. */
	text: string;
}

export interface UnixListener extends Listener {
	/** As it was bound; of an abstract name it begins with `@`. unix(7). */
	path: string;
}

/** In the network of this process: proc_pid_net(5). */
export function tcpListeners(pid: number | 'self'): TcpListener[] {
	return ['tcp', 'tcp6'].flatMap((table) =>
		rowsOf(`/proc/${pid}/net/${table}`).flatMap((row) => {
			const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
			const [hex = '', port = ''] = local.split(':');
			return state === listening ? [listenerAt(addressIn(hex), Number.parseInt(port, 16), inode)] : [];
		}),
	);
}

/** TCP_LISTEN of include/net/tcp_states.h. */
const listening = '0A';

function listenerAt(address: Address, port: number, inode: string): TcpListener {
	const host = addressText(address);
	return { inode, address, port, text: `${address.family === 6 ? `[${host}]` : host}:${port}` };
}

/** Words of 32 bits, each as the processors that procready knows have it: its lowest byte first. */
function addressIn(hex: string): Address {
	const words = hex.match(/.{8}/g) ?? [];
	const numbers = words.map((word) => BigInt(`0x${word.replace(/(..)(..)(..)(..)/, '$4$3$2$1')}`));
	const bits = numbers.reduce((sum, word) => (sum << 32n) | word, 0n);
	if (words.length === 1) return { family: 4, bits };
	return bits >> 32n === 0xffffn ? { family: 4, bits: bits & 0xffff_ffffn } : { family: 6, bits };
}

/** Whether who connects to the address comes to this socket: it may be bound to all addresses. */
export function accepts({ address }: TcpListener, wanted: Address): boolean {
	const isAny = address.bits === 0n && address.family >= wanted.family; // ipv6(7): that of IPv6 takes IPv4 as well
	return isAny || isSame(address, wanted);
}

/** In the network of this process. */
export function unixListeners(pid: number | 'self'): UnixListener[] {
	return rowsOf(`/proc/${pid}/net/unix`).flatMap((row) => {
		const [, flags = '', inode = '', path] = /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.+)$/.exec(row) ?? [];
		const isListening = (Number.parseInt(flags, 16) & acceptsConnections) !== 0;
		return isListening && path !== undefined ? [{ inode, path }] : [];
	});
}

/** __SO_ACCEPTCON of include/linux/net.h. */
const acceptsConnections = 1 << 16;

function rowsOf(path: string): string[] {
	return (readable(() => machine.readFile(path)) ?? '').split('\n').slice(1);
}

/** The pid of a process that has the socket open, of those that `belongs` holds of; `undefined` where there is none. */
export function holderOf({ inode }: Listener, belongs: (pid: number) => boolean): number | undefined {
	const pids = machine.list('/proc').filter((name) => /^\d+$/.test(name));
	return pids.map(Number).find((pid) => belongs(pid) && hasOpen(pid, `socket:[${inode}]`));
}

function hasOpen(pid: number, link: string): boolean {
	const directory = `/proc/${pid}/fd`;
	const files = readable(() => machine.list(directory)) ?? [];
	return files.some((file) => readable(() => machine.readLink(`${directory}/${file}`)) === link);
}

/** Whether a process is in the container with this id, or in a cgroup that the program has made in it. */
export function isIn(id: string, pid: number): boolean {
	const text = readable(() => machine.readText(`/proc/${pid}/cgroup`)) ?? '';
	return text.split(/[/\n]/).includes(id);
}

/** `undefined` for what is gone by now, or is another user's. */
export function readable<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (errnoOf(error) === undefined) throw error;
		return undefined;
	}
}
