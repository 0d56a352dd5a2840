/** OCI specifications: what runc and podman write is planned, what we have not is refused by name. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { validators } from '../../controller/host/release.js';
import type { Spec } from '../../controller/model/spec.js';
import { findViolation } from '../../controller/model/validate.js';
import { absolute, readSpec, validSpec } from '../../controller/plan/bundle.js';
import { planOf } from '../../controller/plan/plan.js';
import { specOf } from '../../controller/plan/specify.js';
import { hostOf, rootless, v1, v2 } from '../support/hosts.js';
import { top } from '../support/paths.js';
import { refusal } from '../support/refusal.js';

const fixtures = join(top, 'test/fixtures/oci');
const minimal = { ociVersion: '1.3.0', process: { args: ['true'], cwd: '/' }, linux: { namespaces: [] } };

/** With a member at a JSON pointer. */
function having(pointer: string, value: unknown): object {
	const spec = structuredClone(minimal) as Record<string, unknown>;
	const path = pointer.slice(1).split('/');
	const last = path.pop() as string;
	let at = spec;
	for (const name of path) {
		at[name] ??= {};
		at = at[name] as Record<string, unknown>;
	}
	at[last] = value;
	return spec;
}

t.test('what `runc spec` writes', async (t) => {
	const spec = readSpec(join(fixtures, 'runc-spec.json'));
	const plan = planOf(spec, v2, 'id');
	t.equal(findViolation(validators.initConfig, plan.init), undefined);
	t.match(plan, {
		sealed: true,
		terminal: 'relay',
		notes: [],
		early: [{ limit: 'devices', asked: /^deny a; allow c \*:\* m; .*allow c 1:3 rwm/ }],
		init: {
			args: ['sh'],
			user: { uid: 0, gid: 0 },
			noNewPrivileges: true,
			sessionKeyring: true,
			console: {},
			hostname: 'runc',
			rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 1024 }],
			namespaces: { pid: 'new', network: 'new', ipc: 'new', uts: 'new', mount: 'new', cgroup: 'new' },
			root: { path: join(fixtures, 'rootfs'), readonly: true },
			devices: [{ path: '/dev/null', major: 1, minor: 3 }],
			links: [{ path: '/dev/fd' }],
		},
	});
	t.strictSame(plan.init.mounts?.[1], {
		destination: '/dev',
		type: 'tmpfs',
		source: 'tmpfs',
		set: ['nosuid', 'strictatime'],
		data: ['mode=755', 'size=65536k'],
	});
	t.strictSame(plan.init.mounts?.at(-1), {
		destination: '/sys/fs/cgroup',
		type: 'bind',
		source: '/cg/procready/id',
		set: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
	});
	const withDevices = {
		...v1,
		hierarchies: [...v1.hierarchies, ...hostOf([{ version: 1, controllers: ['devices'] }]).hierarchies],
	};
	const onV1 = planOf(spec, withDevices, 'id').init;
	t.equal(findViolation(validators.initConfig, onV1), undefined);
	t.ok(onV1.readonlyPaths?.includes('/sys/fs/cgroup'));
	const { init, idMaps } = planOf(spec, rootless, 'id');
	t.equal(findViolation(validators.initConfig, init), undefined);
	t.strictSame(idMaps, {
		uids: [{ containerID: 0, hostID: 1000, size: 1 }],
		gids: [{ containerID: 0, hostID: 100, size: 1 }],
	});
	t.equal(init.namespaces.user, 'new');
	t.notMatch(JSON.stringify(init.mounts), 'gid=5', 'nobody has this id there');
});

t.test('what podman writes', async (t) => {
	const spec = specOf(readSpec(join(fixtures, 'podman.json')), {});
	const plan = planOf(spec, v2, 'id');
	t.equal(findViolation(validators.initConfig, plan.init), undefined);
	t.match(plan, {
		sealed: true,
		late: [
			{ limit: 'memory.swap.max', asked: '67108864' },
			{ limit: 'memory.max' },
			{ limit: 'pids.max', asked: '2048' },
		],
		notes: [/^linux.cgroupsPath: is not used/],
		early: [{ limit: 'devices', asked: /^deny a; .*allow c 136:\* rwm; allow c 10:229 rwm$/ }],
		seccomp: { syscalls: [{}, {}, {}, { args: [{ value: '18446744071708033536' }] }] },
		init: {
			user: { uid: 0, gid: 0, additionalGids: [0, 1, 2, 3, 4, 6, 10, 11, 20, 26, 27] },
			umask: 0o22,
			rlimits: [{}, {}, { type: 'RLIMIT_CORE', soft: -1, hard: -1 }],
			namespaces: { network: '/run/netns/netns-5b1c' },
			sysctl: ['net.ipv4.ping_group_range=0 0'],
		},
	});
	t.notOk('terminal' in plan);
	t.notOk('console' in plan.init);
	t.strictSame(plan.init.mounts?.[8], {
		destination: '/usr/share/nginx/html',
		type: 'bind',
		source: '/srv/www',
		recursive: true,
		set: ['ro'],
		propagation: 'rprivate',
	});
	t.equal(plan.init.devices?.at(-1)?.path, '/dev/fuse');
});

t.test('what is not supported is refused by its name', async (t) => {
	for (const pointer of [
		'/hooks',
		'/vm',
		'/windows',
		'/solaris',
		'/zos',
		'/process/apparmorProfile',
		'/process/selinuxLabel',
		'/process/commandLine',
		'/process/user/username',
		'/linux/mountLabel',
		'/linux/intelRdt',
		'/linux/memoryPolicy',
	])
		t.throws(
			() => validSpec(having(pointer, { prestart: [{ path: '/x' }] })),
			refusal(pointer, new RegExp(`^specification: ${pointer} is not supported`)),
			pointer,
		);
	t.throws(
		() => validSpec(having('/linux/seccomp', { defaultAction: 'SCMP_ACT_ALLOW', foo: 1 })),
		refusal('/linux/seccomp/foo'),
	);
});

t.test('what is not supported and asks for nothing is no reason to refuse', async (t) => {
	for (const [pointer, value] of [
		['/hooks', {}],
		['/hooks', { prestart: [], poststop: [] }],
		['/process/apparmorProfile', ''],
		['/linux/mountLabel', ''],
		['/linux/intelRdt', null],
	] as const)
		t.doesNotThrow(() => validSpec(having(pointer, value)), pointer);
	t.throws(() => validSpec(having('/hook', {})), refusal('/hook', /is not known/), 'but what OCI does not know is');
	t.throws(() => validSpec(having('/linux/hooks', {})), refusal('/linux/hooks', /is not known/));
});

t.test('a specification that is wrong is refused with a pointer', async (t) => {
	for (const [pointer, value] of [
		['/process/user/uid', '1000'],
		['/process/user/uid', 4_294_967_295],
		['/process/user/umask', 512],
		['/process/capabilities/bounding', ['CAP_KILL', 'kill']],
		['/process/rlimits', [{ type: 'nofile', soft: 1, hard: 1 }]],
		['/process/oomScoreAdj', 1001],
		['/process/cwd', 'x'],
		['/linux/namespaces', [{ type: 'net' }]],
		['/linux/personality', { domain: 'LINUX', flags: ['x'] }],
		['/linux/rootfsPropagation', ''],
		['/linux/devices', [{ path: 'x', type: 'c' }]],
		['/mounts', [{ destination: 'data' }]],
		['/annotations', { a: 1 }],
		['/procready/timeout', 0],
		['/procready/name', '../x'],
		['/procready/fds', 251],
		['/procready/user', { name: '' }],
		['/ociVersion', '2.0.0'],
	] as const)
		t.throws(
			() => validSpec(having(pointer, value)),
			{ code: 'option-invalid', where: new RegExp(`^${pointer}`) },
			pointer,
		);
	for (const value of [null, [], 'x', 1]) t.throws(() => validSpec(value), { code: 'option-invalid' });
});

t.test('a plan refuses what contradicts itself', async (t) => {
	const root = { root: { path: '/r' } };
	const linux = (linux: Spec['linux']) => ({ linux });
	for (const [members, where] of [
		[root, '/root'],
		[{ mounts: [{ destination: '/x', type: 'tmpfs' }] }, '/mounts'],
		[{ hostname: 'a' }, '/hostname'],
		[{ domainname: 'a' }, '/domainname'],
		[linux({ maskedPaths: ['/x'] }), '/linux/maskedPaths'],
		[linux({ readonlyPaths: ['/x'] }), '/linux/readonlyPaths'],
		[linux({ timeOffsets: {} }), '/linux/timeOffsets'],
		[linux({ namespaces: [{ type: 'time', path: '/x' }], timeOffsets: {} }), '/linux/timeOffsets'],
		[linux({ uidMappings: [{ containerID: 0, hostID: 0, size: 1 }] }), '/linux/uidMappings'],
		[linux({ namespaces: [{ type: 'mount', path: '/x' }], maskedPaths: ['/x'] }), '/linux/maskedPaths'],
		[linux({ namespaces: [{ type: 'uts' }, { type: 'uts' }] }), '/linux/namespaces/1'],
		[linux({ sysctl: { 'net.core.somaxconn': '1' } }), '/linux/sysctl/net.core.somaxconn'],
		[linux({ seccomp: { defaultAction: 'SCMP_ACT_NOTIFY' } }), '/linux/seccomp/defaultAction'],
		[{ procready: { consoleSocket: '/x' } }, '/procready/consoleSocket'],
		[{ procready: { parentDeathSignal: 'SIGFOO' } }, '/procready/parentDeathSignal'],
		[{ procready: { cpuAffinity: '3-1' } }, '/procready/cpuAffinity'],
		[{ process: { ...minimal.process, user: { uid: 0 } }, procready: { user: { name: 'a' } } }, '/procready/user/name'],
	] as [Partial<Spec>, string][])
		t.throws(() => planOf({ ...minimal, linux: {}, ...members }, v2, 'id'), refusal(where), where);
});

t.test('relative paths are below the directory of the file', async (t) => {
	const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
	t.teardown(() => rmSync(directory, { recursive: true }));
	const file = join(directory, 'config.json');
	const mounts = [
		{ destination: '/a', source: 'data', options: ['rbind'] },
		{ destination: '/b', type: 'tmpfs', source: 'tmpfs' },
		{ destination: '/c', type: 'bind', source: '/abs' },
	];
	writeFileSync(file, JSON.stringify({ ...minimal, root: { path: './r' }, mounts }));
	const spec = readSpec(file);
	t.equal(spec.root?.path, join(directory, 'r'));
	t.strictSame(
		spec.mounts?.map(({ source }) => source),
		[join(directory, 'data'), 'tmpfs', '/abs'],
	);
	t.equal(absolute({ ...minimal, linux: {}, root: { path: '/r' } }, '/x').root?.path, '/r');
	writeFileSync(file, '{');
	t.throws(() => readSpec(file), refusal('', /^specification: cannot read .*config.json: /));
	t.throws(() => readSpec(join(directory, 'none')), refusal('', /none: ENOENT: it is not there/));
});

t.test('beside a specification there are only options of the launch', async (t) => {
	const spec = JSON.parse(readFileSync(join(fixtures, 'runc-spec.json'), 'utf8'));
	t.match(specOf(spec, { timeout: '1s', name: 'web', fds: ['pipe', 5], consoleSocket: '/s', stdin: 'pipe' }), {
		root: { path: join(process.cwd(), 'rootfs') },
		procready: { timeout: 1000, name: 'web', fds: 2, consoleSocket: '/s' },
	});
	t.match(specOf(spec, { consoleSize: { height: 24, width: 80 } }).process.consoleSize, { height: 24, width: 80 });
	t.notOk('consoleSize' in specOf(minimal as Spec, { consoleSize: { height: 24, width: 80 } }).process);
	for (const options of [{ user: '1' }, { limits: {} }, { rootfs: '/' }, { env: {} }, { init: true }])
		t.throws(() => specOf(spec, options), refusal(`/${Object.keys(options)[0]}`, /belongs to the specification/));
});

t.test('annotations are accepted, and nothing comes of them', async (t) => {
	const plan = (spec: object) => planOf(validSpec(spec), v2, 'id');
	t.strictSame(plan(having('/annotations', { 'com.example': 'x' })), plan(minimal));
});

t.test('who forbids all devices does not mean the standard ones of a root', async (t) => {
	const asked = (spec: object, ...devices: object[]) => {
		const resources = { devices };
		const plan = planOf(validSpec({ ...spec, linux: { namespaces: [{ type: 'mount' }], resources } }), v2, 'id');
		return plan.early.map((write) => write.asked);
	};
	const root = { ...minimal, root: { path: '/r' } };
	const denyAll = { allow: false, access: 'rwm' };
	const denyNull = { allow: false, type: 'c', major: 1, minor: 3 };
	const usual =
		'allow c *:* m; allow b *:* m; allow c 1:3 rwm; allow c 1:5 rwm; allow c 1:7 rwm; allow c 1:8 rwm; ' +
		'allow c 1:9 rwm; allow c 5:0 rwm; allow c 5:2 rwm; allow c 136:* rwm';
	t.strictSame(asked(root, denyAll), [`deny a; ${usual}`]);
	t.strictSame(asked(root, { allow: false, type: 'a', major: -1, minor: -1 }, denyNull), [
		`deny a; ${usual}; deny c 1:3 rwm`,
	]);
	t.strictSame(asked(root, denyNull), ['deny c 1:3 rwm']);
	t.strictSame(asked(root, denyAll, { allow: true }), ['deny a; allow a']);
	t.strictSame(asked(minimal, denyAll), ['deny a'], 'without a root nothing of this is ours');
	t.strictSame(asked(root), []);
});

t.test('the processors of processes that join', async (t) => {
	const affinity = (value: object) =>
		planOf(validSpec(having('/process/execCPUAffinity', value)), v2, 'id').execCpuAffinity;
	t.strictSame(affinity({ initial: '0', final: '1-2' }), [1, 2]);
	t.strictSame(affinity({ initial: '0' }), [0]);
	t.equal(affinity({}), undefined);
	t.throws(() => affinity({ final: '-' }), refusal('/process/execCPUAffinity'));
});
