/** Who of a container was killed for lack of memory, if the kernel's log may be read. */

import { readKernelLog, sharesPidsWithLog } from '../cgroup/kernel-log.js';
import { noting } from '../host/if-there.js';
import { machine } from '../host/machine.js';
import type { OtherLimit } from '../model/applied-limit.js';
import type { Counters } from '../model/counters.js';
import { basename } from '../model/path.js';
import { type Victim, victimsIn, victimWords } from '../report/victims.js';
import type { LaunchedContainer } from './launched.js';

/** Of a victim the log has two lines; the second comes only after the kill. */
const tries = 4;
const pause = 5;

/** `null`: nobody can say. Most containers have no victims, and then nothing is read. */
export async function victimsOf(
	{ plan, facts: { pid }, unread }: Pick<LaunchedContainer, 'plan' | 'facts' | 'unread'>,
	counters: Counters,
	below: readonly OtherLimit[],
): Promise<Victim[] | null> {
	const directory = plan.directories.find(({ controllers }) => controllers.includes('memory'));
	if (!directory || !mayHaveVictims(directory.version, counters, below)) return [];
	const container = `/${basename(directory.base)}/${basename(directory.path)}`; // the mount may begin further down
	for (let i = 1; ; i++) {
		const lines = noting(unread, () => readKernelLog(victimWords));
		if (lines === null) return null;
		const victims = victimsIn(lines, container, sharesPidsWithLog() ? pid : null);
		if (i === tries || victims.every(({ rss }) => rss !== null)) return victims;
		await machine.sleep(pause);
	}
}

/** v1: a cgroup below that was removed has taken its count of kills along; that the limit was reached is still to be seen. */
function mayHaveVictims(version: 1 | 2, { memory }: Counters, below: readonly OtherLimit[]): boolean {
	if (memory.oomKills !== 0) return true;
	return version === 1 && (memory.max !== 0 || below.length > 0);
}
