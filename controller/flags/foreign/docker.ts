/** The flags of `docker run`, `docker exec` and `docker update`, and those of podman, where procready has others. */

import { basename } from '../../model/path.js';
import { bytesOf } from '../../model/values.js';
import { because, type Foreign, foreign, isValue, type Line, write } from './foreign.js';

const docker = (words: string, row: Omit<Foreign, 'of' | 'words'>) => foreign('docker', words, row);

const noImages =
	'procready runs programs of the host, or of a directory with --rootfs DIR, and has no images: leave it out';
const noPorts = because('the command has the network of the host, and its ports are reached without it: leave it out');
const inJson = because('all there is, for jq(1), is', '--json');
const noDaemon = 'procready has no daemon: leave it out';
const background = 'nothing runs in the background: put & behind the line';

/** 1024 shares are the weight 100. */
function weightOf(shares: string): string {
	return String(Math.min(10_000, Math.max(1, Math.round((Number(shares) * 100) / 1024))));
}

/** docker has K, M, G for powers of 1024, with or without B. */
function sizeOf(given: string): string {
	return given.replace(/b$/i, '').toUpperCase();
}

/** Memory and swap together, less the memory. */
function swapOf(both: string, { lines }: Line) {
	const memory = lines.find(({ word }) => word === '-m' || word === '--memory' || word === '--memory-max')?.value;
	if (both === '-1') return write('--memory-swap-max', 'max');
	const text = 'docker means memory and swap together';
	const [sum, less] = [bytesOf(sizeOf(both)), bytesOf(sizeOf(memory ?? ''))];
	if (Number.isNaN(sum) || Number.isNaN(less)) return because(`${text}: write the swap alone, --memory-swap-max SIZE`);
	if (sum <= less) return because('a limit of memory alone forbids swap: leave it out');
	return because(text, '--memory-swap-max', inUnits(sum - less));
}

/** In the largest unit in which it is a whole number. */
export function inUnits(bytes: number): string {
	const unit = ['T', 'G', 'M', 'K'].find((_, index) => bytes % 1024 ** (4 - index) === 0);
	return unit === undefined ? String(bytes) : `${bytes / 1024 ** ' KMGT'.indexOf(unit)}${unit}`;
}

/** DEVICE:RATE */
function throttle(key: string) {
	return (given: string) => {
		const [, device = given, rate = 'N'] = /^(.+):([^:]+)$/.exec(given) ?? [];
		return write('--io-max', `${device} ${key}=${key.endsWith('bps') ? sizeOf(rate) : rate}`);
	};
}

/** `private` is a new one. */
function namespace(kind: string) {
	return (given: string) => {
		if (kind === 'user') return write('--uidmap', '0:100000:65536', '--gidmap', '0:100000:65536');
		const what = given === 'private' || given === 'shareable' || given === '' ? 'new' : given;
		return write('--ns', `${kind}=${what}`);
	};
}

function securityOf(given: string) {
	const [name = '', value = ''] = given.split(/[=:](.*)/s);
	if (name === 'no-new-privileges') return value === 'false' ? write('--new-privileges') : write('--no-new-privileges');
	if (name === 'seccomp' && value !== 'unconfined') return write('--seccomp', value);
	if (name === 'systempaths') return write('--unmask');
	return because(
		`without it there is no ${name === 'seccomp' ? 'seccomp filter' : 'security module'} here: leave it out`,
	);
}

export const dockerWords: readonly Foreign[] = [
	docker('--pids-limit', {
		valued: true,
		same: (value) =>
			/^[1-9]\d*$/.test(value) ? ['--pids-max', value] : value === '-1' ? ['--pids-max', 'max'] : undefined,
		instead: (value) =>
			value === '0'
				? because('docker means no limit by 0: leave it out, or', '--pids-max', 'max')
				: write('--pids-max', value),
	}),
	docker('--memory-swap', { valued: true, instead: swapOf }),
	docker('--memory-swappiness', {
		valued: true,
		instead: () => because('swap has a limit, and no other setting', '--memory-swap-max', 'SIZE'),
	}),
	docker('--kernel-memory', {
		valued: true,
		instead: () => because('memory of the kernel counts as memory: leave it out'),
	}),
	docker('--oom-kill-disable', {
		instead: () =>
			because('the kernel kills who exceeds memory.max; what slows it down instead is', '--memory-high', 'SIZE'),
	}),
	docker('--cpu-shares', {
		valued: true,
		instead: (value) => (/^\d+$/.test(value) ? write('--cpu-weight', weightOf(value)) : undefined),
	}),
	docker('-c', {
		valued: true,
		instead: (value) =>
			Number(value) >= 2
				? because(`docker's -c, shares, is --cpu-weight ${weightOf(value)}; ulimit -c is`, '--rlimit', 'core=BYTES')
				: undefined,
	}),
	docker('--cpu-quota', {
		valued: true,
		instead: (value, { lines }) => {
			const period = lines.find(({ word }) => word === '--cpu-period')?.value ?? '100000';
			return write('--cpu-max', Number(value) > 0 ? `${value} ${period}` : 'max');
		},
	}),
	docker('--cpu-period', {
		valued: true,
		instead: (value, { lines }) => {
			const quota = lines.find(({ word }) => word === '--cpu-quota')?.value;
			return quota === undefined
				? write('--cpu-max', `QUOTA ${value}`)
				: because('it goes with the quota: leave it out');
		},
	}),
	docker('--cpu-rt-runtime --cpu-rt-period', {
		valued: true,
		instead: () => because('real time is a scheduler of the program', '--scheduler', 'fifo,priority=N'),
	}),
	docker('--blkio-weight', { valued: true, instead: (value) => write('--io-weight', value) }),
	docker('--device-read-bps', { valued: true, instead: throttle('rbps') }),
	docker('--device-write-bps', { valued: true, instead: throttle('wbps') }),
	docker('--device-read-iops', { valued: true, instead: throttle('riops') }),
	docker('--device-write-iops', { valued: true, instead: throttle('wiops') }),
	docker('--device-cgroup-rule', { valued: true, instead: (value) => write('--device-rule', `allow ${value}`) }),
	docker('--shm-size', { valued: true, instead: (value) => write('--tmpfs', `/dev/shm:size=${sizeOf(value)}`) }),
	docker('--rm', { same: () => [] }),
	docker('--detach -d', {
		instead: (_, { flags }) =>
			'name' in flags ? because(`${background}, and name it`, '--name', 'NAME') : because(background),
	}),
	docker('--publish -p --expose --port', {
		valued: true,
		instead: (value) => (/^[\d.:[\]]+(-\d+)?(:\d+(-\d+)?)?(\/\w+)?$/.test(value) ? noPorts : undefined),
	}),
	docker('--publish-all', { instead: () => noPorts }),
	docker('-P', { instead: (value) => (isValue(value) ? undefined : noPorts) }),
	docker('--net --network', {
		valued: true,
		instead: (value) =>
			['bridge', 'default'].includes(value)
				? because('a link to the host, by which others are reached, is', '--net', 'veth', '--masquerade')
				: undefined,
	}),
	docker('--network-alias --dns --dns-search --dns-option --link-local-ip', {
		valued: true,
		instead: () =>
			because(
				'names are those of /etc/hosts and /etc/resolv.conf',
				'--add-host',
				'NAME:ADDRESS',
				'-v',
				'FILE:/etc/resolv.conf',
			),
	}),
	docker('--ip6', { valued: true, instead: (value) => write('--ip', value.includes('/') ? value : `${value}/64`) }),
	docker('--pid', { valued: true, instead: namespace('pid') }),
	docker('--ipc', { valued: true, instead: namespace('ipc') }),
	docker('--uts', { valued: true, instead: namespace('uts') }),
	docker('--cgroupns', { valued: true, instead: namespace('cgroup') }),
	docker('--userns', {
		valued: true,
		instead: (value) =>
			value === 'host' ? because("the user namespace is the host's: leave it out") : namespace('user')(value),
	}),
	docker('--privileged', {
		instead: (_, { lines, flags }) =>
			!('rootfs' in flags) || lines.some(({ word }) => word === '--rootfs')
				? write('--cap-add', 'ALL', ...('unmask' in flags ? ['--unmask'] : []), '--new-privileges')
				: because("without --rootfs the command has the caller's rights: leave it out"),
	}),
	docker('--security-opt', { valued: true, instead: securityOf }),
	docker('--entrypoint', { valued: true, instead: (value) => because('the command stands behind --', '--', value) }),
	docker('--env-file', {
		valued: true,
		instead: () => because('each variable is said by itself', '--env', 'NAME=VALUE'),
	}),
	docker('--volumes-from --volume-driver', {
		valued: true,
		instead: () => because('there are no volumes with a name', '-v', 'SRC:DST'),
	}),
	docker('--stop-timeout', {
		valued: true,
		instead: () =>
			because('signals go to the command as they come, and a third SIGTERM kills; an end of time is', '--timeout', 'T'),
	}),
	docker('--stop-signal', {
		valued: true,
		instead: () => because('signals go to the command as they come: leave it out'),
	}),
	docker('--restart', { valued: true, instead: () => because('procready runs a command once: leave it out') }),
	docker(
		'--runtime --isolation --storage-opt --platform --pull --log-driver --log-opt --cidfile --label -l --annotation',
		{
			valued: true,
			instead: () => because(noDaemon),
		},
	),
	docker('--gpus', {
		valued: true,
		instead: () =>
			because('with the files of the host its devices are there; with --rootfs they are', '--device', 'PATH'),
	}),
	docker('--health-cmd --health-interval --health-retries --health-timeout --detach-keys', {
		valued: true,
		instead: () => because(noDaemon),
	}),
	docker('--sig-proxy --no-healthcheck --disable-content-trust', { instead: () => because(noDaemon) }),
	docker('--attach -a', {
		valued: true,
		instead: (value) =>
			/^std(in|out|err)$/i.test(value) ? because("stdin, stdout and stderr are the caller's: leave it out") : undefined,
	}),
	docker('--image', { valued: true, instead: () => because(noImages) }),
	docker('--quiet -q', { for: ['ps'], instead: () => inJson }),
	docker('--no-stream', { for: ['stats'], instead: () => write('--count', '1') }),
	docker('--quiet -q', {
		instead: () => because('only a limit that was hit is reported: leave it out, or put 2>/dev/null behind the line'),
	}),
	docker('--all -a --no-trunc --latest -l --last', {
		for: ['ps', 'stats'],
		instead: () => because('what has ended is not kept, and nothing is cut: leave it out'),
	}),
	docker('--format', { for: ['run', 'ps', 'stats', 'doctor'], valued: true, instead: () => inJson }),
	docker('--filter -f', { for: ['ps', 'stats'], valued: true, instead: () => inJson }),
	docker('--time -t', {
		for: ['kill'],
		valued: true,
		instead: () => because('kill sends one signal, and SIGKILL ends everything: leave it out'),
	}),
	docker('-v', { valued: true, instead: ofVolume }),
	docker('-V --version', { instead: () => because('the version is said by procready --version') }),
];

const own = /^(z|Z|cached|delegated|consistent|nocopy|rw)$/;

/** What is a volume of docker alone; its own options are those of SELinux and of copies. */
function ofVolume(value: string) {
	if (!isValue(value))
		return because(
			'a volume is -v SRC:DST; the version is said by procready --version, and a report always by',
			'--verbose',
		);
	if (/^\/[^:]*$/.test(value)) return because("a directory that is the command's own is", '--tmpfs', value);
	const [source, destination, options] = value.split(':');
	const all = options?.split(',') ?? [];
	const kept = all.filter((option) => !own.test(option));
	if (kept.length === all.length) return undefined;
	return write('-v', [source, destination, ...(kept.length > 0 ? [kept.join()] : [])].join(':'));
}

/** Those that people try first. */
const images = [
	...['alpine', 'amazonlinux', 'archlinux', 'busybox', 'centos', 'debian', 'fedora', 'golang', 'hello-world', 'httpd'],
	...['mariadb', 'mongo', 'mysql', 'nginx', 'openjdk', 'postgres', 'rockylinux', 'ubuntu'],
];

/** `alpine`, and whatever is written as `alpine:3`, is what an image is called, and not a program. */
export function isImage(command: string): boolean {
	const name = basename(command);
	return images.includes(command) || /^[\w.-]+(:[\w.-]+|@sha256:[0-9a-f]+)$/.test(name);
}
