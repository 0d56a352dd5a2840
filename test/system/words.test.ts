/** What is wrong on a command line is said in words of the command line: the flag at fault, and what it takes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { reportFlags } from '../../controller/flags/flags.js';
import { flags } from '../../controller/flags/options.js';
import { cli } from '../support/paths.js';

type Row = [args: string[], said: RegExp | string];

const size = 'is not a size: a whole positive number of bytes such as 65536, 64K, 1.5M or 2G, or max';
const time = 'is not a positive time such as 500ms, 10s, 1m30s, 5m or 1h, of at most 24 days';
const directory = mkdtempSync(join(tmpdir(), 'procready-test-'));
t.teardown(() => rmSync(directory, { recursive: true }));
const emptyProfile = join(directory, 'empty.json');
writeFileSync(emptyProfile, '{}');
const bridge = ['--net', 'bridge=procready-none', '--ip', '10.9.8.7/24'];

/** Each is followed by `-- true`. */
const rows: Row[] = [
	[['--pids-max', 'x'], '--pids-max: "x" is not a number of tasks: an integer from 0 to 4194304, or max'],
	[
		['--memory-max', '64KB'],
		/^--memory-max: "64KB" is not a size: KB could mean powers of 1024 or of 1000 bytes: write 64KiB, or 64000$/,
	],
	...['memory-max', 'memory-high', 'memory-low', 'memory-min', 'memory-swap-max', 'output-max'].map(
		(flag): Row => [[`--${flag}`, 'x'], `--${flag}: "x" ${size}`],
	),
	[['--cpu-max', '0'], /^--cpu-max: "0" is not a number of processors from 0\.001, /],
	[['--cpu-max-burst', 'x'], '--cpu-max-burst: "x" is not an integer'],
	[['--cpu-max-burst', '1000001'], '--cpu-max-burst: 1000001 is not an integer from 0 to 1000000'],
	[
		['--cpu-max', '0.1', '--cpu-max-burst', '10001'],
		'--cpu-max-burst: 10001 is more than the quota of cpu.max, 10000 microseconds',
	],
	[['--cpu-time', 'x'], `--cpu-time: "x" ${time}`],
	[['--cpu-time', 'infinity'], `--cpu-time: "infinity" ${time}; no limit is written max`],
	...['0', '0s', 'infinity', 'max'].map(
		(none): Row => [['--timeout', none], `--timeout: "${none}" ${time}; there is no time-out where none is given`],
	),
	[['--setup-timeout', 'soon'], `--setup-timeout: "soon" ${time}`],
	[['--cpu-weight', '0'], '--cpu-weight: 0 is not an integer from 1 to 10000'],
	[['--io-weight', '10001'], '--io-weight: 10001 is not an integer from 1 to 10000'],
	...['x', ',', '0,,1', '3-1', '0-99999999999', '99999999999999999999'].map(
		(list): Row => [['--cpuset-cpus', list], `--cpuset-cpus: "${list}" is not a list such as 0-3,7`],
	),
	[['--cpuset-mems', 'x'], '--cpuset-mems: "x" is not a list such as 0-3,7'],
	[['--io-max', '8:0 rbps=x'], `--io-max: "x" ${size}`],
	[['--hugetlb-max', '2MB=x'], `--hugetlb-max 2MB: "x" ${size}`],
	[['--rdma-max', 'x y=1'], '--rdma-max: y is neither hca_handle nor hca_object'],
	[['--seccomp'], /^--seccomp: a value is missing: --seccomp FILE; see /],
	[['--pids-max', '--memory-max', '1M'], /^--pids-max: a value is missing: --pids-max N; see /],
	[['--signal', 'nonsense'], /^--signal: is not an option of procready run; see /],
	[['--at', '5:memroy.max=5'], '--at: "memroy.max" is not a limit; did you mean "memory.max"?'],
	[['--at', '5:freez=1s'], '--at: "freez" is not a limit; did you mean "freeze"?'],
	[['--misc-max', 'x'], '--misc-max: "x" is not of the form NAME=VALUE'],
	...['-1', '99999999999999999999'].flatMap((number): Row[] => [
		[['--misc-max', `sev=${number}`], `--misc-max: "${number}" is not an integer from 0 to 9007199254740991`],
		[['--rdma-max', `x hca_handle=${number}`], `--rdma-max: "${number}" is not an integer from 0 to 9007199254740991`],
	]),
	[['--tmpfs', '/x:size=x'], `--tmpfs: /x:size=x: "x" ${size}`],
	[
		['--mount', 'type=tmpfs,dst=/x,size=64MB'],
		/^--mount: type=tmpfs,dst=\/x,size=64MB: "64MB" is not a size: MB could mean /,
	],
	[['--device-rule', 'x'], /^--device-rule: "x" is not of the form /],
	[['--link', 'rate=x'], /^--link rate: "x" is neither a rate /],
	[['--set', 'x'], '--set: "x" is not of the form NAME=VALUE'],
	[
		['--set', 'memroy.max=1M'],
		/^memroy\.max: this host has no cgroup controller "memroy"; did you mean "memory\.max"\?; it has /,
	],
	[['--set', 'memory.maxx=1M'], /^memory\.maxx: .* has no file of this name; did you mean "memory\.max"\?; it takes /],
	[['--set', 'memory.zswap.max='], '--set memory.zswap.max: is empty: write a value'],
	[['--set', 'memory.max='], '--set memory.max: is empty: write a value'],
	[['--set', 'memory.max=x'], `--set memory.max: "x" ${size}`],
	[['--set', 'cpu.weight=0'], '--set cpu.weight: 0 is not an integer from 1 to 10000'],
	[['--set', 'cpu.max=2'], '--set cpu.max: 2 could be processors or microseconds: write 2.0 or "2 100000"'],
	[['--set', 'cpu.max.burst=x'], '--set cpu.max.burst: "x" is not an integer'],
	[['--set', 'memory.oom.group=2'], '--set memory.oom.group: "2" is neither 0 nor 1'],
	[['--set', 'hugetlb.2MB.max=x'], `--set hugetlb.2MB.max: "x" ${size}`],
	[['--set', 'io.max=8:0'], /^--set io\.max: "8:0" is not of the form /],
	[['--set', '../x=5'], '--set ../x: is not the name of a cgroup file'],
	[['--set', 'memory.max=8M', '--memory-max', '4M'], '--set memory.max: is given twice, also as --memory-max'],
	[['--user', 'a:b:c'], '--user: "a:b:c" is not of the form USER or USER:GROUP'],
	[['--group', '5x'], /^--group: "5x" is neither a number /],
	[['--env', '=5'], '--env: "=5" is not of the form NAME=VALUE'],
	[['--umask', '9'], '--umask: "9" is not a umask: octal digits, 0 to 777'],
	[['--cap-add', 'X'], '--cap-add: "X" is not a capability, see capabilities(7)'],
	[['--cap-drop', 'X'], '--cap-drop: "X" is not a capability, see capabilities(7)'],
	[['--rlimit', 'core=x'], /^--rlimit core: "x" is not of the form N or SOFT:HARD/],
	[['--scheduler', 'X'], /^--scheduler: SCHED_X is none of /],
	[['--nice', '20'], '--nice: must be at most 19'],
	[['--io-priority', 'BE:8'], '--io-priority: must be at most 7'],
	[['--oom-score-adj', '1001'], '--oom-score-adj: must be at most 1000'],
	[['--timer-slack', '0'], '--timer-slack: must be at least 1'],
	[['--cpu-affinity', 'x'], /^--cpu-affinity: "x" is not a list of processors /],
	[['--personality', 'X'], '--personality: must be one of LINUX, LINUX32'],
	[['--keyring', 'x'], '--keyring: must be one of new, caller'],
	[
		['--seccomp', '/nowhere'],
		'--seccomp: cannot read /nowhere: ENOENT: it is not there, or the directory above it is not',
	],
	[['--console-socket', '/x'], '--console-socket: gets the terminal of the program, which has none: ask for one'],
	[['--preserve-fds', '251'], '--preserve-fds: 251 is not a number from 0 to 250'],
	[['--parent-death-signal', 'SIGX'], /^--parent-death-signal: "SIGX" is not a signal/],
	[['--read-only'], '--read-only: is for a root file system of its own, and none is given'],
	[['--volume', 'x'], '--volume: "x" is not of the form SRC:/DST or SRC:/DST:OPTION,…'],
	[['--volume', '/tmp:/proc/x'], /^--volume: \/tmp:\/proc\/x: nothing is mounted below /],
	[['-v', '/:/x:idmap'], '--volume: /x: idmap needs maps of ids, its own or those of a new user namespace'],
	[['--tmpfs', '/proc'], '--tmpfs: /proc: must be proc, or a bind of one'],
	[['--mount', 'dst=/x'], '--mount: "dst=/x" has no src=PATH'],
	[['--mount', 'src=/,dst=/x,options=rw'], /^--mount: src=.*: options=rw is not an option of a bind$/],
	[['--mount', 'type=cgroup,dst=/x,y'], '--mount: type=cgroup,dst=/x,y: y is not an option of a mount of cgroups'],
	[['--mount', 'type=,dst=/x'], '--mount: type=,dst=/x: is missing, and the options do not say bind or rbind'],
	[['--ns', 'mount=host', '--tmpfs', '/x'], '--tmpfs: needs a new mount namespace, or it would be that of others'],
	[['--ns', 'mount=host', '-v', '/:/x'], '--volume: needs a new mount namespace, or it would be that of others'],
	[['--device', 'x'], '--device: "x" is not of the form /dev/HOST or /dev/HOST:/PATH'],
	[['--mask', 'x'], '--mask: must be an absolute path'],
	[['--readonly-path', 'x'], '--readonly-path: must be an absolute path'],
	[['--ns', 'pid=x'], '--ns pid: "x" is not new, host, a path, pid:N or container:NAME'],
	[['--uidmap', 'x'], /^--uidmap: "x" is not of the form /],
	[['--gidmap', 'x'], /^--gidmap: "x" is not of the form /],
	[['--time-offset', 'x=1'], /^--time-offset x: /],
	[['--sysctl', 'vm.x=1'], /^--sysctl vm\.x: is a parameter of the whole host/],
	[['--cpuset-cpus', '8191'], /^--cpuset-cpus: the kernel refused "8191": [a-z].* \(E[A-Z]+\)$/],
	[['--memory-max', '4K'], '--memory-max: 4096 is smaller than the program needs to start; raise the limit'],
	[['--uidmap', '0:0:0'], '--uidmap SIZE: must be at least 1'],
	[['--seccomp', emptyProfile], '--seccomp: /defaultAction: is missing'],
	[['--hostname', 'x', '--ns', 'uts=host'], /^--hostname: needs a new uts namespace/],
	[['--domainname', 'x', '--ns', 'uts=host'], /^--domainname: needs a new uts namespace/],
	[['--net', 'x'], /^--net: "x" is not host, none, veth, /],
	[['--ip', 'x'], '--ip: is of an interface, which --net veth or --net bridge=NAME makes'],
	[[...bridge, '--gateway', 'x'], /^--gateway: "x" is not an IPv4 address/],
	[[...bridge, '--mtu', 'x'], '--mtu: "x" is not an integer'],
	[[...bridge, '--mac', 'x'], /^--mac: "x" is not a MAC address/],
	[['--masquerade'], /^--masquerade: /],
	[['--add-host', 'a:x'], '--add-host: "x" is not an IP address'],
	[['--net', 'veth', '--route', '10.0.0.0/8'], /^--route: the route to \S+ has neither a gateway nor an interface$/],
	[['--route', '10.0.0.0/8,x=1'], '--route: x is none of via, src, dev'],
	[['--name', 'a/b'], /^--name: must be letters, digits, /],
	[['--cgroup-parent', '../x'], '--cgroup-parent: must be a path of a cgroup such as tests/low'],
	[['--as-pid-1', '--init'], '--as-pid-1: cannot be had beside a process 1 of procready, which is asked for too'],
	[['--refuse-fork', '0'], '--refuse-fork: 0 is not the number of a fork: the first is 1'],
	[['--at', '1s:memory.max=x'], `--at: "x" ${size}`],
	[['--at', '1s:cgroup.x='], /^--at: "cgroup.x=" is not of the form FILE=VALUE /],
	[['--on', 'pids.max:memory.max=x'], `--on: "x" ${size}`],
	[['--on', 'pids.max:SIGX'], /^--on: "SIGX" is not a signal/],
	[['--spec', '/nowhere'], /cannot read \/nowhere: ENOENT: it is not there, or the directory above it is not$/],
	[['--spec', '/dev/zero'], /cannot read \/dev\/zero: it is a device, and must be a file$/],
	[['--spec', '/'], /cannot read \/: it is a directory, and must be a file$/],
	[['--seccomp', '/dev/zero'], '--seccomp: cannot read /dev/zero: it is a device, and must be a file'],
	[
		['--check-budget', '/dev/zero'],
		/^--check-budget: \/dev\/zero: cannot be read: it is a device, and must be a file$/,
	],
];

/** Flags whose values are right or wrong only where they are used, and those that have none. */
const unchecked =
	/^(rootfs|cwd|clear-env|unmask|each-fork|tty|interactive|(no-)?new-privileges|memory-oom-group|cpu-idle)$/;

/** All that is written without `procready` before it, and without `-- true` behind it. */
const whole: Row[] = [
	[['run'], 'a command is missing: it comes after --; see procready run --help'],
	[['run', '--'], 'a command is missing: it comes after --; see procready run --help'],
	[['exec', 'x'], 'a command is missing: it comes after --; see procready exec --help'],
	[['search', 'memory.max'], 'a command is missing: it comes after --; see procready search --help'],
	[['search', 'x', '--', 'true'], /^LIMIT: "x" is not a limit with an order; /],
	[['search', 'pids.max', '--repeat', '0', '--', 'true'], '--repeat: 0 is not a number from 1 to 1000'],
	[['search', 'pids.max', '--precision', '51%', '--', 'true'], '--precision: 0.51 is not a fraction from 0 to 0.5'],
	[['search', 'pids.max', '--state', '/etc/passwd', '--', 'true'], /^--state: \/etc\/passwd: is not the state /],
	[['search', 'pids.max', '--state', '/dev/zero', '--', 'true'], /^--state: \/dev\/zero: is not the state /],
	[['search', 'pids.max', '--expect', 'exitCode=x', '--', 'true'], /^--expect: exitCode "x" is not a comparison: /],
	[['search', 'pids.max', '--set', 'cpu.weight=0', '--', 'true'], /^--set cpu\.weight: 0 is not an integer /],
	[['run', '--spec', emptyProfile], `--spec ${emptyProfile}: /ociVersion is missing`],
	[['exec', 'no-such', '--', 'true'], /^no container no-such is running: .*; procready ps lists those that run$/],
	[['sweep', 'pids.max=1,2', 'x', '--', 'true'], /^"x" is a word too many: a sweep has one LIMIT=FROM\.\.TO, /],
	[
		['run', '--save-budget', '/none/x', '--repeat', '8', '--', 'true'],
		/^--save-budget \/none\/x: cannot be written: ENOENT: /,
	],
	[['sweep', 'pids.max', '--', 'true'], /^LIMIT: "pids.max" is not of the form /],
	[['sweep', 'pids.max=4..1', '--', 'true'], 'LIMIT: 4..1 does not go up from one value to another'],
	[['sweep', 'pids.max=1..2', '--steps', '1', '--', 'true'], '--steps: 1 is not a number from 2 to 1000'],
	[['sweep', 'pids.max=1..2', '--step', 'x', '--', 'true'], /^--step: "x" is not /],
	[['sweep', 'pids.max=1..2', '--repeat', '0', '--', 'true'], '--repeat: 0 is not a number from 1 to 1000'],
];

/** Names of options that nobody could take for plain words, and pointers. */
const ofLibrary = [...new Set(Object.values(flags).flatMap(({ option, also }) => [option, also]))]
	.flatMap((option) => option?.split('.') ?? [])
	.filter((name) => /[A-Z]/.test(name))
	.map((name) => new RegExp(`\\b${name}\\b`))
	.concat(/\blimits\.[a-z]/, /(^|[\s"(])\/(args|env|limits|linux|mounts|networks|process|procready|schedule|user)\//)
	.concat(/^(options|specification|init config): \//);

t.jobs = 4;

for (const [args, said] of [...rows.map(([args, said]): Row => [['run', ...args, '--', 'true'], said]), ...whole])
	t.test(args.join(' '), async (t) => {
		const { exitCode, stderr } = await execa(process.execPath, [cli, ...args], { reject: false, stdin: 'ignore' });
		const message = stderr.replace(/^procready: /, '').split('\n')[0] ?? '';
		t.equal(exitCode, 125, stderr);
		if (typeof said === 'string') t.equal(message, said);
		else t.match(message, said);
		t.notMatch(stderr, /^ +at |AbortSignal|node:internal/m, 'no stack, and no word of Node');
		t.notMatch(message, /: E[A-Z]{2,}$/, 'an errno has words');
		t.match(stderr, /^procready: .+\n?$/, 'one line');
		for (const name of ofLibrary) t.notMatch(message, name);
	});

t.test('every flag that can be wrong by itself is among them', async (t) => {
	const given = new Set(rows.flatMap(([args]) => args).map((word) => (word === '-v' ? '--volume' : word)));
	const others = Object.keys(flags).filter((name) => !given.has(`--${name}`) && !unchecked.test(name));
	t.strictSame(
		others.filter((name) => !(name in reportFlags)),
		[],
	);
});
