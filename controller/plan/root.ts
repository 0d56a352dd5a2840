/** What a container with a root file system has unless it says otherwise: that of OCI runtimes and of podman. */

import type { Mount } from '../model/spec.js';
import { normalize } from './mounts.js';

export const defaultMounts: readonly Mount[] = [
	{ destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
	{
		destination: '/dev',
		type: 'tmpfs',
		source: 'tmpfs',
		options: ['nosuid', 'noexec', 'strictatime', 'mode=755', 'size=65536k'],
	},
	{
		destination: '/dev/pts',
		type: 'devpts',
		source: 'devpts',
		options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
	},
	{
		destination: '/dev/shm',
		type: 'tmpfs',
		source: 'shm',
		options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
	},
	{ destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
	{ destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
	{ destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
];

/** They tell of the host, or change it. */
export const defaultMaskedPaths: readonly string[] = [
	'/proc/acpi',
	'/proc/asound',
	'/proc/kcore',
	'/proc/keys',
	'/proc/latency_stats',
	'/proc/sched_debug',
	'/proc/scsi',
	'/proc/timer_list',
	'/proc/timer_stats',
	'/sys/dev/block',
	'/sys/devices/virtual/powercap',
	'/sys/firmware',
	'/sys/fs/selinux',
];

export const defaultReadonlyPaths: readonly string[] = [
	'/proc/bus',
	'/proc/fs',
	'/proc/irq',
	'/proc/sys',
	'/proc/sysrq-trigger',
];

/** The default ones, without those that one of the others takes the place of or would cover, and then the others. */
export function withDefaults(defaults: readonly Mount[], others: readonly Mount[]): Mount[] {
	const taken = others.map(({ destination }) => normalize(destination));
	const isFree = (path: string) => !taken.some((one) => path === one || path.startsWith(`${one}/`));
	return [...defaults.filter(({ destination }) => isFree(destination)), ...others];
}
