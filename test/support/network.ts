/** Traffic between the test, which is the host, and containers; and what of a network is there. */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Container, type Options } from '../../controller/index.js';
import { python } from './paths.js';

export const port = 4321;

/** Answers each TCP connection and each UDP datagram, of IPv4 and IPv6, with what it got in capitals. */
const server = `
import socket, threading
def tcp(sock):
    while True:
        peer, _ = sock.accept()
        with peer:
            peer.sendall(peer.recv(100).upper())
def udp(sock):
    while True:
        data, peer = sock.recvfrom(100)
        sock.sendto(data.upper(), peer)
for kind, serve in (socket.SOCK_STREAM, tcp), (socket.SOCK_DGRAM, udp):
    sock = socket.socket(socket.AF_INET6, kind)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(('::', ${port}))
    if kind == socket.SOCK_STREAM: sock.listen()
    threading.Thread(target=serve, args=(sock,)).start()
print('ready', flush=True)
`;

/** Says what it gets back from such a server by TCP and by UDP. */
export const client = (address: string) => [
	...[python, '-c'],
	`
import socket, sys
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    with socket.socket(family, kind) as sock:
        sock.settimeout(3)
        sock.connect((sys.argv[1], ${port}))
        sock.sendall(b'hello')
        print(sock.recv(100).decode())
`,
	address,
];

/** What a client prints that has reached a server. */
export const answers = 'HELLO\nHELLO\n';

/** A container with such a server, which serves when this resolves. */
export async function serve(options: Options): Promise<Container> {
	const container = await Container.launch([python, '-c', server], options);
	const [said] = await Promise.race([
		once(container.stdout as NodeJS.ReadableStream, 'data'),
		container.wait().then(({ exitCode }) => [`ended with ${exitCode}`]),
	]);
	if (!`${said}`.startsWith('ready')) throw new Error(`the server: ${said}`);
	return container;
}

/** The same as `client`, from here. */
export async function ask(address: string): Promise<string> {
	const tcp = connect({ host: address, port, timeout: 3000 });
	tcp.end('hello');
	const [first] = await once(tcp, 'data');
	tcp.destroy();
	const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
	udp.send('hello', port, address);
	const [second] = await Promise.race([once(udp, 'message'), sleep(3000, ['nothing'], { ref: false })]);
	udp.close();
	return `${first}\n${second}\n`;
}

/** What ip(8) prints here. */
export function ip(...args: string[]): string {
	return execFileSync('ip', args, { encoding: 'utf8' });
}

/** Names of the interfaces, without the loopback. */
export function interfaces(): string[] {
	const all: { ifname: string }[] = JSON.parse(ip('-json', 'link'));
	return all.map(({ ifname }) => ifname).filter((name) => name !== 'lo');
}

/** The same after at most two seconds, as soon as there is none. */
export async function interfacesAfter(milliseconds = 2000): Promise<string[]> {
	for (const end = Date.now() + milliseconds; interfaces().length > 0 && Date.now() < end; ) await sleep(20);
	return interfaces();
}
