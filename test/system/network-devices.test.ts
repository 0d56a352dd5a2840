/** linux.netDevices: interfaces of the host that are moved into a container. */
import '../support/own-network.js';
import t from 'tap';
import { run } from '../../controller/index.js';
import type { Spec } from '../../controller/model/spec.js';
import { specOf } from '../../controller/plan/specify.js';
import { leftoversAfter } from '../support/leftovers.js';
import { interfaces, interfacesAfter, ip } from '../support/network.js';

/** The end that stays. */
const peer = 'peer0';

function makeDevice(): void {
	ip('link', 'add', 'dev0', 'mtu', '1400', 'address', '02:00:00:00:00:2a', 'type', 'veth', 'peer', 'name', peer);
	for (const address of ['10.9.7.2/24', 'fd00:7::2/64'])
		ip('address', 'add', address, 'dev', 'dev0', ...(address.includes(':') ? ['nodad'] : []));
	ip('link', 'set', 'dev0', 'up');
	ip('link', 'set', peer, 'up');
}

const spec = (script: string, netDevices: Spec['linux']['netDevices']): Spec => {
	const made = specOf(['sh', '-c', script], { network: 'none' });
	return { ...made, linux: { ...made.linux, ...(netDevices ? { netDevices } : {}) } };
};

const show = 'ip -json address show';

t.test('it is moved with its addresses, and is up; what is virtual ends with the container', async (t) => {
	for (const [name, given] of [
		[undefined, 'dev0'],
		['net0', 'net0'],
		['lan%d', 'lan0'],
	] as const) {
		makeDevice();
		const { stdout, stderr } = await run(spec(show, { dev0: name === undefined ? {} : { name } }));
		const found = JSON.parse(stdout || '[]').find(({ ifname }: { ifname: string }) => ifname === given);
		t.match(found, { mtu: 1400, address: '02:00:00:00:00:2a' }, stderr);
		t.ok(found?.flags.includes('UP'));
		const addresses = found?.addr_info.map(({ local, prefixlen }: Record<string, unknown>) => `${local}/${prefixlen}`);
		for (const address of ['10.9.7.2/24', 'fd00:7::2/64']) t.ok(addresses.includes(address), address);
		t.strictSame(await interfacesAfter(), []);
	}
});

t.test('a launch that fails gives it back as it was', async (t) => {
	makeDevice();
	const before = JSON.parse(ip('-json', 'address', 'show', 'dev0'))[0];
	const failing: [Spec, { code: string; where?: string }][] = [
		[{ ...spec('true', { dev0: {} }), process: { args: ['/no/such'], cwd: '/' } }, { code: 'command-not-found' }],
		[
			{ ...spec('true', { dev0: { name: 'net0' } }), mounts: [{ destination: '/no/such', type: 'tmpfs' }] },
			{ code: 'setup-failed' },
		],
		[spec('true', { dev0: { name: 'lo' } }), { code: 'network-refused', where: '/linux/netDevices/dev0/name' }],
		[spec('true', { dev0: {}, nothing: {} }), { code: 'network-refused', where: '/linux/netDevices/nothing' }],
		[
			spec('true', { dev0: { name: 'a'.repeat(16) } }),
			{ code: 'option-invalid', where: '/linux/netDevices/dev0/name' },
		],
	];
	for (const [asked, error] of failing) {
		await t.rejects(run(asked), error);
		const after = JSON.parse(ip('-json', 'address', 'show', 'dev0'))[0];
		const essence = ({ mtu, address, addr_info }: typeof before) => ({
			mtu,
			address,
			addresses: addr_info
				.filter(({ scope }: { scope: string }) => scope === 'global')
				.map(({ local, prefixlen }: Record<string, unknown>) => `${local}/${prefixlen}`)
				.sort(),
		});
		t.strictSame(essence(after), essence(before), JSON.stringify(error));
		t.ok(after.flags.includes('UP'));
	}
	const made = specOf(['true'], {});
	await t.rejects(run({ ...made, linux: { ...made.linux, netDevices: { dev0: {} } } }), {
		code: 'option-invalid',
		where: '/linux/netDevices',
	});
	t.strictSame(interfaces().sort(), ['dev0', peer]);
	ip('link', 'del', 'dev0');
	t.strictSame(await leftoversAfter('no process'), []);
});
