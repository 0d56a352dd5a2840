/** Suites as they are read: defaults, matrices, commands, limits by their names. */
import t from 'tap';
import { parse } from '../../controller/flags/arguments.js';
import { type ContainerValues, commandLineOf, flags, optionsOf } from '../../controller/flags/options.js';
import { findSuites } from '../../controller/harness/suite/load.js';
import { selectCases } from '../../controller/harness/suite/select.js';
import { wordsOf } from '../../controller/harness/suite/words.js';
import type { Options } from '../../controller/model/options.js';
import { specOf } from '../../controller/plan/specify.js';
import { suiteOf } from '../support/suites.js';

t.test('a case takes what the defaults say, member by member', async (t) => {
	const { cases, name, directory } = suiteOf(`
command: [server, --port, 80]
defaults:
  limits: { memory.max: 64M, pids.max: 4 }
  env: { A: 1, B: x }
  timeout: 5s
  expect: { exitCode: 0, stdout: x }
cases:
  - name: one
    limits: { pids.max: 8 }
    env: { B: true }
    expect: { stdout: y }
  - name: two
    shell: echo
    args: [3]
    timeout: 100ms
    cwd: sub
`);
	t.equal(name, 'a');
	t.equal(directory, '/suites');
	t.match(cases, [
		{
			args: ['server', '--port', '80'],
			options: { limits: { memory: '64M', pids: '8' }, env: { A: '1', B: 'true' }, timeout: '5s', cwd: '/suites' },
			expect: { exitCode: 0, stdout: 'y' },
			repeat: 1,
			retry: 0,
			only: false,
			skip: undefined,
		},
		{ args: ['sh', '-c', 'echo', 'sh', '3'], options: { timeout: '100ms', cwd: '/suites/sub' } },
	]);
	t.match(suiteOf('shell: x\ncases: [{ name: y }]').cases, [
		{ expect: { verdict: 'passed' }, options: { timeout: '1m' }, args: ['sh', '-c', 'x'] },
	]);
});

t.test('a matrix is one case for each combination, and its values stand in texts', async (t) => {
	const { cases } = suiteOf(`
command: [prog, '\${pids.max}']
cases:
  - name: many
    matrix: { pids.max: [1, 2], memory.max: [1M, 2M], env.MODE: [fast] }
    expect: { usage: { tasks.peak: '<= \${pids.max}' } }
  - name: with \${rlimits.nofile} files
    matrix: { rlimits.nofile: [10, 20] }
`);
	t.strictSame(
		cases.map((one) => one.name),
		[
			'many [pids.max=1, memory.max=1M, env.MODE=fast]',
			'many [pids.max=1, memory.max=2M, env.MODE=fast]',
			'many [pids.max=2, memory.max=1M, env.MODE=fast]',
			'many [pids.max=2, memory.max=2M, env.MODE=fast]',
			'with 10 files',
			'with 20 files',
		],
	);
	t.match(cases[3], {
		args: ['prog', '2'],
		options: { limits: { pids: '2', memory: '2M' }, env: { MODE: 'fast' } },
		expect: { usage: { 'tasks.peak': '<= 2' } },
	});
	t.match(cases[4], { options: { rlimits: { nofile: 10 } } });
});

t.test('limits by the names of their files, or as options', async (t) => {
	const { cases } = suiteOf(`
command: a
cases:
  - name: x
    limits:
      memory.oom.group: 1
      cpu.idle: true
      cpu.max: 0.5
      cpuset.cpus: 0-1
      hugetlb.2MB.max: 4M
      io.max: '8:0 wbps=1000'
      memory.zswap.max: 1M
      cgroup.max.depth: 2
      memoryHigh: 3M
      set: { memory.low: 5 }
`);
	t.strictSame(cases[0]?.options.limits, {
		oomGroup: true,
		cpuIdle: true,
		cpu: '0.5',
		cpus: '0-1',
		hugetlb: { '2MB': '4M' },
		memoryHigh: '3M',
		set: { 'io.max': '8:0 wbps=1000', 'memory.zswap.max': '1M', 'cgroup.max.depth': '2', 'memory.low': '5' },
	});
});

t.test('what takes time runs alone', async (t) => {
	for (const [expect, alone] of [
		['{}', false],
		['{ usage: { memory.peak: 1 }, hits: { pids.max: 1 } }', false],
		['{ wall: 1s }', true],
		['{ usage: { pressure.cpu.some: 0 } }', true],
		['{ hits: { cpu.max: 1 } }', true],
	] as const)
		t.equal(suiteOf(`command: a\ncases: [{ name: x, expect: ${expect} }]`).cases[0]?.alone, alone, expect);
	t.equal(suiteOf('command: a\ncases: [{ name: x, alone: false, expect: { wall: 1s } }]').cases[0]?.alone, false);
});

t.test('the words of a command', async (t) => {
	for (const [command, ...words] of [
		['ls', 'ls'],
		['  ls   -l /tmp ', 'ls', '-l', '/tmp'],
		[`echo 'a b' "c 'd'" e\\ f ''`, 'echo', 'a b', "c 'd'", 'e f', ''],
		["echo \"a\\\"b\" 'c$d|e' x='y'z", 'echo', 'a"b', 'c$d|e', 'x=yz'],
		[`cat \${CASE_DIR}/x`, 'cat', `\${CASE_DIR}/x`],
	] as const)
		t.strictSame(wordsOf(command, '/command'), words, command);
	for (const command of ['a | b', 'a; b', 'a > b', 'a $B', 'a `b`', 'a *', 'a &', '~/a', "a 'b", 'a "b', 'a \\', ' '])
		t.throws(() => wordsOf(command, '/command'), { code: 'option-invalid', where: '/command' }, command);
});

t.test('paths begin in the directory of the suite, unless they are in one of its own', async (t) => {
	const [ofCase, ofSuite] = [`\${CASE_DIR}/x`, `\${SUITE_DIR}/root`];
	const mounts = `[{ destination: /x, type: bind, source: '${ofCase}' }, { destination: /y, type: bind, source: y }]`;
	const options = (text: string) => suiteOf(`command: a\ncases: [{ name: x, ${text} }]`).cases[0]?.options;
	t.match(options(`rootfs: '${ofSuite}', mounts: ${mounts}`), {
		rootfs: ofSuite,
		mounts: [{ source: ofCase }, { source: '/suites/y' }],
	});
	t.match(options("rootfs: root, cwd: '/'"), { rootfs: '/suites/root', cwd: '/' });
	t.match(options(`cwd: '${ofCase}'`), { cwd: ofCase });
});

t.test('YAML has anchors, and JSON is YAML', async (t) => {
	const { cases } = suiteOf(`
command: a
defaults: &all { limits: { pids.max: 1 } }
cases:
  - { name: x, <<: *all, timeout: 1s }
`);
	t.match(cases[0]?.options, { limits: { pids: '1' }, timeout: '1s' });
	t.equal(suiteOf('{"name": "n", "command": ["a"], "cases": [{"name": "x"}]}').name, 'n');
});

t.test('the files that are found, in order', async (t) => {
	const dir = t.testdir({
		'procready.yaml': '',
		'b.procready.yml': '',
		'notprocready.yaml': '',
		sub: { 'a.procready.json': '', 'other.yaml': '' },
		'.hidden': { 'procready.yaml': '' },
		node_modules: { x: { 'procready.yaml': '' } },
	});
	t.strictSame(
		findSuites(dir).map((file) => file.slice(dir.length + 1)),
		['b.procready.yml', 'procready.yaml', 'sub/a.procready.json'],
	);
});

t.test('cases are selected by their names', async (t) => {
	const suite = suiteOf('name: s\ncommand: a\ncases: [{ name: xyz }, { name: abc }]');
	const names = (texts: string[]) => selectCases([suite], texts).flatMap(({ cases }) => cases.map(({ name }) => name));
	t.strictSame(names(['y']), ['xyz']);
	t.strictSame(names(['y', 's: a']), ['xyz', 'abc']);
	t.throws(() => names(['q']), { code: 'option-invalid', message: /no case has "q" in its name/ });
});

t.test('options become a command line that stands for them', async (t) => {
	const given: Options = {
		limits: {
			pids: 4,
			memory: '64M',
			swap: 0,
			oomGroup: true,
			cpu: '20000 50000',
			cpus: [0, 1],
			io: [{ device: '8:0', wbps: '1M', riops: 10 }],
			hugetlb: { '2MB': '4M' },
			rdma: { mlx: { hcaHandles: 2 } },
			misc: { sev: 1 },
			devices: [{ allow: false }, { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' }],
			set: { 'memory.low': 5 },
		},
		timeout: '10s',
		env: { A: '1', B: 'x y' },
		extendEnv: false,
		cwd: '/tmp',
		user: '1:2',
		groups: ['3'],
		umask: 0o77,
		capDrop: ['ALL'],
		capAdd: ['CAP_KILL'],
		noNewPrivileges: false,
		rlimits: { nofile: '10:20', core: 0 },
		oomScoreAdj: -5,
		scheduler: { policy: 'batch', nice: 3, flags: ['SCHED_FLAG_RESET_ON_FORK'] },
		ioPriority: { class: 'be', priority: 7 },
		cpuAffinity: '0-1',
		rootfs: '/srv',
		readonly: true,
		mounts: [{ destination: '/x', type: 'bind', source: '/y', options: ['rbind', 'rprivate', 'ro'] }],
		maskedPaths: ['/proc/kcore', '/secret'],
		namespaces: { cgroup: 'host' },
		network: 'none',
		uidMappings: [{ containerID: 0, hostID: 1000, size: 10 }],
		timeOffsets: { boottime: 7 },
		hostname: 'h',
		hosts: { 'a.example': '10.0.0.1', six: 'fd00::1' },
		refuseForks: [1, 3],
		schedule: [
			{ at: 200, set: { memory: '32M', set: { 'memory.low': 1 } }, freeze: '1s' },
			{ on: 'pids.max', hits: 2, signal: 'SIGTERM' },
		],
		sysctl: { 'kernel.shmmax': '1' },
		init: true,
	};
	const { words, unsaid } = commandLineOf(['prog', '-x'], given);
	t.strictSame(unsaid, []);
	const { values, command } = parse(words.slice(2), flags, 'run');
	t.strictSame(command, ['prog', '-x']);
	const spec = (options: Options) => specOf(['prog', '-x'], options);
	t.strictSame(spec(optionsOf(values as ContainerValues)), spec(given));
	t.strictSame(commandLineOf(['a'], { capabilities: {}, network: { hairpinMode: true } }).unsaid, [
		'capabilities',
		'network',
	]);
});
