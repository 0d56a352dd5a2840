/** Links that are shaped: what passes, and how long it takes. */
import '../support/own-network.js';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { attach, Container, type LinkLimits, type Options, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { measured } from '../support/measured.js';
import { interfaces, ip } from '../support/network.js';
import { python } from '../support/paths.js';

/** Sends or receives for ever; the other end counts, or has the number from its output. */
const flow = `
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
if sys.argv[3] == 'up':
    while True: s.sendall(bytes(65536))
start = time.monotonic()
while time.monotonic() < start + 0.5: s.recv(65536)
count = 0
start = time.monotonic()
while time.monotonic() < start + 2: count += len(s.recv(65536))
print(count / (time.monotonic() - start))
`;

/** A frame of 1514 bytes holds 1448 of the stream, after Ethernet, IP, TCP and its time stamps. */
const ofLink = (bytesPerSecond: number) => (bytesPerSecond * 8 * 1514) / 1448;

/** Bits per second of the link, in that direction. */
async function throughput(container: Container, direction: 'up' | 'down'): Promise<number> {
	const host = (container.address as string).replace(/\d+$/, (last) => String(Number(last) - 1));
	const server = createServer().listen(0, host);
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const execution = await container.exec([python, '-c', flow, host, String(port), direction]);
	const [socket] = (await once(server, 'connection')) as [Socket];
	socket.on('error', () => {});
	try {
		return ofLink(direction === 'up' ? await received(socket) : await sent(socket, execution.stdout));
	} finally {
		execution.kill();
		socket.destroy();
		server.close();
	}
}

async function received(socket: Socket): Promise<number> {
	let count = 0;
	socket.on('data', (chunk) => {
		count += chunk.length;
	});
	await sleep(500);
	const [before, start] = [count, performance.now()];
	await sleep(2000);
	return (count - before) / ((performance.now() - start) / 1000);
}

async function sent(socket: Socket, output: NodeJS.ReadableStream | null): Promise<number> {
	const chunk = Buffer.alloc(65_536);
	const fill = () => {
		while (socket.write(chunk));
	};
	socket.on('drain', fill);
	fill();
	const [said] = await once(output as NodeJS.ReadableStream, 'data');
	return Number(said);
}

/** Within a tenth, in Mbit/s. */
async function hasRate(t: Test, container: Container, direction: 'up' | 'down', expected: number): Promise<void> {
	const isNear = (rate: number) => Math.abs(rate / 1e6 - expected) <= expected / 10;
	const rate = await measured(() => throughput(container, direction), isNear);
	t.ok(isNear(rate), `${direction}, ${expected} Mbit/s: ${Math.round(rate / 1000)} kbit/s`);
}

const launch = (link: LinkLimits, options: Options = {}) =>
	Container.launch(['sleep', 'infinity'], { network: 'veth', limits: { link }, ...options });

t.test('the rate, in both directions, and another one while it runs', async (t) => {
	await using container = await launch({ rate: '10mbit' }, { name: 'shaped' });
	t.match(container.limits, [{ limit: 'link.rate', asked: '10000000bit', value: '10000000bit', rounded: false }]);
	for (const direction of ['up', 'down'] as const) await hasRate(t, container, direction, 10);
	t.match(await attach('shaped').update({ link: { rate: '30mbit' } }), [{ limit: 'link.rate', value: '30000000bit' }]);
	await hasRate(t, container, 'up', 30);
	const { status, stderr } = await procready(['update', 'shaped', '--link', 'rate=5mbit', '--pids-max', '9']);
	t.equal(status, 0, stderr);
	await hasRate(t, container, 'down', 5);
	await container.update({ link: { rate: 'max' } });
	const free = await throughput(container, 'down');
	t.ok(free > 60e6, `${Math.round(free / 1e6)} Mbit/s without a limit`);
	container.kill();
	t.match((await container.wait()).limits, [
		{ limit: 'link.rate', value: 'max' },
		{ limit: 'pids.max', value: '9' },
	]);
});

const qdisc = (device: string) =>
	JSON.parse(execFileSync('tc', ['-json', 'qdisc', 'show', 'dev', device], { encoding: 'utf8' }));

t.test('an update that is refused changes nothing', async (t) => {
	await using container = await launch({ rate: '10mbit' });
	const [host = ''] = interfaces();
	const before = qdisc(host);
	await t.rejects(container.update({ link: { rate: '20mbit' }, pids: 5, cpu: '20000000000000 1000000' }), {
		code: 'limit-refused',
	});
	t.strictSame(qdisc(host)[0].options, before[0].options);
	for (const [link, where] of [
		[{ rate: '1' }, '/limits/link/rate'],
		[{ jitter: 5 }, '/limits/link/jitter'],
		[{}, '/limits/link'],
	] as const)
		await t.rejects(container.update({ link }), { code: 'option-invalid', where }, JSON.stringify(link));
	await using other = await Container.launch(['sleep', '5']);
	await t.rejects(other.update({ link: { rate: '1mbit' } }), { code: 'option-invalid', where: '/limits/link' });
	t.strictSame(container.limits, [{ limit: 'link.rate', asked: '10000000bit', value: '10000000bit', rounded: false }]);
});

/** Whether the kernel delays. */
function hasNetem(): boolean {
	ip('link', 'add', 'tried', 'type', 'veth', 'peer', 'name', 'tried-peer');
	try {
		execFileSync('tc', ['qdisc', 'add', 'dev', 'tried', 'root', 'netem', 'delay', '1ms'], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	} finally {
		ip('link', 'del', 'tried');
	}
}

const delays = hasNetem();

/** The shortest of some round trips, in milliseconds. */
async function roundTrip(container: Container, count = 10): Promise<{ shortest: number; lost: number }> {
	const { stdout } = await run(['ping', '-q', '-i0.1', '-W2', `-c${count}`, container.address as string]);
	const [, lost] = /(\d+)% packet loss/.exec(stdout) ?? [];
	const [, shortest] = /= ([\d.]+)\//.exec(stdout) ?? [];
	return { shortest: Number(shortest), lost: Number(lost) };
}

t.test('the delay, there and back', { skip: !delays && 'kernel: no netem (CONFIG_NET_SCH_NETEM)' }, async (t) => {
	await using plain = await launch({ rate: '10mbit' });
	const base = (await roundTrip(plain)).shortest;
	await using container = await launch({ delay: '20ms' });
	const { shortest } = await roundTrip(container);
	t.ok(Math.abs(shortest - base - 40) <= 2, `${shortest} ms, ${base} ms without`);
	await container.update({ link: { delay: '5ms', rate: '10mbit' } });
	const less = await roundTrip(container);
	t.ok(Math.abs(less.shortest - base - 10) <= 2, `${less.shortest} ms`);
	await hasRate(t, container, 'up', 10);
	await container.update({ link: { delay: 0, loss: '100%' } });
	t.equal((await roundTrip(container, 2)).lost, 100);
	await container.update({ link: { loss: 0 } });
	t.equal((await roundTrip(container, 2)).lost, 0);
});

t.test(
	'where the kernel does not delay it says so, and nothing is changed',
	{ skip: delays && 'kernel: it delays' },
	async (t) => {
		const error = { code: 'limit-refused', where: '/limits/link', message: /this kernel has no netem/ };
		await t.rejects(launch({ delay: '20ms' }), error);
		await using container = await launch({ rate: '10mbit' });
		const [host = ''] = interfaces();
		await t.rejects(container.update({ link: { delay: '20ms', rate: '20mbit' } }), error);
		t.match(qdisc(host), [{ kind: 'tbf', options: { rate: 10e6 / 8 } }]);
	},
);

t.test('nothing of it is left', async (t) => {
	t.strictSame(interfaces(), []);
	t.strictSame(await leftoversAfter('no process'), []);
});
