/** The flags: what is documented is there, what is there is documented, and each becomes its option. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { ProcreadyError } from '../../controller/errors.js';
import { inFlags, pairs, parse, words } from '../../controller/flags/arguments.js';
import * as topics from '../../controller/flags/flags.js';
import { limitFlags } from '../../controller/flags/limits.js';
import { type ContainerValues, commandLineOf, flags as flagsOfRun, optionsOf } from '../../controller/flags/options.js';
import type { Flags } from '../../controller/model/flag.js';
import type { Options } from '../../controller/model/options.js';
import { specOf } from '../../controller/plan/specify.js';
import { top } from '../support/paths.js';
import { membersOf, readSchema } from '../support/schemas.js';

const flags: Flags = Object.assign({}, limitFlags, ...Object.values(topics));
const options = (...argv: string[]): Options => {
	const { limits, ...rest } = optionsOf(parse(argv, flags, 'run').values as ContainerValues);
	return limits && Object.keys(limits).length > 0 ? { limits, ...rest } : rest;
};

t.test('--help and controller/cli/README.md name every flag, and no other', async (t) => {
	const names = Object.keys(flags)
		.map((name) => `--${name}`)
		.sort();
	const { stdout } = await execa(process.execPath, [join(top, 'dist/controller/cli/main.js'), 'run', '--help']);
	t.strictSame([...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z0-9-]+)/gm)].map(([, name]) => name).sort(), names);
	for (const line of stdout.split('\n')) t.ok(line.length <= 120, line);
	const readme = readFileSync(join(top, 'controller/cli/README.md'), 'utf8');
	const section = /^## procready run$(.*?)^## /ms.exec(readme)?.[1] ?? '';
	const documented = [...section.matchAll(/^\| (?:`-\w`, )?`(--[a-z0-9-]+)/gm)].map(([, name = '']) => name);
	t.strictSame(documented.sort(), names);
});

t.test('a flag speaks of an option that there is, and one letter is one flag', async (t) => {
	const members = membersOf(readSchema('options.schema.json'));
	for (const [name, { option }] of Object.entries(flags))
		if (option) {
			const [first = '', second] = option.split('.');
			t.ok(first in members, name);
			if (second) t.ok(second in (members[first]?.properties ?? {}), name);
		}
	const letters = Object.values(flags).flatMap(({ short }) => short ?? []);
	t.equal(new Set(letters).size, letters.length);
});

/** Words of a command line, and the options that they are. */
const meanings: [words: string[], options: Options][] = [
	[[], {}],
	[['-it'], { terminal: true }],
	[['--tty', '--console-socket', 's'], { terminal: true, consoleSocket: 's' }],
	[['-u', 'a:b', '--group', '5', '--group', 'x'], { user: 'a:b', groups: ['5', 'x'] }],
	[['-e', 'A=1=2', '--env', 'B=', '-e', 'A=3'], { env: { A: '3', B: '' } }],
	[['-e', 'PROCREADY_TEST', '-e', 'PROCREADY_NONE'], { env: { PROCREADY_TEST: 'own' } }],
	[['--clear-env'], { extendEnv: false }],
	[['-w', '/x', '--umask', '077'], { cwd: '/x', umask: '077' }],
	[['--cap-add', 'KILL', '--cap-drop=ALL'], { capAdd: ['KILL'], capDrop: ['ALL'] }],
	[['--no-new-privileges'], { noNewPrivileges: true }],
	[['--new-privileges'], { noNewPrivileges: false }],
	[['--rlimit', 'nofile=1:2', '--rlimit', 'core=0'], { rlimits: { nofile: '1:2', core: '0' } }],
	[['--oom-score-adj=-5', '--nice=-5'], { oomScoreAdj: -5, nice: -5 }],
	[['--scheduler', 'fifo,priority=10'], { scheduler: { policy: 'fifo', priority: 10 } }],
	[
		['--scheduler', 'batch,nice=5,reset-on-fork'],
		{ scheduler: { policy: 'batch', nice: 5, flags: ['SCHED_FLAG_RESET_ON_FORK'] } },
	],
	[['--io-priority', 'be:7'], { ioPriority: { class: 'be', priority: 7 } }],
	[['--io-priority', 'idle'], { ioPriority: { class: 'idle' } }],
	[['--timer-slack', '70000'], { timerSlack: 70000 }],
	[['--cpu-affinity', '0-3'], { cpuAffinity: '0-3' }],
	[['--personality', 'LINUX32', '--keyring', 'new'], { personality: 'LINUX32', keyring: 'new' }],
	[['--rootfs', '/r', '--read-only'], { rootfs: '/r', readonly: true }],
	[['--device', '/dev/fuse'], { devices: ['/dev/fuse'] }],
	[['--mask', '/a'], { maskedPaths: ['/a'] }],
	[['--unmask'], { maskedPaths: [], readonlyPaths: [] }],
	[['--unmask', '--readonly-path', '/a'], { maskedPaths: [], readonlyPaths: ['/a'] }],
	[['--ns', 'network=new', '--ns', 'pid=host'], { namespaces: { network: 'new', pid: 'host' } }],
	[['--uidmap', '0:1:2'], { uidMappings: [{ containerID: 0, hostID: 1, size: 2 }] }],
	[['--gidmap', '0:1:2'], { gidMappings: [{ containerID: 0, hostID: 1, size: 2 }] }],
	[['--time-offset', 'boottime=-1.5'], { timeOffsets: { boottime: -1.5 } }],
	[['--hostname', 'a', '--domainname', 'b'], { hostname: 'a', domainname: 'b' }],
	[['--sysctl', 'kernel.sem=1 2'], { sysctl: { 'kernel.sem': '1 2' } }],
	[['--link', 'rate=10mbit,loss=1%'], { limits: { link: { rate: '10mbit', loss: '1%' } } }],
	[['--add-host', 'a:10.9.0.2', '--add-host', 'b:fd00::2'], { hosts: { a: '10.9.0.2', b: 'fd00::2' } }],
	[['--net', 'none'], { network: 'none' }],
	[['--net', 'veth'], { network: 'veth' }],
	[['--net', 'veth', '--ip', '10.9.0.2/24'], { network: { address: '10.9.0.2/24' } }],
	[
		[
			'--net',
			'bridge=b',
			'--ip',
			'fd00::2/64',
			'--ip',
			'10.9.0.2/24',
			'--gateway',
			'fd00::1',
			'--mtu',
			'1400',
			'--mac',
			'x',
		],
		{
			network: {
				...{ bridge: 'b', ipv6Address: 'fd00::2/64', address: '10.9.0.2/24', ipv6Gateway: 'fd00::1' },
				...{ mtu: 1400, macAddress: 'x' },
			},
		},
	],
	[
		['--route', 'default,via=10.9.0.1', '--route', '10.8.0.0/16,dev=eth0,src=10.9.0.2'],
		{
			routes: [
				{ destination: 'default', gateway: '10.9.0.1' },
				{ destination: '10.8.0.0/16', interfaceName: 'eth0', source: '10.9.0.2' },
			],
		},
	],
	[['--name', 'a', '--init'], { name: 'a', init: true }],
	[['--as-pid-1'], { asPid1: true }],
	[['--parent-death-signal', 'SIGTERM'], { parentDeathSignal: 'SIGTERM' }],
	[['--preserve-fds', '0'], { fds: [] }],
	[['--timeout', '2'], { timeout: 2000 }],
	[['--setup-timeout', '2'], { setupTimeout: 2000 }],
	[['--setup-timeout', '0'], { setupTimeout: 0 }],
	[['--cpu-time', '2', '--output-max', '1M'], { limits: { cpuTime: 2000, outputMax: '1M' } }],
	[
		['--pids-max', '1', '--memory-max', '1M', '--cpu-max', '1', '--set', 'a.b=c'],
		{ limits: { pids: '1', memory: '1M', cpu: '1', set: { 'a.b': 'c' } } },
	],
];

process.env.PROCREADY_TEST = 'own';
t.teardown(() => delete process.env.PROCREADY_TEST);

t.test('what each flag means', async (t) => {
	for (const [argv, expected] of meanings) t.strictSame(options(...argv), expected, argv.join(' '));
	t.equal(options('--rootfs', '/r', '--mask', '/a').maskedPaths?.at(-1), '/a');
	t.ok((options('--rootfs', '/r', '--mask', '/a').maskedPaths?.length ?? 0) > 10, 'beside the usual ones');
});

/** More of them, so that each flag that says what is run is in one or the other. */
const others = [
	...['--memory-high', '--memory-low', '--memory-min', '--memory-swap-max'].map((flag) => [flag, '1M']),
	...['--memory-oom-group', '--cpu-idle', '--read-only'].map((flag) => [flag]),
	...['--cpu-max-burst', '--cpu-weight', '--io-weight'].map((flag) => [flag, '50']),
	...['--cpuset-cpus', '--cpuset-mems'].map((flag) => [flag, '0-1']),
	['--io-max', '/dev/sda wbps=1M riops=5', '--io-max', '8:0 rbps=max'],
	['--hugetlb-max', '2MB=4M', '--hugetlb-max', '1GB=1G'],
	['--rdma-max', 'mlx hca_handle=2', '--rdma-max', 'mly hca_object=0 hca_handle=1'],
	['--misc-max', 'sev=5', '--misc-max', 'tdx=max'],
	['--device-rule', 'deny a', '--device-rule', 'allow c 1:* r', '--device-rule', 'allow b *:*'],
	['--set', 'memory.zswap.max=32M', '--set', 'pids.max=-1'],
	['-v', '/a:/b:ro', '--tmpfs', '/b/t:size=1m,ro', '--mount', 'type=overlay,dst=/o,lowerdir=/a:/b'],
	['--rootfs', '/r', '--mask', '/a', '--readonly-path=-b'],
	['--rootfs', '/r', '--unmask', '--mask', '/a'],
	['--net', 'veth', '--masquerade', '--gateway', '10.9.0.1', '--gateway', 'fd00::1'],
	['--cgroup-parent', '/x'],
	['--refuse-fork', '1,3', '--refuse-fork', '7'],
	['--at', '0:memory.max=16M', '--at', '200ms:freeze=100ms', '--at', '1:SIGTERM', '--on', 'pids.max@2:pids.max=8'],
	['--at', '1m:io.max=8:0 rbps=1M', '--on', 'memory.high:memory.oom.group=1'],
];

/** What no words stand for. `--seccomp` names a file, of which the option is the content. */
const unsayable = ['spec', 'interactive', 'each-fork', 'seccomp'];

t.test('words become options and options become words, each way the same', async (t) => {
	const samples = [...meanings.map(([words]) => words), ...others];
	for (const words of samples) {
		const given = options(...words);
		const line = commandLineOf(['x'], given);
		t.strictSame(line.unsaid, [], words.join(' '));
		const printed = line.words.slice(2, -2);
		t.strictSame(options(...printed), given, `${words.join(' ')}: ${printed.join(' ')}`);
		t.strictSame(commandLineOf(['x'], options(...printed)), line, printed.join(' '));
	}
	const used = new Set(samples.flatMap((sample) => words(sample, flagsOfRun).map(({ name }) => name)));
	for (const name of Object.keys(flagsOfRun))
		t.ok(used.has(name) || unsayable.includes(name), `a sample for --${name}`);
	t.strictSame(commandLineOf(['x'], { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } }).unsaid, ['seccomp']);
	t.strictSame(commandLineOf(['x'], { refuseForks: [] }).unsaid, ['refuseForks'], 'counts only');
	t.strictSame(commandLineOf(['x'], { fds: [4] }).unsaid, ['fds'], 'other numbers than those of the caller');
	t.strictSame(commandLineOf(['x'], { network: [{ mtu: 1400 }] }).unsaid, ['network'], 'several interfaces');
});

t.test('mounts', async (t) => {
	for (const [argv, mount] of [
		[['-v', '/a:/b'], { source: '/a', destination: '/b', type: 'bind', options: ['rbind', 'rprivate'] }],
		[['-v', '/a:/b:ro,nosuid'], { options: ['rbind', 'rprivate', 'rro', 'nosuid'] }],
		[['-v', '/a:/b:bind,slave'], { options: ['bind', 'slave'] }],
		[['-v', './x:/b'], { source: join(process.cwd(), 'x') }],
		[['--tmpfs', '/t'], { destination: '/t', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev'] }],
		[['--tmpfs', '/t:size=1m,ro'], { options: ['nosuid', 'nodev', 'size=1m', 'ro'] }],
		[['--tmpfs', '/t:size=1.5MiB'], { options: ['nosuid', 'nodev', 'size=1572864'] }],
		[['--tmpfs', '/t:size=50%'], { options: ['nosuid', 'nodev', 'size=50%'] }],
		[['--mount', 'type=tmpfs,dst=/t,tmpfs-size=1KiB'], { options: ['size=1024'] }],
		[['--mount', 'src=/a,dst=/b'], { type: 'bind', source: '/a', destination: '/b', options: ['rbind', 'rprivate'] }],
		[['--mount', 'type=bind,source=/a,target=/b,readonly'], { options: ['rbind', 'rprivate', 'ro'] }],
		[
			['--mount', 'type=overlay,dst=/o,lowerdir=/a:/b,upperdir=/c'],
			{ type: 'overlay', source: 'overlay', destination: '/o', options: ['lowerdir=/a:/b', 'upperdir=/c'] },
		],
		[['--mount', 'type=cgroup,dst=/sys/fs/cgroup'], { type: 'cgroup', options: [] }],
	] as const)
		t.match(options(...argv).mounts?.[0], mount, argv.join(' '));
	t.strictSame(
		options('-v', '/a:/x/y/z', '--tmpfs', '/x/y', '--mount', 'type=tmpfs,dst=/x', '-v', '/b:/x/a').mounts?.map(
			({ destination }) => destination,
		),
		['/x', '/x/a', '/x/y', '/x/y/z'],
		'what is deeper comes later',
	);
	for (const [argv, message] of [
		[['--volume', '/a'], /^--volume: "\/a" is not of the form/],
		[['-v', ':/b'], /^--volume: .* is not of the form/],
		[['-v', '/a:b'], /^--volume: .* is not of the form/],
		[['-v', '/a:/b:ro:rw'], /^--volume: .* is not of the form/],
		[['-v', '/a:/b:size=1'], /^--volume: \/a:\/b:size=1: size=1 is not an option of a bind/],
		[['--tmpfs', 't'], /^--tmpfs: .* is not of the form/],
		[['--tmpfs', '/proc/x'], /^--tmpfs: \/proc\/x: /],
		[['--mount', 'type=tmpfs'], /^--mount: .* has no dst=/],
		[['--mount', 'dst=/b'], /^--mount: .* has no src=/],
		[['--mount', 'type=none,dst=/b'], /^--mount: .*: is missing/],
	] as const)
		t.throws(() => options(...argv), { code: 'option-invalid', message }, argv.join(' '));
});

t.test('values that are wrong', async (t) => {
	for (const [argv, message] of [
		[['--nice', 'x'], /^--nice: "x" is not an integer/],
		[['--oom-score-adj', '1.5'], /^--oom-score-adj: /],
		[['--uidmap', '0:1'], /^--uidmap: "0:1" is not of the form IN:OUT:SIZE/],
		[['--gidmap=-1:0:1'], /^--gidmap: "-1:0:1" is not of the form/],
		[['--nice', '-5'], /^--nice: a value that begins with "-" is written --nice=VALUE; see/],
		[['--time-offset', 'boottime=1s'], /^--time-offset: 1s is not a number/],
		[['--preserve-fds', '251'], /^--preserve-fds: 251 is not a number from 0 to 250/],
		[['--preserve-fds', '250'], /^--preserve-fds: file descriptor \d+ is not open/],
		[['--scheduler', 'fifo,prio=1'], /^--scheduler: prio is not nice/],
		[['--io-priority', 'be:x'], /^--io-priority: "x" is not an integer/],
		[['--seccomp', '/etc/passwd'], /^--seccomp: cannot read \/etc\/passwd: /],
		[['--new-privileges', '--no-new-privileges'], /^--new-privileges: contradicts/],
		[['--rlimit', 'nofile=1', '--rlimit', 'nofile=2'], /^--rlimit: nofile is given twice/],
		[['--ns', 'pid=new', '--ns', 'pid=host'], /^--ns: pid is given twice/],
		[['--sysctl', 'a'], /^--sysctl: "a" is not of the form NAME=VALUE/],
		[['--env', '=x'], /^--env: /],
		[['--env', ''], /^--env: /],
		[['--net', 'host', '--ip', '10.9.0.2/24'], /^--ip: is of an interface, which --net veth/],
		[['--mtu', '1400'], /^--mtu: is of an interface/],
		[['--net', 'veth', '--mtu', 'x'], /^--mtu: "x" is not an integer/],
		[
			['--net', 'veth', '--ip', '10.9.0.2/24', '--ip', '10.9.0.3/24'],
			/^--ip: 10\.9\.0\.3\/24 is the second of its kind/,
		],
		[['--add-host', 'a'], /^--add-host: "a" is not of the form NAME:ADDRESS/],
		[['--add-host', 'a:1', '--add-host', 'a:2'], /^--add-host: a is given twice/],
		[['--link', 'speed=1'], /^--link: speed is none of rate, delay/],
		[['--route', 'default,gw=1'], /^--route: gw is none of via, src, dev/],
		[['--no-such'], /^--no-such: is not an option of procready run; see procready run --help/],
		[['--cwd'], /^--cwd: a value is missing: --cwd DIR; see procready run --help/],
		[['--tty=yes'], /^--tty=yes: takes no value: write --tty; see procready run --help/],
		[['--pids-limt', '1'], /^--pids-limt: is not an option of procready run; did you mean "--pids-limit"\?; see/],
		[['--memory-mx', '1'], /^--memory-mx: is not an option of procready run; did you mean "--memory-max"\?; see/],
		[['--user'], /^--user: a value is missing, USER\[:GROUP\]; systemd-run's --user has none/],
	] as const)
		t.throws(() => options(...argv), { code: 'option-invalid', message }, argv.join(' '));
});

t.test('errors of the library speak of the flag', async (t) => {
	const said = (...argv: string[]) => {
		try {
			specOf(['true'], options(...argv));
		} catch (error) {
			return inFlags(error as ProcreadyError, flags);
		}
		return undefined;
	};
	for (const [argv, message] of [
		[['--user', '1x'], '--user: "1x" is neither'],
		[['--group', '1x'], '--group: "1x" is neither'],
		[['--pids-max', 'x'], '--pids-max: "x" is not a number of tasks'],
		[['--set', 'x=1'], '--set x: is not the name of a cgroup file'],
		[['--pids-max', '1', '--set', 'pids.max=2'], '--set pids.max: is given twice, also as --pids-max'],
		[['--rlimit', 'foo=1'], '--rlimit foo: is not a resource limit'],
		[['--sysctl', 'net/x=1'], '--sysctl net/x: is a parameter of the network namespace'],
		[['--ns', 'pid=x'], '--ns pid: "x" is not new'],
		[['--ns', 'net=new'], '--ns net: is not known'],
		[['--cap-add', 'X'], '--cap-add: "X" is not a capability'],
		[['--oom-score-adj', '1001'], '--oom-score-adj: must be at most 1000'],
		[['--keyring', 'x'], '--keyring: must be one of new, caller'],
		[['--device', 'x'], '--device: "x" is not of the form'],
		[['--scheduler', 'fifo'], '--scheduler: a priority of 1 to 99'],
		[['--net', 'veth', '--link', 'rate=1'], '--link rate: "1" is neither a rate'],
		[['--link', 'rate=1mbit'], '--link: needs an interface'],
		[['--add-host', 'a:10.9.0'], '--add-host: "10.9.0" is not an IP address'],
		[['--add-host', 'a b:10.9.0.1'], '--add-host: hosts.a b: "a b" is not the name'],
		[['--net', 'lan'], '--net: "lan" is not host, none'],
		[
			['--net', 'none', '--ns', 'network=host'],
			'--net: none contradicts the network namespace that is asked for, host',
		],
		[['--net', 'veth', '--ip', '10.9.0.2'], '--ip: "10.9.0.2" is not an IPv4 address with its prefix'],
		[['--net', 'veth', '--ip', 'fd00::g/64'], '--ip: "fd00::g/64" is not an IPv6 address'],
		[['--net', 'veth', '--ip', '10.9.0.2/24', '--gateway', '10.8.0.1'], '--gateway: 10.8.0.1 is not in 10.9.0.2/24'],
		[['--net', 'veth', '--gateway', 'fd00::1'], '--gateway: is given without the address'],
		[['--net', 'veth', '--mtu', '67'], '--mtu: must be at least 68'],
		[['--net', 'veth', '--mac', '01:00:00:00:00:00'], '--mac: 01:00:00:00:00:00 is not the address of one'],
		[['--net', 'veth', '--route', 'default'], '--route: the route to default has neither'],
		[['--route', 'default,dev=eth0'], '--route: a route needs a network'],
		[['--console-socket', '/x'], '--console-socket: gets the terminal'],
	] as const)
		t.ok(said(...argv)?.startsWith(message), `${argv.join(' ')}: ${said(...argv)}`);
	const error = (where: string, message: string, code = 'option-invalid' as const) =>
		new ProcreadyError(code, message, { where });
	t.equal(inFlags(error('/process/user/uid', 'process.user.uid: 5 does not'), flags), '--user: 5 does not');
	t.equal(inFlags(error('/linux/uidMappings', 'linux.uidMappings: needs'), flags), '--uidmap: needs');
	t.equal(inFlags(error('/args', 'args: a command'), flags), 'COMMAND: a command');
	t.equal(inFlags(error('/nothing', 'nothing: x'), flags), 'nothing: x');
	t.equal(inFlags(new ProcreadyError('setup-failed', 'user: x'), flags), 'user: x');
});

t.test('the command begins with the first word that is no flag', async (t) => {
	for (const [argv, command] of [
		[
			['-it', 'sh', '-c', 'x'],
			['sh', '-c', 'x'],
		],
		[['--', '-x'], ['-x']],
		[
			['-e', 'A=1', 'sh', '--'],
			['sh', '--'],
		],
		[
			['-v', '/a:/b', '--', '--', 'x'],
			['--', 'x'],
		],
		[['--init'], []],
	] as const)
		t.strictSame(parse([...argv], flags, 'run').command, command, argv.join(' '));
	t.strictSame(pairs('--x', ['a=1', 'a=2']), { a: '2' });
});
