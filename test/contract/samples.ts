/** Init configs that hold every member there is. */

import { version } from '../../controller/host/release.js';
import type { InitConfig } from '../../controller/model/init-config.js';
import { type Schema, simplestValues } from '../support/schemas.js';
import { schema } from './places.js';

/** What has more to it than a number or a choice is written here; the test of the schema misses what is not. */
const standard = {
	...simplestValues((schema as Schema).properties ?? {}),
	version,
	initType: 'standard',
	args: ['true'],
	env: ['A=1'],
	cwd: '/',
	user: { uid: 0, gid: 0, additionalGids: [0], additionalGroups: ['audio'], variables: true },
	capabilities: {
		bounding: ['CAP_CHOWN'],
		effective: ['CAP_CHOWN'],
		inheritable: ['CAP_CHOWN'],
		permitted: ['CAP_CHOWN'],
		ambient: ['CAP_CHOWN'],
	},
	seccomp: { filter: '060000000000ff7f', flags: ['SECCOMP_FILTER_FLAG_LOG'] },
	rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: -1 }],
	scheduler: {
		policy: 'SCHED_DEADLINE',
		nice: 0,
		priority: 0,
		runtime: 1_000_000,
		deadline: 2_000_000,
		period: 3_000_000,
		resetOnFork: false,
	},
	ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 4 },
	cpuAffinity: [0],
	parentDeathSignal: 15,
	ignoredSignals: [1, 13],
	forks: { refuse: [1] },
	preservedFds: 0,
	console: { height: 24, width: 80, socket: '/nonexistent/console.sock' },
	namespaces: {
		cgroup: 'new',
		ipc: 'new',
		mount: 'new',
		network: 'new',
		pid: 'new',
		time: 'new',
		user: 'new',
		uts: 'new',
	},
	timeOffsets: { monotonic: { secs: 1, nanosecs: 0 }, boottime: { secs: 1, nanosecs: 0 } },
	hostname: 'box',
	domainname: 'example',
	sysctl: ['kernel.shmmax=1'],
	rootfsPropagation: 'private',
	root: { path: '/nonexistent/root', readonly: true },
	mounts: [
		{
			destination: '/x',
			type: 'bind',
			source: '/x',
			recursive: true,
			copyUp: true,
			replace: false, // true forbids one propagation
			set: ['ro'],
			clear: ['ro'],
			setRecursive: ['ro'],
			clearRecursive: ['ro'],
			propagation: 'private',
			data: ['size=1m'],
			idmap: { uids: '0 0 1', gids: '0 0 1', recursive: true },
		},
	],
	devices: [{ path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 }],
	links: [{ path: '/dev/fd', target: '/proc/self/fd' }],
	maskedPaths: ['/proc/kcore'],
	readonlyPaths: ['/proc/sys'],
	cgroup: {
		path: '/nonexistent/base/id',
		directories: ['/nonexistent/base/id'],
		bases: ['/nonexistent/base'],
		deviceProgram: 'b700000001000000',
	},
	stateFile: '/nonexistent/state.json',
	hold: '/nonexistent/hold',
} satisfies InitConfig;

/** Names instead of numbers: only one of the two may be given. */
const byName = {
	...standard,
	user: { name: 'user', group: 'users', additionalGids: [0], additionalGroups: ['audio'] },
} satisfies InitConfig;

const joining = {
	version,
	initType: 'setns',
	args: ['true'],
	env: [],
	cwd: '/',
	namespaces: {},
	target: { pid: 1, startTime: 0 },
	rootfsPropagation: 'private',
	cgroup: { directories: [], bases: [] },
} satisfies InitConfig;

/** Good ones, of which each member is in one or more. */
export const samples: InitConfig[] = [standard, byName, joining];

/** All members in one; as a config it would be refused. */
export const everything = {
	...standard,
	user: { ...standard.user, ...byName.user },
	target: joining.target,
};
