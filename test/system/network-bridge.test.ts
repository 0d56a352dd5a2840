/** Containers at one bridge, and the way out through the host. */
import '../support/own-network.js';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { Container, type Options, run } from '../../controller/index.js';
import { leftoversAfter } from '../support/leftovers.js';
import { answers, ask, client, interfaces, interfacesAfter, ip, port, serve } from '../support/network.js';
import { python } from '../support/paths.js';

const nft = (...args: string[]) => execFileSync('nft', args, { encoding: 'utf8' });
const addressesOf = (name: string) => ip('-br', 'address', 'show', 'dev', name);

t.test('a bridge is made for those who name it, and goes with the last of them', async (t) => {
	{
		await using one = await serve({ network: 'bridge=shared' });
		await using other = await serve({ network: 'bridge=shared' });
		t.match(one.address, /^10\.214\.\d+\.2$/);
		t.equal(other.address, (one.address as string).replace(/2$/, '3'));
		t.match(addressesOf('shared'), (one.address as string).replace(/2$/, '1/24'));
		t.equal(await ask(one.address as string), answers, 'from the host');
		const asked = await run(client(other.address as string), { network: 'bridge=shared' });
		t.equal(asked.stdout, answers, 'from a third one');
		t.match(interfaces(), { length: 3 });
	}
	t.strictSame(interfaces(), []);
});

t.test('IPv4 and IPv6 addresses that are given', async (t) => {
	const network = (n: number) => ({ bridge: 'six', address: `10.9.0.${n}/24`, ipv6Address: `fd00:9::${n}/64` });
	{
		await using server = await serve({ network: network(5) });
		t.match(addressesOf('six'), '10.9.0.1/24');
		t.match(addressesOf('six'), 'fd00:9::1/64');
		for (const address of server.addresses) {
			t.equal(await ask(address), answers, address);
			t.equal((await run(client(address), { network: network(6) })).stdout, answers, address);
		}
		const code = 'network-refused';
		await t.rejects(run(['true'], { network: network(5) }), { code, where: '/procready/networks/0/address' });
		await t.rejects(run(['true'], { network: { ...network(7), ipv6Address: 'fd00:9::5/64' } }), {
			code,
			where: '/procready/networks/0/ipv6Address',
		});
		await t.rejects(run(['true'], { network: network(1) }), { code, message: /10\.9\.0\.1 is one of this host/ });
		t.equal(await ask('10.9.0.5'), answers, 'who was refused has taken nothing away');
	}
	t.strictSame(interfaces(), []);
});

t.test('a bridge of somebody else is used as it is, and stays', async (t) => {
	ip('link', 'add', 'theirs', 'type', 'bridge');
	ip('address', 'add', '10.9.3.1/24', 'dev', 'theirs');
	ip('link', 'set', 'theirs', 'up');
	{
		const network = { bridge: 'theirs', address: '10.9.3.2/24', hairpinMode: true, hostInterfaceName: 'port0' };
		await using server = await serve({ network });
		t.equal(await ask(server.address as string), answers);
		t.match(JSON.parse(ip('-details', '-json', 'link', 'show', 'port0')), [
			{ master: 'theirs', linkinfo: { info_slave_data: { hairpin: true } } },
		]);
		const { stdout } = await run(['ip', 'route'], { network: { bridge: 'theirs', address: '10.9.3.3/24' } });
		t.notMatch(stdout, /default/, 'the way out is not known');
		const routed = await run(['ip', 'route'], {
			network: { bridge: 'theirs', address: '10.9.3.3/24', gateway: '10.9.3.1' },
		});
		t.match(routed.stdout, /default via 10\.9\.3\.1/);
	}
	const code = 'network-refused';
	await t.rejects(run(['true'], { network: 'bridge=theirs' }), { code, where: '/procready/networks/0/address' });
	const network = { bridge: 'theirs', address: '10.9.3.2/24', masquerade: true };
	await t.rejects(run(['true'], { network }), { code, where: '/procready/networks/0/masquerade' });
	t.strictSame(interfaces(), ['theirs']);
	t.match(addressesOf('theirs'), '10.9.3.1/24');
	ip('link', 'del', 'theirs');
});

t.test('a container that forwards, and routes through it', async (t) => {
	{
		const sysctl = { 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1 };
		const both = (bridge: string, net: number, n: number) => ({
			...{ bridge, address: `10.9.${net}.${n}/24`, ipv6Address: `fd00:${net}::${n}/64` },
		});
		await using router = await Container.launch(['sleep', 'infinity'], {
			network: [both('left', 1, 9), both('right', 2, 9)],
			sysctl,
		});
		const to = (net: number, via: number) => [
			{ destination: `10.9.${net}.0/24`, gateway: `10.9.${via}.9` },
			{ destination: `fd00:${net}::/64`, gateway: `fd00:${via}::9`, source: `fd00:${via}::2`, interfaceName: 'eth0' },
		];
		await using server = await serve({ network: both('left', 1, 2), routes: to(2, 1) });
		const options: Options = { network: both('right', 2, 2), routes: to(1, 2) };
		for (const address of server.addresses) t.equal((await run(client(address), options)).stdout, answers, address);
		router.kill();
		await router.wait();
		const { stdout, exitCode } = await run(client('10.9.1.2'), options);
		t.not(exitCode, 0, 'only through it');
		t.equal(stdout, '');
	}
	t.strictSame(await interfacesAfter(), []);
});

/** Says who asks: a server outside, which knows no way back to a container. */
const teller = `
import socket
s = socket.create_server(('10.7.0.2', ${port}))
print('ready', flush=True)
while True:
    peer, address = s.accept()
    peer.sendall(address[0].encode())
    peer.close()
`;

const listener = `import socket; print(socket.create_connection(('10.7.0.2', ${port}), 3).recv(100).decode())`;

t.test('masquerade: what the host reaches, with its address', async (t) => {
	const outside = spawn('unshare', [
		'--net',
		'sh',
		'-c',
		'ip link set lo up; read _; exec "$@"',
		'sh',
		python,
		'-c',
		teller,
	]);
	try {
		while (!existsSync(`/proc/${outside.pid}/ns/net`)) await new Promise(setImmediate);
		await new Promise((resolve) => setTimeout(resolve, 200));
		const inside = ['nsenter', `--net=/proc/${outside.pid}/ns/net`, 'ip'];
		const outer = (...args: string[]) => execFileSync(inside[0] as string, [...inside.slice(1), ...args]);
		ip('link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'up0', 'netns', String(outside.pid));
		ip('address', 'add', '10.7.0.1/24', 'dev', 'uplink');
		ip('link', 'set', 'uplink', 'up');
		outer('address', 'add', '10.7.0.2/24', 'dev', 'up0');
		outer('link', 'set', 'up0', 'up');
		outside.stdin.write('\n');
		await once(outside.stdout, 'data');
		const ask = (network: NonNullable<Options['network']>) =>
			run([python, '-c', listener], { network, timeout: 10_000 });
		t.not((await ask('veth')).exitCode, 0, 'without it there is no way back');
		for (const network of [{ masquerade: true }, { bridge: 'out', masquerade: true }]) {
			const { stdout, stderr } = await ask(network);
			t.equal(stdout, '10.7.0.1\n', `${JSON.stringify(network)} ${stderr}`);
			t.strictSame(interfaces(), ['uplink']);
			t.equal(nft('list', 'tables'), '', 'the rules are gone with the container');
			t.equal(readFileSync('/proc/sys/net/ipv4/ip_forward', 'latin1'), '0\n');
		}
		await using first = await Container.launch(['sleep', 'infinity'], { network: { masquerade: true } });
		t.equal(readFileSync('/proc/sys/net/ipv4/ip_forward', 'latin1'), '1\n');
		t.equal((await ask({ masquerade: true })).stdout, '10.7.0.1\n', 'beside another one');
		t.match(nft('list', 'tables'), 'procready', 'which still needs them');
		first.kill();
		await first.wait();
		t.equal(nft('list', 'tables'), '');
		ip('link', 'del', 'uplink');
	} finally {
		outside.kill('SIGKILL');
	}
	t.strictSame(interfaces(), []);
});

t.test('nothing of it is left', async (t) => {
	t.strictSame(await leftoversAfter('no process'), []);
});
