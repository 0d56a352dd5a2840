/** Limits and files as nsjail(1), firejail(1), cgexec(1), time(1) and schedulers of batch jobs call them. */

import { because, type Foreign, foreign, write } from './foreign.js';

const isPath = (value: string) => value.startsWith('/');

/** Each means the flag, with the same value, where the subcommand has no flag that is called so. */
const called = (of: string, flag: string, words: string): Foreign[] =>
	words.split(' ').map((word) =>
		foreign(of, word, {
			valued: true,
			instead: (value, { flags }) => (word.slice(2) in flags ? undefined : write(`--${flag}`, value || 'N')),
		}),
	);

/** Those that nsjail counts in MiB. */
const inMebibytes = ['as', 'core', 'fsize', 'stack'];

const names = [...inMebibytes, 'cpu', 'memlock', 'msgqueue', 'nofile', 'nproc', 'rtprio', 'sigpending'];

export const sandboxWords: readonly Foreign[] = [
	...called(
		'Slurm, nsjail',
		'memory-max',
		'--mem --ram --mem-limit --memory-limit --max-mem --max-memory --cgroup_mem_max',
	),
	...called('nsjail', 'memory-swap-max', '--cgroup_mem_swap_max'),
	...called(
		'nsjail',
		'pids-max',
		'--tasks --tasks-max --max-tasks --max-pids --max-procs --processes --cgroup_pids_max',
	),
	...called('Slurm', 'cpu-max', '--cpu-limit --max-cpu --max-cpus --ncpus'),
	...called('nsjail', 'timeout', '--time --time-limit --time_limit --timelimit --max-time --wall-time --walltime'),
	foreign('nsjail', '--cgroup_cpu_ms_per_sec', {
		valued: true,
		instead: (value) => write('--cpu-max', /^\d+$/.test(value) ? String(Number(value) / 1000) : 'N'),
	}),
	...names.map((name) =>
		foreign('nsjail', `--rlimit_${name}`, {
			valued: true,
			instead: (value) =>
				write('--rlimit', `${name}=${value}${inMebibytes.includes(name) && /^\d+$/.test(value) ? 'M' : ''}`),
		}),
	),
	...names.map((name) =>
		foreign('firejail', `--rlimit-${name}`, {
			valued: true,
			instead: (value) => write('--rlimit', `${name}=${value}`),
		}),
	),
	...called('nsjail', 'rootfs', '--chroot'),
	foreign('nsjail', '--bindmount -B', {
		valued: true,
		instead: (value) => (isPath(value) ? write('-v', bindOf(value)) : undefined),
	}),
	foreign('nsjail', '--bindmount_ro -R', {
		valued: true,
		instead: (value) => (isPath(value) ? write('-v', `${bindOf(value)}:ro`) : undefined),
	}),
	foreign('firejail', '--blacklist', { valued: true, instead: (value) => write('--mask', value) }),
	foreign('firejail', '--read-only', {
		valued: true,
		instead: (value) => (isPath(value) ? write('--readonly-path', value) : undefined),
	}),
	...called('firejail', 'cap-drop', '--caps.drop'),
	foreign('firejail', '--nonewprivs', { instead: () => write('--no-new-privileges') }),
	foreign('firejail', '--noprofile', { instead: () => because('procready has no profiles: leave it out') }),
	foreign('cgexec', '-g', {
		valued: true,
		instead: (value) => {
			const [, path] = /^[\w,*]+:\/*(.+)$/.exec(value) ?? [];
			return path === undefined ? undefined : write('--cgroup-parent', `/${path}`);
		},
	}),
	foreign('time', '-f', { valued: true, instead: () => because('all that is known, for jq(1), is', '--json', '-') }),
	foreign('time', '-o', {
		valued: true,
		instead: (value) => because('--verbose reports on stderr, and in a file the report is', '--json', value || 'FILE'),
	}),
];

/** `/a` stands for `/a:/a`. */
function bindOf(value: string): string {
	return value.includes(':') ? value : `${value}:${value}`;
}
