/** Limits of the process: the oom score, rlimits, when it runs and where. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, cpus, getPriority } from 'node:os';
import t from 'tap';
import { mapped } from '../support/id-maps.js';
import { run } from '../support/raw-shim.js';
import { failure, look, whileRunning } from '../support/run-init.js';

/** Without rights to make anything. */
const plain = { mounts: undefined, namespaces: {} };
const nobody = { uid: 65534 };
const inUserNamespace = { namespaces: { user: 'new', mount: 'new', pid: 'new' } };

// ---- the oom score

t.test('the program has the oom score, the outer its own again', async (t) => {
	const own = readFileSync('/proc/self/oom_score_adj', 'utf8');
	const score = (pid: number) => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8');
	for (const [oomScoreAdj, options] of [
		[1000, {}],
		[Number(own) + 1, {}],
		[Number(own), {}],
		[500, nobody],
	] as const) {
		const before = (_: string, pid: number, outer: number) => {
			t.equal(score(pid), `${oomScoreAdj}\n`);
			t.equal(score(outer), own);
		};
		await whileRunning({ ...plain, oomScoreAdj }, (pid, outer) => before('', pid, outer), { ...options, before });
	}
	await whileRunning({ ...inUserNamespace, oomScoreAdj: 700 }, (pid) => t.equal(score(pid), '700\n'), mapped);
	t.equal((await look(plain)).oomScoreAdj, own);
});

t.test('a lower score than the caller’s needs a right, which is named', async (t) => {
	t.match(await failure({ ...plain, oomScoreAdj: -1000 }, nobody), {
		step: 'oom-score',
		errno: 13,
		message: /^write -1000 to \/proc\/self\/oom_score_adj: lowering the score needs CAP_SYS_RESOURCE/,
	});
});

// ---- rlimits

/** Soft and hard; none is above what an unprivileged process may have, none too low for the probe. */
const limits: Record<string, [number, number]> = {
	RLIMIT_CPU: [100, 200],
	RLIMIT_FSIZE: [1 << 20, -1],
	RLIMIT_DATA: [1 << 30, 2 ** 40],
	RLIMIT_STACK: [1 << 20, 1 << 22],
	RLIMIT_CORE: [0, 0],
	RLIMIT_RSS: [1 << 30, 2 ** 53 - 1],
	RLIMIT_NPROC: [5000, 6000],
	RLIMIT_NOFILE: [10, 20],
	RLIMIT_MEMLOCK: [4096, 65536],
	RLIMIT_AS: [2 ** 30, 2 ** 31],
	RLIMIT_LOCKS: [7, 8],
	RLIMIT_SIGPENDING: [9, 10],
	RLIMIT_MSGQUEUE: [1000, 2000],
	RLIMIT_NICE: [0, 0],
	RLIMIT_RTPRIO: [0, 0],
	RLIMIT_RTTIME: [1_000_000, 2_000_000],
};

t.test('each rlimit by name, soft and hard', async (t) => {
	const others = (await look(plain)).rlimits;
	t.strictSame(Object.keys(others), Object.keys(limits));
	for (const [type, [soft, hard]] of Object.entries(limits)) {
		const { rlimits } = await look({ ...plain, rlimits: [{ type, soft, hard }] });
		t.strictSame(rlimits, { ...others, [type]: [soft, hard] }, type);
	}
});

t.test('all at once, in a container and without root', async (t) => {
	const rlimits = Object.entries(limits).map(([type, [soft, hard]]) => ({ type, soft, hard }));
	t.strictSame((await look({ rlimits })).rlimits, limits);
	t.strictSame((await look({ ...plain, rlimits }, nobody)).rlimits, limits);
	t.strictSame((await look({ ...inUserNamespace, rlimits }, mapped)).rlimits, limits);
	t.strictSame((await look({ rlimits, user: { uid: 1000, gid: 1000 } })).rlimits, limits);
});

t.test('without a file descriptor to spare the program still starts', async (t) => {
	for (const soft of [0, 1, 3]) {
		const rlimits = [{ type: 'RLIMIT_NOFILE', soft, hard: 3 }];
		const { last } = await run({ rlimits, args: ['/bin/busybox', 'true'] });
		t.match(last, { type: 'procExited', code: 0 });
	}
});

t.test('what the kernel refuses is explained', async (t) => {
	const under = ['prlimit', '--nofile=100:200', '--core=0:0'];
	for (const [rlimit, errno, message] of [
		[
			{ type: 'RLIMIT_NOFILE', soft: 100, hard: 201 },
			1,
			/^setrlimit RLIMIT_NOFILE 100 201: to raise the hard limit above 200 needs CAP_SYS_RESOURCE, and above .*nr_open/,
		],
		[
			{ type: 'RLIMIT_CORE', soft: 0, hard: -1 },
			1,
			/^setrlimit RLIMIT_CORE 0 unlimited: to raise the hard limit above 0 needs CAP_SYS_RESOURCE: Operation not/,
		],
		[{ type: 'RLIMIT_STACK', soft: 5, hard: 4 }, 0, 'setrlimit RLIMIT_STACK 5 4: the soft limit is above the hard one'],
		[{ type: 'RLIMIT_CPU', soft: -1, hard: 4 }, 0, /^setrlimit RLIMIT_CPU unlimited 4: the soft limit is above/],
	] as const)
		t.match(await failure({ ...plain, rlimits: [rlimit] }, { ...nobody, under }), { step: 'rlimits', errno, message });
	t.match(await failure({ rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 ** 40 }] }), {
		step: 'rlimits',
		errno: 1,
		message: /above \/proc\/sys\/fs\/nr_open it cannot be/,
	});
});

t.test('a limit of processes that is too low is not called a lack of resources', async (t) => {
	const rlimits = [{ type: 'RLIMIT_NPROC', soft: 1, hard: 1 }];
	await whileRunning({ user: { uid: 54321, gid: 1 } }, async () => {
		await whileRunning({ user: { uid: 54321, gid: 1 } }, async () => {
			t.match(await failure({ user: { uid: 54321, gid: 1 }, rlimits }), {
				step: 'exec',
				errno: 11,
				message: /the user has more processes than RLIMIT_NPROC allows/,
			});
		});
	});
});

// ---- when it runs

const numbers = { SCHED_OTHER: 0, SCHED_FIFO: 1, SCHED_RR: 2, SCHED_BATCH: 3, SCHED_IDLE: 5, SCHED_DEADLINE: 6 };
const resetOnFork = 0x40000000;

/** Of this process: only root may have a better one. */
const own = getPriority();
const worse = Math.min(own + 3, 19);

t.test('nice and the policies that everybody may have', async (t) => {
	for (const [scheduler, policy, nice] of [
		[{ policy: 'SCHED_OTHER' }, numbers.SCHED_OTHER, own],
		[{ policy: 'SCHED_OTHER', nice: 19 }, numbers.SCHED_OTHER, 19],
		[{ policy: 'SCHED_BATCH', nice: worse }, numbers.SCHED_BATCH, worse],
		[{ policy: 'SCHED_IDLE' }, numbers.SCHED_IDLE, own],
		[{ policy: 'SCHED_OTHER', nice: worse, resetOnFork: true }, numbers.SCHED_OTHER | resetOnFork, worse],
	] as const)
		for (const [config, options] of [
			[{}, {}],
			[plain, nobody],
			[inUserNamespace, mapped],
		] as const)
			t.match(await look({ ...config, scheduler }, options), { policy, nice }, JSON.stringify(scheduler));
	t.match(await look({ scheduler: { policy: 'SCHED_OTHER', nice: -20 } }), { nice: -20 });
	const nicer = { under: ['nice', '-n', String(worse - own)] };
	t.match(await look(plain, nicer), { nice: worse });
	t.match(await look({ ...plain, scheduler: { policy: 'SCHED_BATCH' } }, nicer), { nice: worse });
});

/** Whether the host gives root a policy; a cgroup may have no real time. */
const gives = (...args: string[]) => spawnSync('chrt', [...args, 'true']).status === 0;
const refused = /^sched_setattr SCHED_\w+: needs CAP_SYS_NICE, and for a real-time policy time in the cgroup/;

for (const [scheduler, given] of [
	[{ policy: 'SCHED_FIFO', priority: 7 }, gives('--fifo', '7')],
	[{ policy: 'SCHED_RR', priority: 99, resetOnFork: true }, gives('--rr', '99')],
	[
		{ policy: 'SCHED_DEADLINE', runtime: 1e6, deadline: 1e7, period: 1e7 },
		gives('--deadline', '--sched-runtime=1000000', '--sched-deadline=10000000', '--sched-period=10000000', '0'),
	],
] as const)
	t.test(`${scheduler.policy}, which ${given ? 'root may have' : 'this cgroup has no time for'}`, async (t) => {
		if (given) {
			const { policy } = await look({ ...plain, scheduler });
			t.equal(policy & ~resetOnFork, numbers[scheduler.policy]);
			t.equal((policy & resetOnFork) !== 0, 'resetOnFork' in scheduler);
		} else t.match(await failure({ ...plain, scheduler }), { step: 'scheduling', errno: 1, message: refused });
		t.match(await failure({ ...plain, scheduler }, nobody), { step: 'scheduling', errno: 1, message: refused });
	});

t.test('what a policy does not take is refused by its name', async (t) => {
	for (const scheduler of [
		{ policy: 'SCHED_FIFO' },
		{ policy: 'SCHED_OTHER', priority: 1 },
		{ policy: 'SCHED_ISO' },
		{ policy: 'SCHED_DEADLINE' },
		{ policy: 'SCHED_DEADLINE', runtime: 2e7, deadline: 1e7 },
	])
		t.match(await failure({ scheduler }), {
			step: 'scheduling',
			errno: 22,
			message: `sched_setattr ${scheduler.policy}: a value that this policy does not take, or an unknown policy`,
		});
	t.match(await failure({ ...plain, scheduler: { policy: 'SCHED_OTHER', nice: -1 } }, nobody), {
		step: 'scheduling',
		errno: 1,
		message: refused,
	});
});

t.test('the io priority', async (t) => {
	const [realTime, bestEffort, idle] = [1 << 13, 2 << 13, 3 << 13];
	for (const [ioPriority, ioprio] of [
		[{ class: 'IOPRIO_CLASS_RT', priority: 0 }, realTime],
		[{ class: 'IOPRIO_CLASS_RT', priority: 7 }, realTime | 7],
		[{ class: 'IOPRIO_CLASS_BE', priority: 5 }, bestEffort | 5],
		[{ class: 'IOPRIO_CLASS_BE' }, bestEffort],
		[{ class: 'IOPRIO_CLASS_IDLE' }, idle],
	] as const)
		t.match(await look({ ioPriority }), { ioprio }, JSON.stringify(ioPriority));
	t.match(await failure({ ...plain, ioPriority: { class: 'IOPRIO_CLASS_RT' } }, nobody), {
		step: 'scheduling',
		errno: 1,
		message: /^ioprio_set: IOPRIO_CLASS_RT needs CAP_SYS_NICE/,
	});
});

t.test('the processors, and those that are not there by number', async (t) => {
	const all = (await look(plain)).cpus;
	for (const cpu of all) t.strictSame((await look({ cpuAffinity: [cpu] })).cpus, [cpu]);
	t.strictSame((await look({ cpuAffinity: all })).cpus, all);
	t.strictSame((await look({ cpuAffinity: [] })).cpus, all);
	t.ok(all.length <= cpus().length);
	for (const [cpuAffinity, missing] of [
		[[1023], 1023],
		[[...all, 1000, 1022], 1000],
	] as const)
		t.match(await failure({ cpuAffinity: [...cpuAffinity] }), {
			step: 'processors',
			errno: 0,
			message: `sched_setaffinity: processor ${missing} is not there, or not in the cpuset`,
		});
});

t.test('the limits bind the program, not the init', async (t) => {
	const rlimits = [{ type: 'RLIMIT_CPU', soft: 1, hard: 1 }];
	const { last } = await run({ rlimits, args: ['/bin/busybox', 'sh', '-c', 'while :; do :; done'] });
	t.match(last, { type: 'procExited', signal: constants.signals.SIGKILL });
});
