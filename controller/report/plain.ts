/** Huge pages, what `misc` counts, and a tmpfs: limits whose hit the program sees as SIGBUS or as an error. */

import type { CountedLimit } from '../model/applied-limit.js';
import type { Cause, Ended, InForce } from './cause.js';
import type { Usage } from './usage.js';
import { bytes, count } from './words.js';

export function plainCauses({ signal }: Ended, { counted = [] }: InForce, { tasks }: Usage): Cause[] {
	return counted
		.filter(({ hits, value }) => hits > 0 && value !== 'max')
		.map(({ limit, value, hits, counter }: CountedLimit): Cause => {
			const isPages = limit.startsWith('hugetlb.');
			const mayBeFatal = isPages && signal === 'SIGBUS';
			const what = isPages ? `${bytes(Number(value))} of huge pages` : value.replaceAll('\n', ', ');
			return {
				...{ limit, level: 'self', value, hits, evidence: `${counter} ${hits}` },
				fatal: mayBeFatal && (tasks.peak === 1 || null), // it may have been another process
				sentence: `The limit of ${what} was reached ${count(hits, 'time')}${mayBeFatal ? ', for which the kernel sends SIGBUS' : ''}.`,
			};
		});
}

export function tmpfsCauses({ full = [] }: InForce): Cause[] {
	return full.map(({ path, size }) => ({
		...{ limit: 'tmpfs', level: 'self', path, value: size, hits: 1, fatal: false },
		evidence: 'statfs(2) at the end: nothing is free',
		sentence: `The tmpfs on ${path} (${size}) was full at the end.`,
	}));
}
