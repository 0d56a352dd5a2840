/** The account of a run as a few figures, how it ended, what was said, and what failed before it. */
import { ProcreadyError } from '../../errors.js';
import { bytes, duration } from '../../report/words.js';
import type { Came } from '../expect/check.js';
import { saidLines } from '../said.js';
import type { Served } from '../service/serve.js';
import type { CaseOutcome } from '../suite/outcome.js';

/** What came of the command; or of each service and each client, with its name. */
export function partsOf({ came, served }: CaseOutcome): { name: string; came: Came }[] {
	if (!served) return came ? [{ name: '', came }] : [];
	const many = served.clients.length > 1;
	return [
		...served.services.map(({ name, came }) => ({ name: `${name} `, came })),
		...served.clients.map((came, index) => ({ name: many ? `client ${index + 1} ` : 'client ', came })),
	];
}

/** For diagnostics; what is not counted here, and zeros that say nothing, are left out. */
export function accountOf(outcome: CaseOutcome): Record<string, string | number> | undefined {
	const { served } = outcome;
	if (!served) return figuresOf(outcome.came);
	const isOne = served.services.length === 1;
	const entries = served.services.flatMap(({ name, came }) => {
		const figures = { ...figuresOf(came), ...servingFigures(came) };
		return Object.entries(figures).map(([figure, value]) => [isOne ? figure : `${name} ${figure}`, value]);
	});
	return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** When a service was ready, and what of its time was for its clients. */
function servingFigures(came: Served['services'][number]['came']): Record<string, string> {
	if (came instanceof ProcreadyError) return {};
	const { readyAfter, phases } = came;
	const cpu = phases.clients?.cpu.total ?? null;
	return {
		...(readyAfter === null ? {} : { ready: duration(readyAfter) }),
		...(phases.clients && { clients: duration(phases.clients.wallTime) }),
		...(cpu === null ? {} : { 'clients.cpu': duration(cpu) }),
	};
}

function figuresOf(came: Came | undefined): Record<string, string | number> | undefined {
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
export function verdictLines(outcome: CaseOutcome): string[] {
	return partsOf(outcome).flatMap(({ name, came }) => [
		`${name}${endOf(came)}`,
		...hitsOf(came).map((hit) => name + hit),
	]);
}

/** The limits alone. */
export function hitLines(outcome: CaseOutcome): string[] {
	return partsOf(outcome).flatMap(({ name, came }) => hitsOf(came).map((hit) => name + hit));
}

function hitsOf(came: Came): string[] {
	if (came instanceof ProcreadyError) return [];
	return came.verdict.causes.map(({ limit, sentence }) => `${limit}: ${sentence}`);
}

function endOf(came: Came): string {
	if (came instanceof ProcreadyError) return `${came.code}: ${came.message}`;
	return `${came.verdict.outcome}: ${came.verdict.sentence}`;
}

/** The end of what was said. */
export function wordsOf(outcome: CaseOutcome): string[] {
	return partsOf(outcome).flatMap(({ name, came }) => saidLines(came, name));
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
