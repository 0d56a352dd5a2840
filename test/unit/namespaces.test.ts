/** Namespaces, what needs one of its own, and maps of ids. */
import t from 'tap';
import { checkMappings, isMapped, mapLines } from '../../controller/plan/mappings.js';
import type { NamespaceOptions } from '../../controller/plan/namespaces.js';
import { initNamespaces, namespacesOf, timeOffsetsOf } from '../../controller/plan/namespaces.js';
import { checkSysctl } from '../../controller/plan/sysctl.js';
import { refusal } from '../support/refusal.js';

t.test('new, joined and left alone', async (t) => {
	const named = (options: NamespaceOptions) => initNamespaces(namespacesOf(options, () => 42));
	const usual = { pid: 'new', mount: 'new', uts: 'new', ipc: 'new', cgroup: 'new' };
	for (const [options, expected] of [
		[{}, usual],
		[{ namespaces: { network: 'new', user: 'host' } }, { ...usual, network: 'new' }],
		[{ namespaces: { uts: '/run/uts' } }, { ...usual, uts: '/run/uts' }],
		[
			{ namespaces: { mount: 'pid:7', network: 'pid:7' } },
			{ ...usual, mount: '/proc/7/ns/mnt', network: '/proc/7/ns/net' },
		],
		[{ namespaces: { ipc: 'container:web' } }, { ...usual, ipc: '/proc/42/ns/ipc' }],
		[{ uidMappings: [] }, { ...usual, user: 'new' }],
		[
			{ gidMappings: [], timeOffsets: {} },
			{ ...usual, user: 'new', time: 'new' },
		],
		[
			{ uidMappings: [], namespaces: { user: '/x' } },
			{ ...usual, user: '/x' },
		],
	] as [NamespaceOptions, object][])
		t.strictSame(named(options), expected, JSON.stringify(options));
	const { pid, ...rest } = usual;
	t.strictSame(named({ namespaces: { pid: 'host' } }), rest);
	for (const what of ['', 'old', 'pid:', 'pid:0', 'pid:-1', 'pid:1x', 'pid:07', 'container:', './x', 'New'])
		t.throws(() => named({ namespaces: { ipc: what as 'new' } }), refusal('/namespaces/ipc', /is not new, host/), what);
	t.throws(
		() => initNamespaces([{ type: 'pid' }, { type: 'pid', path: '/x' }]),
		refusal('/linux/namespaces/1', /twice/),
	);
});

t.test('clocks: nanoseconds count upwards', async (t) => {
	t.strictSame(timeOffsetsOf({ monotonic: 86_400, boottime: -0.25 }), {
		monotonic: { secs: 86_400, nanosecs: 0 },
		boottime: { secs: -1, nanosecs: 750_000_000 },
	});
	t.throws(() => timeOffsetsOf({ boottime: 1e300 }), refusal('/timeOffsets/boottime', /number of seconds/));
});

t.test('only parameters of namespaces of its own', async (t) => {
	const check = (name: string, ...namespaces: string[]) => checkSysctl({ [name]: '1' }, namespaces, '');
	for (const [name, namespace] of [
		['net.ipv4.ip_forward', 'network'],
		['net/ipv4/conf/eth0.1/forwarding', 'network'],
		['net.ipv4.conf.eth0/1.forwarding', 'network'],
		['kernel.shmmax', 'ipc'],
		['kernel.shm_rmid_forced', 'ipc'],
		['kernel/msgmni', 'ipc'],
		['kernel.sem', 'ipc'],
		['fs.mqueue.msg_max', 'ipc'],
	] as const) {
		t.doesNotThrow(() => check(name, namespace), name);
		t.throws(() => check(name, 'pid'), { message: new RegExp(`parameter of the ${namespace} namespace`) }, name);
	}
	for (const [name, message] of [
		['kernel.domainname', /is set with domainname/],
		['kernel/hostname', /is set with hostname/],
		['kernel.panic', /of the whole host/],
		['kernel.core_pattern', /of the whole host/],
		['kernel.shmfoo', /of the whole host/],
		['fs.mqueue.a.b', /of the whole host/],
		['vm.swappiness', /of the whole host/],
		['nets.x', /of the whole host/],
		['net', /is not the name of a kernel parameter/],
		['', /is not the name of a kernel parameter/],
		['net..x', /is not the name of a kernel parameter/],
		['net/../kernel/panic', /is not the name of a kernel parameter/],
		['/net/x', /is not the name of a kernel parameter/],
		['net.x=1', /is not the name of a kernel parameter/],
	] as const)
		t.throws(() => check(name, 'network', 'ipc', 'uts'), { code: 'option-invalid', message }, name);
});

t.test('maps of ids', async (t) => {
	const map = (containerID: number, hostID: number, size: number) => ({ containerID, hostID, size });
	const good = [map(0, 1000, 1), map(1, 100_000, 65_536), map(4_294_967_294, 5, 1)];
	t.doesNotThrow(() => checkMappings(good, '/x'));
	t.equal(mapLines(good), '0 1000 1\n1 100000 65536\n4294967294 5 1\n');
	for (const [id, mapped] of [
		[0, true],
		[65_536, true],
		[65_537, false],
		[4_294_967_294, true],
	] as const)
		t.equal(isMapped(good, id), mapped, String(id));
	for (const [maps, index] of [
		[[map(0, 0, 2), map(1, 5, 1)], 1],
		[[map(0, 0, 1), map(5, 0, 1)], 1],
		[[map(10, 0, 5), map(20, 10, 5), map(14, 20, 1)], 2],
		[[map(5, 0, 1), map(0, 10, 10)], 1],
		[[map(0, 4_294_967_294, 2)], 0],
		[[map(1, 0, 4_294_967_295)], 0],
	] as const)
		t.throws(() => checkMappings(maps, '/x'), refusal(`/x/${index}`), JSON.stringify(maps));
});
