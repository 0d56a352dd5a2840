/** Networks of containers, with real traffic. */
import '../support/own-network.js';
import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import t from 'tap';
import { attach, type Options, run } from '../../controller/index.js';
import { procready } from '../support/cli.js';
import { leftoversAfter } from '../support/leftovers.js';
import { answers, ask, client, interfaces, ip, serve } from '../support/network.js';
import { cli } from '../support/paths.js';

const sh = async (script: string, options: Options) => {
	const { stdout, stderr, exitCode } = await run(['sh', '-ec', script], options);
	if (exitCode !== 0) throw new Error(`${script}: ${exitCode} ${stdout}${stderr}`);
	return stdout;
};

t.test('none: a loopback and nothing else', async (t) => {
	for (const options of [
		{ network: 'none' },
		{ namespaces: { network: 'new' } },
		{ network: [{ type: 'loopback' }] },
	] as Options[]) {
		await using server = await serve(options);
		const asked = await server.exec([...client('127.0.0.1')], { stdout: 'pipe' });
		t.equal((await asked.wait()).exitCode, 0);
		const asked6 = await server.exec([...client('::1')]);
		t.equal((await asked6.wait()).exitCode, 0);
		t.equal(server.address, undefined);
	}
	t.match(await sh('ip -br link', { network: 'none' }), /^lo\s+UNKNOWN\s[^\n]*\n$/);
});

t.test('host: the same interfaces', async (t) => {
	const own = ip('-br', 'link');
	for (const options of [{}, { network: 'host' }, { network: 'host', namespaces: { network: 'host' } }] as Options[])
		t.equal(await sh('ip -br link', options), own);
});

t.test('veth: an address of its own, and the host reaches it', async (t) => {
	await using server = await serve({ network: 'veth', name: 'served' });
	t.match(server.address, /^10\.213\.\d+\.\d+$/);
	t.strictSame(server.addresses, [server.address]);
	t.equal(attach('served').address, server.address, 'for other processes too');
	t.equal(await ask(server.address as string), answers, 'from the host');
	const host = (server.address as string).replace(/\d+$/, (last) => String(Number(last) - 1));
	t.equal((await run(['ping', '-c1', '-W3', host], { network: 'container:served' })).exitCode, 0, 'to the host');
	const [, pid] = /^(\d+)/.exec(String(server.pid)) ?? [];
	const joined = await run(client('127.0.0.1'), { network: `path:/proc/${pid}/ns/net` });
	t.equal(joined.stdout, answers, 'a container in the same network');
});

t.test('all that an interface can be given', async (t) => {
	const network = {
		type: 'veth',
		name: 'lan0',
		macAddress: '02:00:00:00:00:2a',
		address: '10.9.0.2/24',
		gateway: '10.9.0.7',
		ipv6Address: 'fd00:9::2/64',
		ipv6Gateway: 'fd00:9::7',
		mtu: 1400,
		txQueueLen: 77,
		hostInterfaceName: 'for-test',
		tempVethPeerName: 'temporary',
	} as const;
	await using server = await serve({ network });
	t.strictSame(interfaces(), ['for-test']);
	t.strictSame(server.addresses, ['10.9.0.2', 'fd00:9::2']);
	t.equal(await ask('10.9.0.2'), answers);
	t.equal(await ask('fd00:9::2'), answers);
	const shown = await server.exec(['sh', '-c', 'ip -json address; ip -json route; ip -6 -json route'], {
		stdout: 'pipe',
	});
	const [links = [], routes = [], routes6 = []] = (await readAll(shown.stdout))
		.split('\n')
		.filter(Boolean)
		.map((line) => JSON.parse(line));
	t.match(links[1], { ifname: 'lan0', mtu: 1400, txqlen: 77, address: '02:00:00:00:00:2a', operstate: 'UP' });
	t.match(routes[0], { dst: 'default', gateway: '10.9.0.7', dev: 'lan0' });
	t.ok(routes6.some(({ dst, gateway }: Record<string, string>) => dst === 'default' && gateway === 'fd00:9::7'));
	// a packet of exactly this size passes, and one byte more does not: 20 bytes of IP, 8 of ICMP
	const ping = (size: number) =>
		run(['ping', '-c1', '-W1', '-Mdo', `-s${size}`, '10.9.0.7'], { network: `path:/proc/${server.pid}/ns/net` });
	t.equal((await ping(1400 - 28)).exitCode, 0);
	t.not((await ping(1400 - 27)).exitCode, 0);
});

async function readAll(stream: NodeJS.ReadableStream | null): Promise<string> {
	let text = '';
	for await (const chunk of stream ?? []) text += chunk;
	return text;
}

t.test('several interfaces, and the first without a gateway of its own has the way out', async (t) => {
	const routes = await sh('ip route', {
		network: [{}, { address: '10.9.1.2/31' }, { name: 'x', address: '10.9.2.2/30' }],
	});
	t.match(routes, /^default via 10\.213\.\S+ dev eth0 \n/);
	t.equal(routes.match(/default/g)?.length, 1);
	t.match(routes, /10\.9\.1\.2\/31 dev eth1.* src 10\.9\.1\.2/);
	t.match(routes, /10\.9\.2\.0\/30 dev x/);
});

t.test('containers reach each other through the host where that forwards', async (t) => {
	writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
	writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
	await using server = await serve({ network: { address: '10.9.0.2/30', ipv6Address: 'fd00:9::2/64' } });
	for (const address of server.addresses)
		t.equal(
			(await run(client(address), { network: { address: '10.9.1.2/30', ipv6Address: 'fd00:a::2/64' } })).stdout,
			answers,
			address,
		);
	writeFileSync('/proc/sys/net/ipv4/ip_forward', '0');
	writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '0');
});

t.test('a new user namespace has a network too', async (t) => {
	const options: Options = { network: 'veth', namespaces: { user: 'new' } };
	t.match(await sh('ip -br address', options), /^eth0@\S+\s+UP\s+10\.213\./m);
});

t.test('parameters of its interfaces', async (t) => {
	const sysctl = { 'net.ipv4.conf.eth0.forwarding': 1 };
	t.equal(await sh('cat /proc/sys/net/ipv4/conf/eth0/forwarding', { network: 'veth', sysctl }), '1\n');
});

t.test('the command line', async (t) => {
	const flags = [
		'--net',
		'veth',
		'--ip',
		'10.9.0.2/24',
		'--ip',
		'fd00:9::2/64',
		'--gateway',
		'10.9.0.9',
		'--mtu',
		'1300',
	];
	const more = ['--mac', '02:00:00:00:00:01', '--route', '10.8.0.0/16,via=10.9.0.9,src=10.9.0.2,dev=eth0'];
	const { stdout, stderr, status } = await procready([
		'run',
		...flags,
		...more,
		'--',
		'sh',
		'-c',
		'ip address; ip route',
	]);
	t.equal(status, 0, stderr);
	t.match(stdout, /mtu 1300/);
	t.match(stdout, /link\/ether 02:00:00:00:00:01/);
	t.match(stdout, /inet 10\.9\.0\.2\/24/);
	t.match(stdout, /inet6 fd00:9::2\/64/);
	t.match(stdout, /default via 10\.9\.0\.9 dev eth0/);
	t.match(stdout, /10\.8\.0\.0\/16 via 10\.9\.0\.9 dev eth0 src 10\.9\.0\.2/);
	const planned = await procready(['run', '--dry-run', ...flags, '--', 'true']);
	t.match(JSON.parse(planned.stdout).network.interfaces[0], { name: 'eth0', addresses: ['10.9.0.2', 'fd00:9::2'] });
});

t.test('what the kernel refuses is told by the option that asked for it', async (t) => {
	await using _busy = await serve({ network: { address: '10.9.0.2/24', hostInterfaceName: 'busy' } });
	ip('link', 'add', 'plain', 'type', 'veth', 'peer', 'name', 'plain-peer');
	ip('address', 'add', '10.9.5.1/24', 'dev', 'plain');
	ip('link', 'set', 'plain', 'up');
	for (const [network, member, message] of [
		[{ hostInterfaceName: 'busy' }, 'hostInterfaceName', /has an interface busy already/],
		[{ address: '10.9.0.2/16' }, 'address', /10\.9\.0\.2 is that of another container/],
		[{ address: '10.9.5.1/24' }, 'address', /10\.9\.5\.1 is one of this host/],
		[{ address: '10.9.1.2/24', bridge: 'plain' }, 'bridge', /plain is an interface of this host, but no bridge/],
	] as const) {
		const error = { code: 'network-refused', where: `/procready/networks/0/${member}`, message };
		await t.rejects(run(['true'], { network }), error, JSON.stringify(network));
	}
	const routes = [{ destination: 'default', gateway: '10.99.0.1' }];
	await t.rejects(run(['true'], { network: 'veth', routes }), {
		code: 'network-refused',
		where: '/procready/routes/0',
		message: /gateway 10\.99\.0\.1 cannot be reached/,
	});
	await t.rejects(
		run(['true'], {
			network: 'veth',
			routes: [{ destination: '10.8.0.0/16', interfaceName: 'eth0', source: '10.9.9.9' }],
		}),
		{
			code: 'network-refused',
			message: /10\.9\.9\.9 is not an address of the container/,
		},
	);
	ip('link', 'del', 'plain');
	const { stderr } = await procready(['run', '--net', 'veth', '--ip', '10.9.0.0.2/24', '--', 'true']);
	t.match(stderr, /^procready: --ip: "10\.9\.0\.0\.2\/24" is not an IPv4 address/);
});

t.test('no ip(8), and no right to use it', async (t) => {
	const tried = async (...wrapper: string[]) => {
		const [program = '', ...args] = [...wrapper, process.execPath, cli, 'run', '--net', 'veth', '--', 'true'];
		const { exitCode, stderr } = await execa(program, args, { reject: false });
		t.equal(exitCode, 125);
		return stderr;
	};
	const hide = 'for file in $(which -a ip); do mount --bind /dev/null $(realpath $file); done; exec "$@"';
	t.match(
		await tried('unshare', '--mount', 'sh', '-c', hide, 'sh'),
		/^procready: the network of a container needs ip, which is not there: apt-get install iproute2/,
	);
	t.match(
		await tried('setpriv', '--bounding-set=-net_admin', '--inh-caps=-all'),
		/^procready: --net: the network of containers needs CAP_NET_ADMIN: run as root/,
	);
});

t.test('nothing of it is left', async (t) => {
	t.strictSame(interfaces(), []);
	t.strictSame(await leftoversAfter('no process'), []);
});
