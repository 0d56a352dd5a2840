/** schema/spec.schema.json and schema/options.schema.json against the types of the controller and the words of the shim. */
import t from 'tap';
import { validators } from '../../controller/host/release.js';
import type { Options } from '../../controller/model/options.js';
import { type ProcessOptions, processOptions } from '../../controller/model/process-options.js';
import type { Spec } from '../../controller/model/spec.js';
import { findViolation } from '../../controller/model/validate.js';
import { capabilityNames, capabilitySets } from '../../controller/plan/capabilities.js';
import { rlimitTypes } from '../../controller/plan/rlimits.js';
import { membersOf, readSchema, type Schema, simplestValues } from '../support/schemas.js';

const schema = readSchema('spec.schema.json');

/** What a $ref within the file stands for; that of another file is somebody else's. */
function resolved(at: Schema): Schema {
	return at.$ref?.startsWith('#/$defs/') ? resolved(schema.$defs?.[at.$ref.slice(8)] as Schema) : at;
}

const ids = [{ containerID: 0, hostID: 0, size: 1 }];
const sets = { bounding: ['CAP_KILL'], effective: [], inheritable: [], permitted: [], ambient: [] };
const offset = { secs: 1, nanosecs: 2 };

/** Every member that there is. The compiler refuses any that the types do not have. */
const everything = {
	ociVersion: '1.3.0',
	process: {
		args: ['true'],
		env: ['A=1'],
		cwd: '/',
		terminal: true,
		consoleSize: { height: 1, width: 1 },
		user: { uid: 0, gid: 0, umask: 0, additionalGids: [1] },
		capabilities: sets,
		rlimits: [{ type: 'RLIMIT_CPU', soft: 0, hard: 0 }],
		noNewPrivileges: true,
		oomScoreAdj: 0,
		scheduler: {
			policy: 'SCHED_OTHER',
			nice: 0,
			priority: 0,
			flags: ['SCHED_FLAG_RESET_ON_FORK'],
			runtime: 0,
			deadline: 0,
			period: 0,
		},
		ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 0 },
		execCPUAffinity: { initial: '0', final: '1' },
	},
	root: { path: '/r', readonly: true },
	hostname: 'a',
	domainname: 'b',
	mounts: [{ destination: '/x', type: 'bind', source: '/y', options: ['bind'], uidMappings: ids, gidMappings: ids }],
	annotations: { a: 'b' },
	linux: {
		namespaces: [{ type: 'pid', path: '/x' }],
		uidMappings: ids,
		gidMappings: ids,
		timeOffsets: { monotonic: offset, boottime: offset },
		devices: [{ path: '/dev/x', type: 'c', major: 1, minor: 1, fileMode: 0, uid: 0, gid: 0 }],
		sysctl: { 'net.x': '1' },
		seccomp: { defaultAction: 'SCMP_ACT_ALLOW' },
		rootfsPropagation: 'rprivate',
		maskedPaths: ['/x'],
		readonlyPaths: ['/x'],
		personality: { domain: 'LINUX', flags: [] },
		cgroupsPath: '/x',
		netDevices: { eth1: { name: 'net0' } },
		resources: {
			pids: { limit: 1 },
			memory: { limit: 1, swap: 1 },
			cpu: { quota: 1000, period: 1000 },
			unified: { 'memory.high': '1' },
			devices: [{ allow: false, type: 'a', major: 1, minor: 1, access: 'rwm' }],
		},
	},
	procready: {
		timeout: 1,
		setupTimeout: 1,
		cpuTime: 1,
		outputMax: 1,
		user: { name: 'a', group: 'b', additionalGroups: ['c'], variables: true },
		init: true,
		refuseForks: [1],
		...simplestValues(membersOf({ $ref: 'process.schema.json#/$defs/extension' })),
		cpuAffinity: '0',
		parentDeathSignal: 'SIGTERM',
		fds: 1,
		name: 'a',
		cgroupParent: 'a/b',
		consoleSocket: '/x',
		networks: [
			{
				type: 'veth',
				name: 'eth0',
				bridge: 'br0',
				macAddress: '02:00:00:00:00:01',
				address: '10.9.0.2/24',
				gateway: '10.9.0.1',
				ipv6Address: 'fd00::2/64',
				ipv6Gateway: 'fd00::1',
				mtu: 1400,
				txQueueLen: 500,
				hostInterfaceName: 'veth0',
				hairpinMode: true,
				tempVethPeerName: 'temp0',
				masquerade: true,
			},
		],
		hosts: { a: '10.9.0.2' },
		link: { rate: 8000, delay: 2, jitter: 1, loss: 1 },
		routes: [{ destination: 'default', source: '10.9.0.2', gateway: '10.9.0.1', interfaceName: 'eth0' }],
	},
} satisfies Spec;

t.test('the types of a specification have the members of the schema, no more and no less', async (t) => {
	t.equal(findViolation(validators.spec, everything), undefined);
	const compare = (value: unknown, given: Schema, pointer: string) => {
		const at = resolved(given);
		if (Array.isArray(value) && at.items) compare(value[0], at.items, `${pointer}/0`);
		if (!at.properties) return;
		const members = membersOf(at);
		t.strictSame(Object.keys(value as object).sort(), Object.keys(members).sort(), pointer || 'the whole');
		for (const [name, property] of Object.entries(members))
			compare((value as Record<string, unknown>)[name], property, `${pointer}/${name}`);
	};
	compare(everything, schema, '');
});

/** Beside those of a process, of which the compiler keeps the table. */
const options: Record<Exclude<keyof Options, keyof ProcessOptions>, true> = {
	limits: true,
	timeout: true,
	input: true,
	maxOutput: true,
	signal: true,
	name: true,
	cgroupParent: true,
	rootfs: true,
	readonly: true,
	mounts: true,
	devices: true,
	maskedPaths: true,
	readonlyPaths: true,
	namespaces: true,
	uidMappings: true,
	gidMappings: true,
	timeOffsets: true,
	hostname: true,
	domainname: true,
	sysctl: true,
	network: true,
	routes: true,
	hosts: true,
	asPid1: true,
	init: true,
	parentDeathSignal: true,
	refuseForks: true,
	schedule: true,
};

t.test('so have the types of the options', async (t) => {
	const names = [...Object.keys(options), ...Object.keys(processOptions)];
	t.strictSame(names.sort(), Object.keys(membersOf(readSchema('options.schema.json'))).sort());
});

t.test('controller and shim have the same words, in the order of their numbers', async (t) => {
	const wire = readSchema('init-config.schema.json');
	t.strictSame(capabilityNames, wire.$defs?.capabilitySet?.items?.enum);
	t.strictSame(rlimitTypes, wire.properties?.rlimits?.items?.properties?.type?.enum);
	t.strictSame([...capabilitySets].sort(), Object.keys(wire.properties?.capabilities?.properties ?? {}).sort());
});
