/** Whom the kernel killed for lack of memory: what its log says, for whose limit it was, and whether the program was among them. */
import t from 'tap';
import type { OtherLimit } from '../../controller/model/applied-limit.js';
import type { InForce } from '../../controller/report/cause.js';
import type { Usage } from '../../controller/report/usage.js';
import { verdictOf } from '../../controller/report/verdict.js';
import { type Victim, victimsIn } from '../../controller/report/victims.js';

const container = '/procready/7-0a1b2c3d-1';
const own = `/service${container}`;

const chosen = (limited: string, inside: string, name: string, pid: number) =>
	`oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,${limited},task_memcg=${inside},task=${name},pid=${pid},uid=0`;
const died = (name: string, pid: number, adjusted = 0) =>
	`Memory cgroup out of memory: Killed process ${pid} (${name}) total-vm:9000kB, anon-rss:8000kB, file-rss:192kB, shmem-rss:0kB, UID:0 pgtables:92kB oom_score_adj:${adjusted}`;
const limited = (path: string) => `oom_memcg=${path}`;

const python = {
	...{
		name: 'python3',
		pid: 40,
		rss: 8192 * 1024,
		oomScoreAdj: 100,
		cgroup: '',
		level: 'self',
		path: '',
		program: true,
	},
} as const satisfies Victim;

t.test('the lines of a kill', async (t) => {
	const lines = [chosen(limited(own), own, 'python3', 40), died('python3', 40, 100)];
	t.strictSame(victimsIn(lines, container, 40), [python]);
	t.strictSame(victimsIn(lines, container, 41), [{ ...python, program: false }]);
	t.strictSame(victimsIn(lines, container, null), [{ ...python, program: null }], 'the log has other numbers');
	t.strictSame(
		victimsIn(lines.slice(0, 1), container, 40),
		[{ ...python, rss: null, oomScoreAdj: null }],
		'the second line is not there yet',
	);
	t.strictSame(victimsIn(lines.slice(1), container, 40), [], 'the line with the path was left out');
	t.strictSame(victimsIn([died('x', 40), ...lines], container, 40), [python], 'of an earlier process of that number');
});

t.test('whose limit it was, and in which cgroup', async (t) => {
	for (const [limit, inside, expected] of [
		[limited(own), `${own}/sub`, { level: 'self', path: '', cgroup: '/sub' }],
		[limited(`${own}/sub`), `${own}/sub/a`, { level: 'below', path: '/sub', cgroup: '/sub/a' }],
		[limited('/service'), own, { level: 'ancestor', path: '/service', cgroup: '' }],
		['global_oom', own, { level: 'host', path: '', cgroup: '' }],
	] as const)
		t.match(victimsIn([chosen(limit, inside, 'a', 1)], container, null), [expected], limit);
});

t.test('what is of another container, or only looks like a line of this one', async (t) => {
	for (const line of [
		chosen(limited('/service'), `${own}1`, 'a', 1),
		chosen(limited('/service'), '/service/procready/8-0a1b2c3d-1', 'a', 1),
		chosen(limited('/x'), `/x/y,task_memcg=${own}`, 'a', 1), // a cgroup of that name
		chosen(limited('/x'), `/x${container}`, 'a,task=b', 1), // a process of that name
		`${chosen(limited(own), own, 'a', 1)} `,
	])
		t.strictSame(victimsIn([line, died('a', 1)], container, 1), [], line);
});

const usage = (oomKills: number, memory: object = {}, tasks = 9) =>
	({
		tasks: { peak: tasks, refused: 0 },
		memory: {
			peak: 4096,
			swapPeak: null,
			limitHits: 0,
			highHits: 0,
			swapHits: 0,
			oom: 0,
			groupKills: 0,
			oomKills,
			...memory,
		},
		cpu: { total: 1, user: 1, system: 0, periods: 0, throttledPeriods: 0, throttled: 0 },
		rusage: { utime: 1, stime: 1 },
	}) as unknown as Usage;

const max = [{ limit: 'memory.max', asked: '65536', value: '65536', rounded: false }];
const none: InForce = { limits: max, ancestors: [], below: [], rlimits: [], seccomp: false, timeout: undefined };
const killed = { exitCode: null, signal: 'SIGKILL', timedOut: false, killed: false };
const exited = { exitCode: 0, signal: null, timedOut: false, killed: false };
const sub = (ooms: number | null, more: object = {}): OtherLimit => ({
	...{
		limit: 'memory.max',
		path: '/sub',
		value: '8192',
		hits: ooms,
		counter: 'memory.events.local max',
		ooms,
		...more,
	},
});
const victim = (more: object = {}): Victim => ({ ...python, program: false, name: 'eater', pid: 50, ...more });

type Way = [string, typeof killed | typeof exited, Partial<InForce>, Usage, string[], RegExp];

const other = /killed 1 process, but not the program: eater \(pid 50, 8 MiB resident, oom_score_adj 100/;
const ways: Way[] = [
	[
		'the program',
		killed,
		{ victims: [python] },
		usage(1, { oom: 1 }),
		['self true'],
		/killed the program: python3 \(pid 40/,
	],
	[
		'another one, and then somebody the program',
		killed,
		{ victims: [victim()] },
		usage(1, { oom: 1 }),
		['self false'],
		other,
	],
	[
		'the log may not be read',
		killed,
		{ victims: null },
		usage(1, { oom: 1 }),
		['self null'],
		/one of them is not known/,
	],
	['the log has lost it', killed, { victims: [] }, usage(1, { oom: 1 }), ['self null'], /one of them is not known/],
	['one of two is known', killed, { victims: [victim()] }, usage(2, { oom: 2 }), ['self null'], /killed 2 processes/],
	['there was nobody else', killed, { victims: null }, usage(1, { oom: 1 }, 1), ['self true'], /killed the program/],
	[
		'all together',
		killed,
		{ victims: [victim()] },
		usage(3, { oom: 1, groupKills: 1 }),
		['self true'],
		/the program and all of the container together/,
	],
	['a child', exited, { victims: null }, usage(1, { oom: 1 }), ['self false'], /killed 1 process\.$/],
	[
		'a limit below',
		exited,
		{ below: [sub(1)], victims: null },
		usage(1),
		['below false'],
		/8 KiB of the cgroup \/sub below was exceeded/,
	],
	[
		'a limit below that is gone',
		exited,
		{ below: [sub(1, { path: '', value: '' })], victims: null },
		usage(1),
		['below false'],
		/^The memory limit of a cgroup below that was removed/,
	],
	[
		'below, and its own is only near',
		exited,
		{ below: [sub(1)], victims: null },
		usage(1, { peak: 65_536 }),
		['below false'],
		/\/sub/,
	],
	[
		'both',
		exited,
		{ below: [sub(1)], victims: null },
		usage(2, { oom: 1 }),
		['below false', 'self false'],
		/\/sub below was exceeded, and the kernel killed others/,
	],
	[
		'both, and the log says who was whose',
		killed,
		{ below: [sub(1)], victims: [python, victim({ level: 'below', path: '/sub', cgroup: '/sub' })] },
		usage(2, { oom: 1 }),
		['self true', 'below false'],
		/64 KiB was exceeded, and the kernel killed the program: python3/,
	],
	[
		'v1, below: the lowest that was reached',
		exited,
		{ below: [sub(null, { ooms: undefined, hits: 0, peak: 8192, kills: 1 })], victims: null },
		usage(1, { oom: null, limitHits: null, peak: 65_536 }),
		['below false'],
		/\/sub/,
	],
	[
		'v1, of a cgroup that is gone: only the log knows',
		exited,
		{ victims: [victim({ cgroup: '/gone' })] },
		usage(0, { oom: null, limitHits: null, peak: 65_536 }),
		['self false'],
		/killed 1 process: eater \(pid 50, .* in the cgroup \/gone below\)/,
	],
	[
		'a limit above that nobody here can see',
		killed,
		{ victims: [victim({ level: 'ancestor', path: '/pod', program: true })] },
		usage(1),
		['ancestor true'],
		/^The memory limit of \/pod was exceeded/,
	],
];

t.test('each way has its verdict', async (t) => {
	for (const [name, how, inForce, used, expected, sentence] of ways) {
		const { causes } = verdictOf(how, { ...none, ...inForce }, used);
		t.strictSame(
			causes.map(({ level, fatal }) => `${level} ${fatal}`),
			expected,
			name,
		);
		t.match(causes[0]?.sentence, sentence, name);
	}
	const { sentence } = verdictOf(killed, { ...none, victims: null }, usage(1, { oom: 1 }));
	t.match(sentence, /for a limit that was hit, or somebody has sent it/);
});
