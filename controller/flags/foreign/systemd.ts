/** The options of systemd-run(1), and the properties of units that it sets: systemd.resource-control(5), systemd.exec(5). */

import { didYouMean } from '../../model/closest.js';
import { bytesOf } from '../../model/values.js';
import { type Answer, because, type Foreign, foreign, isValue, orMax, write } from './foreign.js';

const systemd = (words: string, row: Omit<Foreign, 'of' | 'words'>) => foreign('systemd-run', words, row);

const leaveOut = (text: string) => () => because(`${text}: leave it out`);

const noUnit = leaveOut('procready makes no unit');

const limit = (flag: string) => (value: string) =>
	/%$/.test(value)
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
			? because('no limit is what there is without it: leave it out')
			: write('--cpu-max', String(Number(value.replace('%', '')) / 100)),
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
	RuntimeMaxSec: (value) => write('--timeout', value.replaceAll(' ', '')),
	TimeoutStopSec: leaveOut('a time-out kills at once'),
	TimeoutStartSec: (value) => write('--setup-timeout', value.replaceAll(' ', '')),
	User: (value) => write('--user', value),
	Group: (value) => write('--user', `USER:${value}`),
	SupplementaryGroups: each('--group'),
	WorkingDirectory: (value) => write('--cwd', value),
	RootDirectory: (value) => write('--rootfs', value),
	Environment: (value) => write('--env', value),
	UMask: (value) => write('--umask', value),
	Nice: (value) => write(`--nice=${value}`),
	OOMScoreAdjust: (value) => write(`--oom-score-adj=${value}`),
	OOMPolicy: (value) =>
		value === 'kill' ? write('--memory-oom-group') : because('one process alone is killed: leave it out'),
	CPUAffinity: (value) => write('--cpu-affinity', list(value)),
	CPUSchedulingPolicy: (value) => write('--scheduler', value),
	IOSchedulingClass: (value) => write('--io-priority', value.replace('best-effort', 'be').replace('realtime', 'rt')),
	TimerSlackNSec: (value) => write('--timer-slack', value),
	NoNewPrivileges: (value) => (isYes(value) ? write('--no-new-privileges') : write('--new-privileges')),
	CapabilityBoundingSet: (value) => write('--cap-drop', 'ALL', ...(each('--cap-add')(value).write ?? [])),
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
};

/** NAME=VALUE; `undefined` where it does not have that form, as a port of docker has not. */
function propertyOf(given: string): Answer | undefined {
	const [, name, value = ''] = /^([A-Z][A-Za-z]+)=(.*)$/s.exec(given) ?? [];
	if (name === undefined) return undefined;
	if (Object.hasOwn(properties, name)) return properties[name]?.(value);
	return because(`procready has nothing for ${name}${didYouMean(name, Object.keys(properties))}`);
}

export const systemdWords: readonly Foreign[] = [
	systemd('--property -p', { valued: true, instead: propertyOf }),
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
