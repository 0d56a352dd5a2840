/** The options of systemd-run(1), and the properties of units that it sets: systemd.resource-control(5), systemd.exec(5). */

import { didYouMean } from '../../model/closest.js';
import { bytesOf } from '../../model/values.js';
import { type Answer, because, type Foreign, foreign, isValue, orMax, write } from './foreign.js';

const systemd = (words: string, row: Omit<Foreign, 'of' | 'words'>) => foreign('systemd-run', words, row);

const leaveOut = (text: string) => () => because(`${text}: leave it out`);

const noUnit = leaveOut('procready makes no unit');

const noStream = leaveOut("stdin, stdout and stderr are the caller's");

/** Nanoseconds; `undefined` for what is not a time of one unit. */
function nanoseconds(value: string, unit: string): number | undefined {
	const units: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, sec: 1e9, m: 6e10, min: 6e10, h: 3.6e12 };
	const [, digits, name = ''] = /^(\d+)\s*([a-z]*)$/.exec(value) ?? [];
	const size = units[name || unit];
	return digits === undefined || size === undefined ? undefined : Number(digits) * size;
}

/** In the units of the resource limit: seconds or microseconds. */
const timeLimit = (name: string, unit: string) => (value: string) =>
	rlimit(name)(
		value
			.split(':')
			.map((part) => Math.ceil((nanoseconds(part, unit) ?? Number.NaN) / (unit === 's' ? 1e9 : 1e3)))
			.map((amount, index) => (Number.isNaN(amount) ? value.split(':')[index] : String(amount)))
			.join(':'),
	);

/** From 1 for the niceness 19 to 40 for -20; with a sign it is the niceness itself. */
const niceLimit = (value: string) => rlimit('nice')(value.replace(/[+-]\d+/g, (nice) => String(20 - Number(nice))));

/** Blanks separate, but not between quotes. */
const quoted = (value: string) =>
	(value.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'));

const noLimit = leaveOut('no limit is what there is without it');

const limit = (flag: string) => (value: string) =>
	value === ''
		? noLimit()
		: /%$/.test(value)
			? because(`a share of the host's is not known here: write a number, --${flag} N`)
			: write(`--${flag}`, orMax(value));

const isYes = (value: string) => /^(yes|true|on|1)$/i.test(value);

const decimals = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** DEVICE SIZE, of powers of 1000. */
function throttle(key: string) {
	return (value: string) => {
		const [device = value, amount = ''] = value.split(/\s+/);
		const [, digits, unit = ''] = /^(\d+)([KMGT]?)$/.exec(amount) ?? [];
		const number =
			digits === undefined ? orMax(amount) : String(Number(digits) * decimals[unit as keyof typeof decimals]);
		return write('--io-max', `${device} ${key}=${number}`);
	};
}

/** Limit…=SOFT:HARD; those of bytes have units of 1024. */
function rlimit(name: string) {
	return (value: string) => {
		const one = (part: string) => {
			if (part === 'infinity') return 'unlimited';
			const bytes = bytesOf(part);
			return Number.isNaN(bytes) ? part : String(bytes);
		};
		return write('--rlimit', `${name}=${value.split(':').map(one).join(':')}`);
	};
}

/** A list with blanks, of which a prefix of `+`, `-` or `~` is systemd's own. */
const list = (value: string) =>
	value
		.replace(/^[+~-]/, '')
		.trim()
		.split(/[\s,]+/)
		.join();

const each = (flag: string) => (value: string) =>
	write(...value.split(/\s+/).flatMap((one) => [flag, one.replace(/^[+-]/, '')]));

export const properties: Record<string, (value: string) => Answer> = {
	MemoryMax: limit('memory-max'),
	MemoryLimit: limit('memory-max'),
	MemoryHigh: limit('memory-high'),
	MemoryLow: limit('memory-low'),
	MemoryMin: limit('memory-min'),
	MemorySwapMax: limit('memory-swap-max'),
	MemoryZSwapMax: (value) => write('--set', `memory.zswap.max=${orMax(value)}`),
	TasksMax: limit('pids-max'),
	CPUQuota: (value) =>
		value === ''
			? noLimit()
			: /^\d+(\.\d+)?%$/.test(value)
				? write('--cpu-max', String(Number(value.slice(0, -1)) / 100))
				: because('a quota is a percentage, of one processor 100%, which is', '--cpu-max', '1'),
	CPUQuotaPeriodSec: () => because('quota and period go together, in microseconds', '--cpu-max', 'QUOTA PERIOD'),
	CPUWeight: (value) => (value === 'idle' ? write('--cpu-idle') : write('--cpu-weight', value)),
	CPUShares: (value) => write('--cpu-weight', String(Math.max(1, Math.round((Number(value) * 100) / 1024)))),
	AllowedCPUs: (value) => write('--cpuset-cpus', list(value)),
	AllowedMemoryNodes: (value) => write('--cpuset-mems', list(value)),
	IOWeight: (value) => write('--io-weight', value),
	BlockIOWeight: (value) => write('--io-weight', value),
	IOReadBandwidthMax: throttle('rbps'),
	IOWriteBandwidthMax: throttle('wbps'),
	IOReadIOPSMax: throttle('riops'),
	IOWriteIOPSMax: throttle('wiops'),
	DeviceAllow: (value) => write('--device', value.split(' ')[0] ?? value),
	Delegate: leaveOut("the command's cgroup is its own"),
	RuntimeMaxSec: (value) =>
		value === 'infinity' || value === '' ? noLimit() : write('--timeout', value.replaceAll(' ', '')),
	TimeoutStopSec: leaveOut('a time-out kills at once'),
	TimeoutStartSec: (value) => write('--setup-timeout', value.replaceAll(' ', '')),
	User: (value) => write('--user', value),
	Group: (value) => write('--user', `USER:${value}`),
	SupplementaryGroups: each('--group'),
	WorkingDirectory: (value) => write('--cwd', value),
	RootDirectory: (value) => write('--rootfs', value),
	Environment: (value) => write(...quoted(value).flatMap((variable) => ['--env', variable])),
	UMask: (value) => write('--umask', value),
	Nice: (value) => write(`--nice=${value}`),
	OOMScoreAdjust: (value) => write(`--oom-score-adj=${value}`),
	OOMPolicy: (value) =>
		value === 'kill' ? write('--memory-oom-group') : because('one process alone is killed: leave it out'),
	CPUAffinity: (value) => write('--cpu-affinity', list(value)),
	CPUSchedulingPolicy: (value) => write('--scheduler', /^(fifo|rr)$/.test(value) ? `${value},priority=N` : value),
	CPUSchedulingPriority: (value) => because('it goes with the policy', '--scheduler', `fifo,priority=${value}`),
	IOSchedulingPriority: (value) => write('--io-priority', `be:${value}`),
	IOSchedulingClass: (value) => write('--io-priority', value.replace('best-effort', 'be').replace('realtime', 'rt')),
	TimerSlackNSec: (value) => write('--timer-slack', String(nanoseconds(value, 'ns') ?? value)),
	NoNewPrivileges: (value) => (isYes(value) ? write('--no-new-privileges') : write('--new-privileges')),
	CapabilityBoundingSet: (value) =>
		value.startsWith('~')
			? each('--cap-drop')(value.slice(1))
			: write('--cap-drop', 'ALL', ...(value === '' ? [] : (each('--cap-add')(value).write ?? []))),
	AmbientCapabilities: each('--cap-add'),
	PrivateNetwork: (value) =>
		isYes(value) ? write('--net', 'none') : because("the network is the host's: leave it out"),
	PrivateTmp: (value) => (isYes(value) ? write('--tmpfs', '/tmp') : because("/tmp is the host's: leave it out")),
	PrivateUsers: (value) =>
		isYes(value) ? write('--ns', 'user=new') : because("the user namespace is the host's: leave it out"),
	ReadOnlyPaths: each('--readonly-path'),
	InaccessiblePaths: each('--mask'),
	BindPaths: each('-v'),
	BindReadOnlyPaths: (value) =>
		write(...value.split(/\s+/).flatMap((path) => ['-v', `${path.includes(':') ? path : `${path}:${path}`}:ro`])),
	TemporaryFileSystem: each('--tmpfs'),
	Slice: () => because('a cgroup that is there already is named', '--cgroup-parent', 'PATH'),
	...Object.fromEntries(
		[
			'AS',
			'CORE',
			'CPU',
			'DATA',
			'FSIZE',
			'LOCKS',
			'MEMLOCK',
			'MSGQUEUE',
			'NICE',
			'NOFILE',
			'NPROC',
			'RSS',
			'RTPRIO',
			'RTTIME',
			'SIGPENDING',
			'STACK',
		].map((name) => [`Limit${name}`, rlimit(name.toLowerCase())]),
	),
	LimitCPU: timeLimit('cpu', 's'),
	LimitRTTIME: timeLimit('rttime', 'us'),
	LimitNICE: niceLimit,
	...Object.fromEntries(
		['Memory', 'CPU', 'Tasks', 'IO', 'BlockIO', 'IP'].map((name) => [
			`${name}Accounting`,
			leaveOut('what is used is counted without it'),
		]),
	),
	...Object.fromEntries(['Input', 'Output', 'Error'].map((name) => [`Standard${name}`, noStream])),
	...Object.fromEntries(
		['Type', 'ExecStart', 'Restart', 'RemainAfterExit', 'KillMode', 'KillSignal', 'WatchdogSec', 'Description'].map(
			(name) => [name, noUnit],
		),
	),
};

/** NAME=VALUE; `undefined` where it does not have that form, as a port of docker has not. */
function propertyOf(given: string): Answer | undefined {
	const [, name, value = ''] = /^([A-Za-z][A-Za-z.]*)=(.*)$/s.exec(given) ?? [];
	if (name === undefined) return undefined;
	if (Object.hasOwn(properties, name)) return properties[name]?.(value);
	const meant = didYouMean(name, Object.keys(properties));
	return because(`procready has nothing for ${name}${meant || '; procready run --help shows all that it has'}`);
}

export const systemdWords: readonly Foreign[] = [
	systemd('--property -p', { valued: true, instead: propertyOf }),
	...Object.entries(properties).map(([name, of]) => systemd(`--${name}`, { valued: true, instead: of })),
	systemd('--scope', { same: () => [] }),
	systemd('--wait', { same: () => [] }),
	systemd('--pipe', { same: () => [] }),
	systemd('--collect -G', { same: () => [] }),
	systemd('--pty', { same: () => ['--tty', '--interactive'] }),
	systemd('-E', { valued: true, same: (value) => ['--env', value] }),
	systemd('--gid', { valued: true, instead: (value) => write('--user', `USER:${value}`) }),
	systemd('--same-dir', { same: () => [] }),
	systemd('--shell -S', {
		instead: (value) => (isValue(value) ? undefined : because('a shell is a command like others', '-it', '--', 'bash')),
	}),
	systemd('--unit', { valued: true, instead: (value) => write('--name', value.replace(/\.(service|scope)$/, '')) }),
	systemd('--slice', {
		valued: true,
		instead: () => because('a cgroup that is there already is named', '--cgroup-parent', 'PATH'),
	}),
	systemd('--description --service-type --machine', {
		valued: true,
		instead: noUnit,
	}),
	systemd('--remain-after-exit -r', {
		instead: (value) => (isValue(value) ? undefined : noUnit()),
	}),
	systemd('--no-block --no-ask-password --send-sighup --slice-inherit --expand-environment --system', {
		instead: noUnit,
	}),
	systemd('--on-active --on-boot --on-calendar --on-unit-active --timer-property --path-property --socket-property', {
		valued: true,
		instead: leaveOut('procready runs a command at once, and once'),
	}),
	systemd('--user', {
		valued: true,
		instead: (value) =>
			isValue(value)
				? undefined
				: because(
						"a value is missing, USER[:GROUP]; systemd-run's --user has none, and is left out: without root the user's own cgroup is taken by itself",
					),
	}),
];
