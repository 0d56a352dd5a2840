/** What is seen of the cgroups around a command, and said of it: on trees of cgroup v2 and v1 that other hosts have. */
import t from 'tap';
import { watchCgroups } from '../../controller/cgroup/observe.js';
import { machine, replace } from '../../controller/host/machine.js';
import type { Located } from '../../controller/model/host.js';
import type { Ended } from '../../controller/report/cause.js';
import { observedNotes } from '../../controller/report/observed.js';
import type { Usage } from '../../controller/report/usage.js';
import { verdictOf } from '../../controller/report/verdict.js';
import type { Victim } from '../../controller/report/victims.js';

const MiB = 2 ** 20;
const self = machine.self().pid;
const command = 500_001;
const outer = 500_000;

type Files = Record<string, string>;

/** Processes as proc(5) has them: pid, parent, session. */
const processes = [
	[self, 1, 1],
	[outer, self, outer],
	[command, outer, command],
	[500_002, command, command],
	[500_003, 1, 7],
] as const;
const family = [self, outer, command, 500_002];
const stranger = 500_003;

function reading<T>(files: Files, act: () => T): T {
	const stats = processes.map(([pid, parent, session]) => [
		`/proc/${pid}/stat`,
		`${pid} (x) S ${parent} ${session} ${session} ${'0 '.repeat(15)}${pid} `,
	]);
	const all = new Map([...Object.entries(files), ...(stats as [string, string][])]);
	const absent = () => {
		throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
	};
	using _ = replace({
		readText: (path) => all.get(path) ?? absent(),
		exists: (path) => all.has(path) || [...all.keys()].some((one) => one.startsWith(`${path}/`)),
		status: (path) =>
			[...all.keys()].some((one) => one.startsWith(`${path}/`))
				? ({ links: 3 } as ReturnType<typeof machine.status>)
				: undefined,
		listDirectories: (path) => {
			const below = [...all.keys()]
				.filter((one) => one.startsWith(`${path}/`))
				.map((one) => one.slice(path.length + 1).split('/'));
			return [...new Set(below.filter(({ length }) => length > 1).map(([name]) => name as string))];
		},
	});
	return act();
}

const usage = { memory: {}, tasks: {}, cpu: {}, rusage: {} } as Usage;
const exited: Ended = { exitCode: 0, signal: null, timedOut: false, killed: false };
const killed: Ended = { exitCode: null, signal: 'SIGKILL', timedOut: false, killed: false };

interface Seen {
	located: Located;
	before: Files;
	after?: Files;
	ended?: Ended;
	victims?: Victim[];
}

function seen({ located, before, after = {}, ended = exited, victims }: Seen) {
	const watching = reading(before, () => watchCgroups([located]));
	reading(before, () => watching.baseline({ pid: command, own: () => [self, outer] }));
	const observed = reading({ ...before, ...after }, () => watching.read());
	const none = { limits: [], ancestors: [], below: [], rlimits: [], seccomp: false, timeout: undefined };
	const verdict = verdictOf(ended, { ...none, observed, victims: victims ?? null }, usage);
	const causes = verdict.causes.map(({ limit, level, path = '', fatal }) =>
		`${limit} ${level} ${path}`.trim().concat(fatal ? '!' : fatal === null ? '?' : ''),
	);
	return {
		observed,
		causes,
		said: verdict.causes.map(({ sentence }) => sentence).join('\n') || verdict.sentence,
		watching,
	};
}

/** A container's cgroup namespace on v2: its own cgroup is the root that it sees. */
const namespace: Located = { version: 2, controllers: [], mountPoint: '/cg', own: '/cg' };
const inNamespace = (pids: readonly number[], more: Files = {}): Files => ({
	'/cg/cgroup.procs': pids.join('\n'),
	'/cg/cgroup.controllers': 'cpu memory pids io',
	'/cg/cgroup.type': 'domain',
	'/cg/memory.max': String(64 * MiB),
	'/cg/memory.events.local': 'low 0\nhigh 0\nmax 5\noom 1\noom_kill 1',
	'/cg/memory.events': 'low 0\nhigh 0\nmax 5\noom 1\noom_kill 1',
	'/cg/pids.max': '20',
	'/cg/pids.events.local': 'max 4',
	'/cg/pids.events': 'max 4',
	'/cg/cpu.max': '50000 100000',
	'/cg/cpu.stat': 'usage_usec 100\nnr_periods 10\nnr_throttled 3\nthrottled_usec 1000',
	...more,
});
const oom = (file: string, max: number, oom: number, kills: number): Files => ({
	[file]: `low 0\nhigh 0\nmax ${max}\noom ${oom}\noom_kill ${kills}`,
});

t.test('cgroup v2, in a cgroup namespace as a container has it', async (t) => {
	const before = inNamespace(family);
	t.strictSame(seen({ located: namespace, before }).causes, [], 'what was counted before is nothing');
	const { observed, watching } = seen({ located: namespace, before });
	t.equal(watching.settling, 100);
	t.match(observed.cgroups, [{ path: '/cg', own: true, shared: false, hidesOthers: true, limits: { length: 3 } }]);

	const child = seen({ located: namespace, before, after: oom('/cg/memory.events.local', 9, 2, 2) });
	t.strictSame(child.causes, ['memory.max self /cg']);
	t.equal(
		child.said,
		'The memory limit of 64 MiB of /cg was exceeded, and the kernel killed 1 process that the command had started.',
	);
	const own = seen({ located: namespace, before, after: oom('/cg/memory.events.local', 9, 2, 2), ended: killed });
	t.strictSame(own.causes, ['memory.max self /cg?']);
	t.match(own.said, /killed 1 process: the command, or one that it started\.$/);

	const above = seen({ located: namespace, before, after: oom('/cg/memory.events.local', 5, 1, 2) });
	t.strictSame(above.causes, ['memory ancestor'], 'its own limit was not exceeded');
	t.match(
		above.said,
		/^The kernel killed 1 process .* which cannot be seen from here, or the host was out of memory\.$/,
	);

	const reclaimed = seen({ located: namespace, before, after: oom('/cg/memory.events.local', 8, 1, 1) });
	t.match(reclaimed.said, /was reached 3 times, by the command, and nobody was killed/);
	t.match(seen({ located: namespace, before, ended: killed }).said, /so somebody has sent it\.$/);

	const forks = seen({ located: namespace, before, after: { '/cg/pids.events.local': 'max 6' } });
	t.strictSame(forks.causes, ['pids.max self /cg']);
	t.equal(forks.said, 'The limit of 20 tasks of /cg was hit: 2 forks of the command refused.');
	const stat = 'usage_usec 100\nnr_periods 14\nnr_throttled 6\nthrottled_usec 91000';
	const cpu = seen({ located: namespace, before, after: { '/cg/cpu.stat': stat } });
	t.equal(
		cpu.said,
		'The limit of 0.5 processors of /cg was hit by the command: all in it was throttled in 3 of 4 periods, for 90 ms in all.',
	);
});

t.test('what procready itself has used of the processors is no doing of the command', async (t) => {
	const before = inNamespace(family);
	/** Microseconds of all in the cgroup, and of procready among them; 50,000 are allowed in a period. */
	const throttled = (total: number, ours: number) => {
		let calls = 0;
		using _ = replace({ processorTime: () => (calls++ === 0 ? 1_000_000 : 1_000_000 + ours) });
		const stat = `usage_usec ${100 + total}\nnr_periods 14\nnr_throttled 6\nthrottled_usec 91000`;
		const { causes, said, observed } = seen({ located: namespace, before, after: { '/cg/cpu.stat': stat } });
		return { causes, said, notes: observedNotes(observed) };
	};
	const cause = ['cpu.max self /cg'];
	t.match(throttled(99_999, 49_999), { causes: cause, said: /was hit by the command: all/, notes: [] });
	t.match(throttled(100_000, 50_000), { causes: cause, said: /hit by the command, or procready itself: /, notes: [] });
	t.strictSame(throttled(99_999, 50_000), {
		causes: [],
		said: 'It exited with status 0.',
		notes: ['procready itself has hit the limit of 0.5 processors of /cg in 3 periods: times may be longer for that'],
	});
});

t.test('others in the cgroup: before, during, after, in one below, and in another pid namespace', async (t) => {
	const after = oom('/cg/memory.events.local', 9, 2, 2);
	const another = /: one that the command had started, or another process of the cgroup \/cg\.$/;
	const shared: [string, Files, Files][] = [
		['before', inNamespace([...family, stranger]), { '/cg/cgroup.procs': family.join('\n') }],
		['after', inNamespace(family), { '/cg/cgroup.procs': [...family, stranger].join('\n') }],
		['below', inNamespace(family, { '/cg/x/cgroup.procs': String(stranger) }), {}],
		['in another pid namespace', inNamespace([...family, 0]), {}],
		['not to be seen in /proc', inNamespace([...family, 99]), {}],
	];
	for (const [when, before, then] of shared) {
		const { said, observed } = seen({ located: namespace, before, after: { ...after, ...then } });
		t.match(said, another, when);
		t.match(observed.cgroups, [{ shared: true }]);
	}
	const before = inNamespace(family);
	const watching = reading(before, () => watchCgroups([namespace]));
	reading(before, () => watching.baseline({ pid: command, own: () => [self, outer] }));
	reading(inNamespace([...family, stranger]), () => watching.look());
	t.equal(reading(before, () => watching.read()).cgroups[0]?.shared, true, 'during');

	const { '/cg/cgroup.procs': _, ...threaded } = inNamespace(family);
	t.match(seen({ located: namespace, before: { ...threaded, '/cg/cgroup.threads': '' } }).observed.cgroups, []);
});

t.test('cgroup v2 of a host: limits above, and a cgroup without the controllers', async (t) => {
	const located: Located = { version: 2, controllers: [], mountPoint: '/cg', own: '/cg/slice/service/leaf' };
	const before: Files = {
		'/cg/cgroup.procs': '1',
		'/cg/cgroup.controllers': 'cpu memory pids',
		'/cg/slice/cgroup.procs': '',
		'/cg/slice/cgroup.type': 'domain',
		'/cg/slice/cgroup.controllers': 'cpu memory pids',
		'/cg/slice/memory.max': String(512 * MiB),
		'/cg/slice/service/cgroup.procs': '',
		'/cg/slice/service/cgroup.type': 'domain',
		'/cg/slice/service/cgroup.controllers': 'memory',
		'/cg/slice/service/memory.max': 'max',
		'/cg/slice/service/leaf/cgroup.procs': family.join('\n'),
		'/cg/slice/service/leaf/cgroup.type': 'domain',
		'/cg/slice/service/leaf/cgroup.controllers': '',
		...oom('/cg/slice/memory.events.local', 0, 0, 0),
		...oom('/cg/slice/service/memory.events.local', 0, 0, 0),
		'/cg/slice/pids.max': '100',
		'/cg/slice/pids.events': 'max 0',
		'/cg/slice/pids.peak': '30',
	};
	const after = {
		...oom('/cg/slice/memory.events.local', 7, 1, 0),
		...oom('/cg/slice/service/memory.events.local', 0, 0, 1),
	};
	const { causes, said, observed } = seen({ located, before, after, ended: killed });
	t.strictSame(causes, ['memory.max ancestor /cg/slice?'], 'counted in the nearest cgroup that counts memory');
	t.match(
		said,
		/^The memory limit of 512 MiB of \/cg\/slice was exceeded, and the kernel killed 1 process: the command, or one that it started\.$/,
	);
	t.strictSame(
		observed.cgroups.map(({ path, own, hidesOthers }) => [path, own, hidesOthers]),
		[
			['/cg/slice/service', false, false],
			['/cg/slice', false, false],
		],
	);
	const elsewhere = seen({ located, before, after: oom('/cg/slice/memory.events.local', 7, 1, 0) });
	t.match(elsewhere.said, /was reached 7 times, by the command, and nobody was killed for that where the command is/);
	const hostOut = seen({ located, before, after: oom('/cg/slice/service/memory.events.local', 0, 0, 1) });
	t.strictSame(hostOut.causes, ['memory host']);
	t.match(hostOut.said, /no limit that was set was reached, so the host was out of memory/);
	const old = seen({ located, before, after: { '/cg/slice/pids.events': 'max 2', '/cg/slice/pids.peak': '100' } });
	t.strictSame(old.causes, ['pids.max ancestor /cg/slice'], 'a kernel before Linux 6.11');

	const victim = { name: 'a', pid: command, rss: 1, oomScoreAdj: 0, cgroup: '', program: true };
	const logged = seen({
		...{ located, before, after, ended: killed },
		victims: [{ ...victim, level: 'ancestor', path: '/slice' }],
	});
	t.strictSame(logged.causes, ['memory.max ancestor /cg/slice!']);
	const host = seen({ located, before, after, ended: killed, victims: [{ ...victim, level: 'host', path: '' }] });
	t.match(
		host.said,
		/^The kernel killed the command: a \(pid \d+\) for lack of memory: the host was out of memory\.$/m,
	);
	const other = { ...victim, pid: stranger, program: false, level: 'ancestor' as const, path: '/slice' };
	t.strictSame(seen({ located, before, after, ended: killed, victims: [other] }).causes, [
		'memory.max ancestor /cg/slice',
	]);
});

t.test('cgroup v1: the count of the limit, that of memory and swap together, and the peak', async (t) => {
	const located: Located = { version: 1, controllers: ['memory'], mountPoint: '/m', own: '/m/job' };
	const before: Files = {
		'/m/release_agent': '',
		'/m/cgroup.procs': '1',
		'/m/memory.limit_in_bytes': '9223372036854771712',
		'/m/job/cgroup.procs': family.join('\n'),
		'/m/job/memory.limit_in_bytes': String(64 * MiB),
		'/m/job/memory.failcnt': '3',
		'/m/job/memory.memsw.failcnt': '0',
		'/m/job/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2',
		'/m/job/memory.max_usage_in_bytes': String(20 * MiB),
	};
	const kill = { '/m/job/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3' };
	const grown: [string, Files][] = [
		['failcnt', { '/m/job/memory.failcnt': '4' }],
		['memsw.failcnt', { '/m/job/memory.memsw.failcnt': '1' }],
		['peak', { '/m/job/memory.max_usage_in_bytes': String(64 * MiB) }],
	];
	for (const [what, after] of grown)
		t.strictSame(seen({ located, before, after: { ...kill, ...after } }).causes, ['memory.max self /m/job'], what);
	t.strictSame(seen({ located, before, after: kill }).causes, ['memory host'], 'none of them: no limit was reached');
	const peaked = { ...before, '/m/job/memory.max_usage_in_bytes': String(64 * MiB) };
	t.strictSame(seen({ located, before: peaked, after: kill }).causes, ['memory host'], 'the peak is from before');
});

t.test('a cgroup that is not that of this process, and none', async (t) => {
	const before = inNamespace([1, 2]);
	const foreign = seen({ located: namespace, before, ended: killed });
	t.strictSame(foreign.observed.cgroups, []);
	t.match(foreign.said, /no counter that can be read here says which/);
	t.strictSame(reading({}, () => watchCgroups([])).settling, 0);
});

t.test('SIGKILL for a limit of processor time: whose it was', async (t) => {
	const observed = { ...seen({ located: namespace, before: inNamespace(family) }).observed };
	const at = (hard: number) => {
		const process = { cpuTime: 2e6, rlimits: [{ type: 'RLIMIT_CPU' as const, soft: 2, hard: 2 }] };
		const inForce = { limits: [], ancestors: [], below: [], seccomp: false, timeout: undefined, observed };
		return verdictOf(
			{ ...killed, process },
			{ ...inForce, rlimits: [{ type: 'RLIMIT_CPU', soft: hard, hard }] },
			usage,
		);
	};
	t.match(at(2).causes, [{ limit: 'RLIMIT_CPU', sentence: /that the command was started with\.$/ }]);
	t.match(at(-1).causes, [{ sentence: /that the command has set itself\.$/ }]);
	t.match(at(5).causes, [{ sentence: /that the command has set itself\.$/ }]);
});
