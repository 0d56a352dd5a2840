/** Device nodes and links: the standard ones, those that are asked for, and none on the host. */
import t from 'tap';
import type { Device, Mount, Spec } from '../../controller/model/spec.js';
import { initDevices } from '../../controller/plan/devices.js';
import { refusal } from '../support/refusal.js';

const made = (devices: Device[], mounts: Mount[], root: Spec['root'] | undefined = { path: '/r' }) =>
	initDevices({
		ociVersion: '1.3.0',
		process: { args: [''], cwd: '/' },
		...(root ? { root } : {}),
		mounts,
		linux: { devices },
	});
const dev: Mount = { destination: '/dev', type: 'tmpfs' };
const names = (devices: { path: string }[] | undefined) => devices?.map(({ path }) => path);
const standard = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);

t.test('every root has the standard devices and links', async (t) => {
	const { devices, links } = made([], [dev, { destination: '/dev/pts/', type: 'devpts' }]);
	t.strictSame(names(devices), standard);
	t.strictSame(devices?.[0], { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o666 });
	t.strictSame(names(links), ['/dev/fd', '/dev/stdin', '/dev/stdout', '/dev/stderr', '/dev/ptmx']);
	t.notOk(names(made([], [dev]).links)?.includes('/dev/ptmx'), 'no link to what is not there');
});

t.test('a /dev that is bound is left as it is', async (t) => {
	for (const mount of [
		{ destination: '/dev', type: 'bind', source: '/dev' },
		{ destination: '/dev/', source: '/dev', options: ['rbind'] },
	])
		t.strictSame(made([], [mount]), {});
});

t.test('devices of the specification', async (t) => {
	const fuse = { path: '/dev//fuse', type: 'u' as const, major: 10, minor: 229, uid: 1 };
	t.strictSame(made([fuse], [dev]).devices?.at(-1), { path: '/dev/fuse', type: 'c', major: 10, minor: 229, uid: 1 });
	const own = { path: '/dev/null', type: 'c' as const, major: 1, minor: 3, fileMode: 0o600 };
	t.strictSame(names(made([own], [dev]).devices), [...standard.slice(1), '/dev/null'], 'instead of a standard one');
	t.strictSame(made([{ path: '/p', type: 'p', major: 1, minor: 1 }], [dev]).devices?.at(-1), { path: '/p', type: 'p' });
	for (const [devices, where] of [
		[[{ path: '/dev/x', type: 'c', major: 1 }], '/linux/devices/0'],
		[[{ path: '/dev/x', type: 'b' }], '/linux/devices/0'],
		[[{ path: '/dev/../x', type: 'p' }], '/linux/devices/0/path'],
		[[fuse, { ...fuse, path: '/dev/fuse' }], '/linux/devices/1/path'],
	] as [Device[], string][])
		t.throws(() => made(devices, [dev]), refusal(where), JSON.stringify(devices));
});

t.test('without a root no node is made on the host', async (t) => {
	const fifo: Device = { path: '/srv/x', type: 'p' };
	const without = (mounts: Mount[]) =>
		initDevices({ ociVersion: '', process: { args: [''], cwd: '/' }, mounts, linux: { devices: [fifo] } });
	t.strictSame(without([{ destination: '/srv', type: 'tmpfs' }]), { devices: [fifo] });
	for (const mounts of [
		[],
		[{ destination: '/srv/x', type: 'tmpfs' }],
		[{ destination: '/sr', type: 'tmpfs' }],
		[{ destination: '/srv', type: 'bind', source: '/tmp' }],
		[
			{ destination: '/srv', type: 'tmpfs' },
			{ destination: '/srv', source: '/tmp', options: ['bind'] },
		],
	])
		t.throws(
			() => without(mounts),
			refusal('/linux/devices/0/path', /would be made on the host/),
			JSON.stringify(mounts),
		);
});
