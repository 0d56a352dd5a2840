/** What OCI runtimes have to accept of a config.json, and a specification of procready need not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseJson } from '../../controller/model/json.js';
import { configOf, processConfigOf } from '../../controller/oci/dialect.js';
import { planOf } from '../../controller/plan/plan.js';
import { hostOf, v2 } from '../support/hosts.js';
import { top } from '../support/paths.js';
import { refusal } from '../support/refusal.js';

const minimal = { ociVersion: '1.0.2', process: { args: ['true'], cwd: '/' }, linux: {} };

t.test('what is unknown is ignored, wherever it stands', async (t) => {
	const { spec } = configOf({
		...minimal,
		'x.y/z': 1,
		mount: [],
		process: { ...minimal.process, later: {}, user: { uid: 0, gid: 0, later: [] } },
		mounts: [{ destination: '/a', type: 'tmpfs', later: 1 }],
		linux: { later: true, resources: { pids: { limit: 1, later: 2 } } },
	});
	t.notMatch(JSON.stringify(spec), 'later');
	t.notMatch(JSON.stringify(spec), 'x.y');
	t.notOk('mount' in spec, 'also what is nearly the name of a member');
	t.match(spec, { linux: { resources: { pids: { limit: 1 } } } });
	t.throws(
		() => configOf({ ...minimal, procready: { later: 1 } }),
		refusal('/procready/later'),
		'but of our own extension',
	);
});

t.test('any version 1', async (t) => {
	for (const ociVersion of ['1.0.0', '1.0.2-dev', '1.9.7'])
		t.equal(configOf({ ...minimal, ociVersion }).ociVersion, ociVersion);
	for (const ociVersion of ['2.0.0', '0.9.0', '1', 1, undefined])
		t.throws(() => configOf({ ...minimal, ociVersion }), refusal('/ociVersion'));
});

t.test('without process, or linux', async (t) => {
	t.match(configOf({ ociVersion: '1.0.0' }), { hasProcess: false, spec: { linux: {} } });
	t.ok(configOf(minimal).hasProcess);
	for (const value of [null, [], 'x', 1]) t.throws(() => configOf(value), refusal(''));
});

t.test('what is wrong, or known and not there, is refused by its name, with what to do', async (t) => {
	const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['mount'], action: 'SCMP_ACT_NOTIFY' }] };
	const bind = (destination: string, ...options: string[]) => ({
		root: { path: '/r' },
		mounts: [{ destination, type: 'bind', source: '/s', options }],
		linux: { namespaces: [{ type: 'mount' }] },
	});
	for (const [pointer, message, members] of [
		['/process/cwd', /absolute/, { process: { args: ['true'], cwd: 'x' } }],
		['/process/apparmorProfile', /leave it out/, { process: { ...minimal.process, apparmorProfile: 'x' } }],
		['/process/selinuxLabel', /leave it out/, { process: { ...minimal.process, selinuxLabel: 'x' } }],
		['/linux/mountLabel', /leave it out/, { linux: { mountLabel: 'x' } }],
		['/linux/intelRdt', /leave it out/, { linux: { intelRdt: { closID: 'x' } } }],
		['/linux/memoryPolicy', /numactl/, { linux: { memoryPolicy: { mode: 'MPOL_BIND' } } }],
		['/linux/netDevices', /leave it out/, { linux: { netDevices: { eth0: {} } } }],
		['/linux/seccomp/syscalls/0/action', /SCMP_ACT_ERRNO/, { linux: { seccomp } }],
		['/procready/timeout', /leave it out/, { procready: { timeout: 1 } }],
		['/mounts/0', /idmap needs maps of ids/, bind('/x', 'bind', 'idmap')],
		['/mounts/0/destination', /ns_last_pid.*leave/, bind('/proc/sys/kernel/ns_last_pid', 'bind')],
		['/mounts/0/destination', /fips_enabled.*leave/, bind('/proc/sys/crypto/fips_enabled', 'bind')],
	] as [string, RegExp, object][])
		t.throws(
			() => planOf(configOf({ ...minimal, ...members }).spec, v2, 'id', '/id'),
			refusal(pointer, message),
			pointer,
		);
});

t.test('an ambient capability that is not inheritable is left out, and that is said', async (t) => {
	const sets = { bounding: ['CAP_KILL'], effective: ['CAP_KILL'], permitted: ['CAP_KILL'] };
	const of = (capabilities: object) => processConfigOf({ ...minimal.process, capabilities });
	const { spec, notes } = of({ ...sets, ambient: ['CAP_KILL'] });
	t.strictSame(spec.process.capabilities?.ambient, []);
	t.match(notes, [/ambient: .*CAP_KILL/]);
	t.strictSame(of({ ...sets, inheritable: ['CAP_KILL'], ambient: ['CAP_KILL'] }).notes, []);
});

t.test('the mode of a device may have the bits of its type', async (t) => {
	const devices = [{ path: '/dev/x', type: 'c', major: 1, minor: 3, fileMode: 0o20666 }];
	t.equal(configOf({ ...minimal, linux: { devices } }).spec.linux.devices?.[0]?.fileMode, 0o666);
});

t.test('cgroupsPath is where the cgroups are, in each hierarchy', async (t) => {
	const spec = configOf(parseJson(readFileSync(join(top, 'test/fixtures/oci/podman.json'), 'utf8'))).spec;
	const host = hostOf([
		{ version: 1, controllers: ['pids'] },
		{ version: 1, controllers: ['memory'] },
		{ version: 1, controllers: ['devices'] },
	]);
	const paths = (path: string) => planOf(spec, host, 'id', path).directories.map((one) => one.path);
	const [pids] = host.hierarchies;
	t.equal(paths('/a/b').length, 3);
	t.equal(paths('/a/b')[0], join(pids?.mountPoint as string, 'a/b'));
	t.match(paths('b')[0], /\/b$/);
	t.strictSame(planOf(spec, v2, 'id', '/a/b').spare, []);
	for (const path of ['a:b:c', '/a/../b', '/', '.']) t.throws(() => paths(path), refusal('/linux/cgroupsPath'), path);
});
