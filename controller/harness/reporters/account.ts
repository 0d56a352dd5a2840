/** The account of a run as a few figures, and the lines that reproduce it. */
import { ProcreadyError } from '../../errors.js';
import type { Result } from '../../report/result.js';
import { bytes, duration } from '../../report/words.js';
import type { Came } from '../expect/check.js';

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

function endOf({ verdict }: Result): string {
	return `${verdict.outcome}: ${verdict.sentence}`;
}
