/** The account of a run as a few figures, how it ended, and what failed before it. */
import { ProcreadyError } from '../../errors.js';
import type { Result } from '../../report/result.js';
import { bytes, duration } from '../../report/words.js';
import type { Came } from '../expect/check.js';
import type { CaseOutcome } from '../suite/outcome.js';

/** For diagnostics; what is not counted here, and zeros that say nothing, are left out. */
export function accountOf(came: Came | undefined): Record<string, string | number> | undefined {
	if (came === undefined || came instanceof ProcreadyError) return undefined;
	const { tasks, memory, cpu } = came.usage;
	return Object.fromEntries(
		[
			['wall', duration(came.wallTime)],
			['tasks.peak', tasks.peak],
			['tasks.refused', tasks.refused || null],
			['memory.peak', memory.peak === null ? null : bytes(memory.peak)],
			['memory.oomKills', memory.oomKills || null],
			['cpu.total', cpu.total === null ? null : duration(cpu.total)],
			['cpu.throttled', cpu.throttled ? duration(cpu.throttled) : null],
		].filter(([, value]) => value !== null),
	);
}

/** How it ended and which limits it hit, a sentence each. */
export function verdictLines(came: Came | undefined): string[] {
	if (came === undefined) return [];
	if (came instanceof ProcreadyError) return [`${came.code}: ${came.message}`];
	return [endOf(came), ...came.verdict.causes.map(({ limit, sentence }) => `${limit}: ${sentence}`)];
}

/** Why the runs before the last one failed, a line each; those one after the other that failed alike share one. */
export function earlierLines({ earlier }: CaseOutcome): string[] {
	const groups: { first: number; last: number; text: string }[] = [];
	for (const { run, failures } of earlier) {
		const text = failures.map(({ sentence }) => sentence).join(' ');
		const group = groups.at(-1);
		if (group?.text === text && group.last === run - 1) group.last = run;
		else groups.push({ first: run, last: run, text });
	}
	return groups.map(
		({ first, last, text }) => `${first === last ? `run ${first}` : `runs ${first} to ${last}`} failed: ${text}`,
	);
}

function endOf({ verdict }: Result): string {
	return `${verdict.outcome}: ${verdict.sentence}`;
}
