/** Who was killed for lack of memory, as the kernel's log says it. */

import type { Count } from '../model/counters.js';

/** A process that the kernel killed for lack of memory. */
export interface Victim {
	/** comm of proc(5), with the escapes of /dev/kmsg. */
	name: string;
	/** In the pid namespace of the host. */
	pid: number;
	/** Bytes of memory that it had mapped: anonymous, of files, shared. `null`: the log does not say. */
	rss: Count;
	/** -1000 to 1000. proc_pid_oom_score_adj(5). `null`: the log does not say. */
	oomScoreAdj: number | null;
	/** The cgroup that it was in, from the container's on; empty: the container's own. */
	cgroup: string;
	/** Whose limit it was. */
	level: 'self' | 'below' | 'ancestor' | 'host';
	/** The cgroup that has the limit: one below from the container's on, one above from the root of the hierarchy on. */
	path: string;
	/** It was the program; `null`: procready is in another pid namespace than the numbers of the log. */
	program: boolean | null;
}

/** What a line has to hold to be of use here. */
export const victimWords = ['oom-kill:', 'Killed process '];

const chosen =
	/^oom-kill:constraint=\w+,.*,(?:oom_memcg=(\/.*)|global_oom),task_memcg=(\/.*),task=(.*),pid=(\d+),uid=\d+$/;
const dead =
	/Killed process (\d+) \((.*)\) total-vm:\d+kB, anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB,.* oom_score_adj:(-?\d+)$/;

/**
 * `container` is the end of the path of the container's cgroup, unlike that of any other; `pid` that of the program, or
 * `null` where the log has other numbers. Only who is named in a line with the container's path counts: the kernel leaves out
 * such lines where many are killed within five seconds, and where all of a cgroup is killed together it names only the first.
 */
export function victimsIn(lines: readonly string[], container: string, pid: number | null): Victim[] {
	return lines.flatMap((line, index) => {
		const victim = chosenIn(line, container, pid);
		return victim ? [{ ...victim, ...sizesOf(victim.pid, lines, index) }] : [];
	});
}

/** From the line about its death, which follows the one that says why. */
function sizesOf(pid: number, lines: readonly string[], from: number): Partial<Victim> {
	for (const line of lines.slice(from + 1)) {
		const [, number, name = '', anonymous, file, shared, adjusted] = dead.exec(line) ?? [];
		if (Number(number) !== pid) continue;
		return { name, rss: (Number(anonymous) + Number(file) + Number(shared)) * 1024, oomScoreAdj: Number(adjusted) };
	}
	return {};
}

/** `undefined` where it is of another container, or could be read in two ways. */
function chosenIn(line: string, container: string, program: number | null): Victim | undefined {
	const [, limited, path, name, number] = chosen.exec(line) ?? [];
	if (path === undefined || name === undefined) return undefined;
	if ([',oom_memcg=', ',global_oom,', ',task_memcg=', ',task='].some((part) => line.split(part).length > 2))
		return undefined;
	const at = `${path}/`.indexOf(`${container}/`);
	if (at < 0) return undefined;
	const own = path.slice(0, at + container.length);
	const pid = Number(number);
	return {
		...{ name, pid, rss: null, oomScoreAdj: null, cgroup: path.slice(own.length) },
		...ownerOf(limited, own),
		program: program === null ? null : pid === program,
	};
}

function ownerOf(limited: string | undefined, own: string): Pick<Victim, 'level' | 'path'> {
	if (limited === undefined) return { level: 'host', path: '' };
	if (limited === own) return { level: 'self', path: '' };
	if (limited.startsWith(`${own}/`)) return { level: 'below', path: limited.slice(own.length) };
	return { level: 'ancestor', path: limited };
}
