/** Limits of which the kernel counts no more than how often they were hit: those of huge pages and of `misc`. */

import type { AppliedLimit, CountedLimit } from '../model/applied-limit.js';
import type { CountedDirectory } from '../model/counters.js';
import { countIn } from './others.js';

/** Since the container's cgroup was made: nothing of ours uses any of it. Those of which this kernel counts nothing are left out. */
export function plainHits(directories: readonly CountedDirectory[], limits: readonly AppliedLimit[]): CountedLimit[] {
	return limits.flatMap(({ limit, value }) => {
		const controller = limit.split('.')[0] as string;
		const directory = directories.find(({ controllers }) => controllers.includes(controller));
		const counters = directory ? countersOf(limit, value, directory.version) : [];
		const hits = counters.map(([file, key]) => countIn(`${directory?.path}/${file}`, key));
		if (hits.length === 0 || hits.includes(null)) return [];
		const total = hits.reduce<number>((sum, count) => sum + (count ?? 0), 0);
		return [{ limit, value, hits: total, counter: counters.map((names) => names.join(' ').trim()).join(', ') }];
	});
}

/** Files, and the names in them. */
function countersOf(limit: string, value: string, version: 1 | 2): [file: string, key: string][] {
	const [, pages, reserved = ''] = /^(hugetlb\.\w+)\.(rsvd\.)?max$/.exec(limit) ?? [];
	if (pages !== undefined) return version === 2 ? [[`${pages}.events`, 'max']] : [[`${pages}.${reserved}failcnt`, '']];
	if (limit !== 'misc.max') return [];
	return value.split('\n').map((line) => ['misc.events', `${line.split(' ')[0]}.max`]);
}
