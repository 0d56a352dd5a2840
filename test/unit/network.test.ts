/** Addresses, and the network of a container as lines for ip(8). */
import t from 'tap';
import {
	addressAt,
	addressText,
	contains,
	networkText,
	otherIn,
	overlap,
	parseAddress,
	parseSubnet,
	type Subnet,
} from '../../controller/model/address.js';
import type { Link, LinkLimits } from '../../controller/model/link.js';
import type { Options } from '../../controller/model/options.js';
import type { Network, Route } from '../../controller/model/spec.js';
import { freeSubnet, ownAddresses } from '../../controller/network/free.js';
import { appliedOf, linkIn, linkOf, shapingOf } from '../../controller/plan/network/link.js';
import { withNetwork } from '../../controller/plan/network/options.js';
import { networkPlanOf } from '../../controller/plan/network/plan.js';
import { planOf } from '../../controller/plan/plan.js';
import { specOf } from '../../controller/plan/specify.js';
import { v2 } from '../support/hosts.js';
import { refusal } from '../support/refusal.js';

const subnet = (text: string) => parseSubnet(text) as Subnet;

t.test('addresses', async (t) => {
	for (const [text, same] of [
		['10.9.0.2', '10.9.0.2'],
		['255.255.255.255', '255.255.255.255'],
		['::', '::'],
		['::1', '::1'],
		['FD00:0:0:1::2', 'fd00::1:0:0:0:2'],
		['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
		['fd00::', 'fd00::'],
		['::ffff:10.9.0.2', '::ffff:a09:2'],
		['0:1:0:0:0:0:0:0', '0:1::'],
	] as const) {
		const parsed = parseAddress(text);
		t.equal(parsed && addressText(parsed), same, text);
		t.strictSame(parseAddress(same), parsed, `${same} is the same`);
	}
	for (const text of ['', '10.9.0', '10.9.0.256', '010.9.0.2', 'fe80::1%eth0', ':::', '1::2::3', 'host'])
		t.equal(parseAddress(text), undefined, text);
	for (const text of ['10.9.0.2', '10.9.0.2/', '10.9.0.2/33', '10.9.0.2/024', 'fd00::/129', '/24', '10.9.0.2/24/1'])
		t.equal(parseSubnet(text), undefined, text);
});

t.test('subnets', async (t) => {
	t.equal(networkText(subnet('10.9.255.7/15')), '10.8.0.0/15');
	t.equal(networkText(subnet('fd00::1:2:3/64')), 'fd00::/64');
	t.equal(networkText(subnet('10.9.0.2/0')), '0.0.0.0/0');
	t.equal(addressText(addressAt(subnet('10.9.0.99/30'), 2)), '10.9.0.98');
	const holds = (whole: string, text: string) => contains(subnet(whole), parseAddress(text) as Subnet);
	t.ok(holds('10.9.0.2/24', '10.9.0.255'));
	t.notOk(holds('10.9.0.2/24', '10.9.1.0'));
	t.notOk(holds('::/0', '10.9.1.0'));
	t.ok(overlap(subnet('10.0.0.0/8'), subnet('10.9.0.0/24')));
	t.ok(overlap(subnet('10.9.0.0/24'), subnet('10.0.0.0/8')));
	t.notOk(overlap(subnet('10.9.0.0/24'), subnet('10.9.1.0/24')));
	for (const [text, other] of [
		['10.9.0.2/24', '10.9.0.1'],
		['10.9.0.1/24', '10.9.0.2'],
		['10.9.0.2/30', '10.9.0.1'],
		['10.9.0.0/31', '10.9.0.1'],
		['10.9.0.1/31', '10.9.0.0'],
		['10.9.0.1/32', undefined],
		['fd00::2/64', 'fd00::1'],
		['fd00::2/127', 'fd00::3'],
		['fd00::2/128', undefined],
	] as const) {
		const found = otherIn(subnet(text), subnet(text));
		t.equal(found && addressText(found), other, text);
	}
});

t.test('what is free on this host', async (t) => {
	t.ok(ownAddresses().some((address) => addressText(address) === '127.0.0.1'));
	const all = Array.from({ length: 4 }, () => freeSubnet(subnet('10.213.0.0/28'), 30));
	t.equal(new Set(all.map((one) => one && networkText(one.subnet))).size, 4, 'no two are the same');
	t.equal(freeSubnet(subnet('10.213.0.0/28'), 30), undefined, 'all are on their way');
	all[2]?.release();
	t.strictSame(freeSubnet(subnet('10.213.0.0/28'), 30)?.subnet, all[2]?.subnet);
	for (const one of all) one?.release();
	t.equal(freeSubnet(subnet('127.0.0.0/30'), 30), undefined, 'the host has an address in it');
});

const lines = (networks: Network[], routes: Route[] = []) => {
	const plan = networkPlanOf({ procready: { networks, routes } }, 'id');
	return [
		...(plan?.interfaces.flatMap(({ onHost, inside }) => [...onHost, '--', ...inside]) ?? []),
		...(plan?.routes ?? []),
	].map((one) => (typeof one === 'string' ? one : one.line));
};

t.test('a link to the host', async (t) => {
	t.equal(networkPlanOf({}, 'id'), undefined);
	const [host] = networkPlanOf({ procready: { networks: [{ type: 'veth' }] } }, 'id')?.interfaces ?? [];
	t.match(host, { name: 'eth0', host: /^pr-[0-9a-f]{12}$/, pool: '10.213.0.0/16', addresses: [] });
	const name = host?.host;
	t.strictSame(lines([{ type: 'veth' }]), [
		`link add ${name} type veth peer name eth0 netns $PID`,
		`link property add dev ${name} altname procready-$ADDRESS`,
		`link set dev ${name} up`,
		`address add $GATEWAY peer $ADDRESS dev ${name}`,
		'--',
		'address add $ADDRESS/$PREFIX dev eth0',
		'link set dev eth0 up',
		'route add 0.0.0.0/0 via $GATEWAY dev eth0',
	]);
});

t.test('each field', async (t) => {
	const network: Network = {
		type: 'veth',
		name: 'lan0',
		macAddress: '02:00:00:00:00:01',
		address: '10.9.0.2/24',
		gateway: '10.9.0.7',
		ipv6Address: 'fd00:0:0::2/64',
		mtu: 1400,
		txQueueLen: 5,
		hostInterfaceName: 'out0',
		tempVethPeerName: 'tmp0',
	};
	const routes = [
		{ destination: '10.8.3.4/16', gateway: '10.9.0.9', source: '10.9.0.2', interfaceName: 'lan0' },
		{ destination: 'default', gateway: 'fd00::9' },
		{ destination: '10.7.0.1', interfaceName: 'lan0' },
	];
	const mark = networkPlanOf({ procready: { networks: [network] } }, 'id')?.interfaces[0]?.mark;
	t.strictSame(lines([{ type: 'loopback' }, network], routes), [
		'link add out0 mtu 1400 type veth peer name tmp0 netns $PID mtu 1400 address 02:00:00:00:00:01 txqueuelen 5',
		`link property add dev out0 altname ${mark}`,
		'link property add dev out0 altname procready-10.9.0.2',
		'link property add dev out0 altname procready-fd00__2',
		'link set dev out0 up',
		'address add 10.9.0.7 peer 10.9.0.2 dev out0',
		'address add fd00::1 peer fd00::2 dev out0 nodad',
		'--',
		'link set dev tmp0 name lan0',
		'address add 10.9.0.2/24 dev lan0',
		'address add fd00::2/64 dev lan0 nodad',
		'link set dev lan0 up',
		'route add 0.0.0.0/0 via 10.9.0.7 dev lan0',
		'route add 10.8.0.0/16 via 10.9.0.9 dev lan0 src 10.9.0.2',
		'route add ::/0 via fd00::9',
		'route add 10.7.0.1/32 dev lan0',
	]);
});

t.test('what is wrong is told by its pointer', async (t) => {
	const spec = (networks: Network[], routes: Route[]) => () => networkPlanOf({ procready: { networks, routes } }, 'id');
	const address = '10.9.0.2/24';
	for (const [network, member, message] of [
		[{ name: 'a'.repeat(16) }, 'name', /longer than the 15 bytes/],
		[{ name: 'ä'.repeat(8) }, 'name', /longer than the 15 bytes/],
		[{ name: 'a/b' }, 'name', /is not the name/],
		[{ name: '..' }, 'name', /is not the name/],
		[{ name: 'a b' }, 'name', /is not the name/],
		[{ name: '' }, 'name', /is not the name/],
		[{ name: 'lo' }, 'name', /another interface/],
		[{ hostInterfaceName: 'eth%d' }, 'hostInterfaceName', /is not the name/],
		[{ bridge: 'a:b', address }, 'bridge', /is not the name/],
		[{ tempVethPeerName: 'a'.repeat(16) }, 'tempVethPeerName', /longer/],
		[{ hairpinMode: true }, 'hairpinMode', /at a bridge/],
		[{ address: '10.9.0.2' }, 'address', /with its prefix/],
		[{ address: 'fd00::2/64' }, 'address', /not an IPv4/],
		[{ address: '127.0.0.2/8' }, 'address', /not an IPv4/],
		[{ address: '224.0.0.2/8' }, 'address', /not an IPv4/],
		[{ address: '10.9.0.2/32' }, 'address', /no other address/],
		[{ ipv6Address: address }, 'ipv6Address', /not an IPv6/],
		[{ ipv6Address: 'ff02::1/64' }, 'ipv6Address', /not an IPv6/],
		[{ gateway: '10.9.0.1' }, 'gateway', /without the address/],
		[{ address, gateway: '10.9.0.2' }, 'gateway', /of the container itself/],
		[{ address, gateway: '10.9.1.1' }, 'gateway', /not in 10/],
		[{ address, gateway: 'x' }, 'gateway', /not an IPv4/],
		[{ address, ipv6Gateway: 'fd00::1' }, 'ipv6Gateway', /without the address/],
		[{ macAddress: '02:00:00:00:00' }, 'macAddress', /not a MAC/],
		[{ macAddress: '03:00:00:00:00:00' }, 'macAddress', /one interface/],
		[{ macAddress: '00:00:00:00:00:00' }, 'macAddress', /one interface/],
		[{ ipv6Address: 'fd00::2/64', mtu: 1279 }, 'mtu', /1280/],
	] as [Partial<Network>, string, RegExp][])
		t.throws(
			spec(
				[
					{ type: 'veth', name: 'x', address: '10.8.0.2/24' },
					{ type: 'veth', ...network },
				],
				[],
			),
			refusal(`/procready/networks/1/${member}`, message),
			JSON.stringify(network),
		);
	t.throws(spec([{ type: 'loopback', mtu: 70 }], []), refusal('/procready/networks/0/mtu', /no meaning/));
	t.throws(spec([{ type: 'loopback', name: 'eth0' }], []), refusal('/procready/networks/0/name', /is lo/));
	for (const [route, member, message] of [
		[{ destination: 'x', interfaceName: 'eth0' }, '/destination', /neither a subnet/],
		[{ destination: 'default' }, '', /neither/],
		[{ destination: 'default', gateway: 'x' }, '/gateway', /not an IP address/],
		[{ destination: 'default', gateway: '10.8.0.1' }, '/gateway', /no subnet of the container/],
		[{ destination: '10.8.0.0/16', gateway: 'fd00::1' }, '/gateway', /is of IPv6/],
		[{ destination: 'fd00::/16', source: '10.9.0.2', interfaceName: 'eth0' }, '/source', /is of IPv4/],
		[{ destination: '10.8.0.0/16', source: 'x', interfaceName: 'eth0' }, '/source', /not an IP address/],
		[
			{ destination: '10.8.0.0/16', source: '10.9.0.3', interfaceName: 'eth0' },
			'/source',
			/not an address of the container/,
		],
		[{ destination: '10.8.0.0/16', interfaceName: 'eth1' }, '/interfaceName', /no interface "eth1"; it has lo, eth0/],
	] as [Route, string, RegExp][])
		t.throws(
			spec([{ type: 'veth', address }], [route]),
			refusal(`/procready/routes/0${member}`, message),
			JSON.stringify(route),
		);
});

t.test('the option, the namespace and the specification agree', async (t) => {
	const made = (options: Options) => planOf(specOf(['true'], options, { containerPid: () => 42 }), v2, 'id');
	for (const [network, namespace] of [
		['host', undefined],
		['none', 'new'],
		['veth', 'new'],
		['path:/run/netns/x', '/run/netns/x'],
		['container:web', '/proc/42/ns/net'],
		[{}, 'new'],
		[[{ type: 'loopback' }], 'new'],
	] as const) {
		t.equal(made({ network } as Options).init.namespaces.network, namespace, JSON.stringify(network));
		t.doesNotThrow(() => withNetwork({ network, namespaces: {} } as Options));
	}
	t.equal(made({ network: 'none', namespaces: { network: 'new', pid: 'host' } }).init.namespaces.pid, undefined);
	for (const [network, namespace] of [
		['host', 'new'],
		['veth', 'host'],
		['none', '/run/netns/x'],
		['path:/a', '/b'],
	] as const)
		t.throws(() => made({ network, namespaces: { network: namespace } }), refusal('/network', /contradicts/), network);
	for (const network of ['', 'lan', 'bridge=', 'path:x', 'container:'])
		t.throws(() => made({ network: network as 'host' }), refusal('/network', /is not host, none/), network);
	t.throws(() => made({ network: { address: 'x' } }), refusal('/network/address'));
	t.throws(() => made({ network: [{}, { address: 'x' }] }), refusal('/network/1/address'));
	t.throws(() => made({ network: { colour: 1 } as object }), refusal('/network/colour', /is not known/));
	t.throws(() => made({ routes: [{ destination: 'default', interfaceName: 'lo' }] }), refusal('/routes'));
	const spec = specOf(['true'], {});
	const procready = { networks: [{ type: 'veth' as const }] };
	t.throws(() => planOf({ ...spec, procready }, v2, 'id'), refusal('/procready/networks', /new network namespace/));
});

t.test('limits of a link', async (t) => {
	for (const [given, link] of [
		[{ rate: '10mbit' }, { rate: 10e6 }],
		[{ rate: 8000 }, { rate: 8000 }],
		[{ rate: '1.5Gbit' }, { rate: 1.5e9 }],
		[{ rate: '8000bit' }, { rate: 8000 }],
		[
			{ rate: 'max', delay: 0 },
			{ rate: 0, delay: 0 },
		],
		[
			{ delay: 20, jitter: '0.5ms' },
			{ delay: 20, jitter: 0.5 },
		],
		[
			{ delay: '1s', loss: '0.1%' },
			{ delay: 1000, loss: 0.1 },
		],
		[{ loss: 100 }, { loss: 100 }],
	] as [LinkLimits, Link][]) {
		t.strictSame(linkOf(given, '/x'), link, JSON.stringify(given));
		t.strictSame(linkIn(appliedOf(link)), link, 'and back from a result');
	}
	for (const [given, member] of [
		[{ rate: '7999bit' }, '/rate'],
		[{ rate: '10mbps' }, '/rate'],
		[{ rate: '10mb' }, '/rate'],
		[{ rate: '1001gbit' }, '/rate'],
		[{ rate: '8000.5bit' }, '/rate'],
		[{ delay: -1 }, '/delay'],
		[{ delay: '61s' }, '/delay'],
		[{ jitter: 'x' }, '/jitter'],
		[{ loss: '101%' }, '/loss'],
		[{ loss: -1 }, '/loss'],
		[{}, ''],
	] as [LinkLimits, string][])
		t.throws(() => linkOf(given, '/limits/link'), refusal(`/limits/link${member}`), JSON.stringify(given));
	const made = (options: Options) => specOf(['true'], options);
	t.throws(() => made({ limits: { link: { rate: 1e6 } } }), refusal('/limits/link', /needs an interface/));
	t.throws(() => made({ network: 'none', limits: { link: { rate: 1e6 } } }), refusal('/limits/link'));
	t.throws(() => made({ network: 'veth', limits: { link: { jitter: 1 } } }), refusal('/limits/link/jitter'));
	t.strictSame(made({ network: 'veth', limits: { link: { delay: 1 } } }).procready?.link, { delay: 1 });
});

t.test('lines for tc(8)', async (t) => {
	const tbf = (rate: number, burst = 15_000) => `handle 2: tbf rate ${rate}bit burst ${burst} latency 50ms`;
	const netem = 'handle 1: netem limit 10000 delay';
	for (const [link, held, lines] of [
		[{ rate: 1e6 }, {}, [`qdisc add dev d root ${tbf(1e6)}`]],
		[{ rate: 1e9 }, {}, [`qdisc add dev d root ${tbf(1e9, 1_250_000)}`]],
		[{ delay: 20 }, {}, [`qdisc add dev d root ${netem} 20ms loss 0%`]],
		[{ loss: 1 }, {}, [`qdisc add dev d root ${netem} 0ms loss 1%`]],
		[
			{ rate: 1e6, delay: 20, jitter: 2, loss: 0.5 },
			{},
			[`qdisc add dev d root ${netem} 20ms 2ms loss 0.5%`, `qdisc add dev d parent 1:1 ${tbf(1e6)}`],
		],
		[{ rate: 2e6 }, { rate: 1e6 }, [`qdisc change dev d root ${tbf(2e6)}`]],
		[
			{ rate: 1e6, delay: 1 },
			{ rate: 1e6 },
			['qdisc del dev d root', `qdisc add dev d root ${netem} 1ms loss 0%`, `qdisc add dev d parent 1:1 ${tbf(1e6)}`],
		],
		[{ rate: 0, delay: 0 }, { rate: 1e6 }, ['qdisc del dev d root']],
		[{}, {}, []],
	] as [Link, Link, string[]][])
		t.strictSame(shapingOf('d', link, held), lines, JSON.stringify([link, held]));
	t.match(shapingOf('d', { rate: 8000 }, {}, 65_535)[0], /burst 65635 /, 'a whole packet');
});
