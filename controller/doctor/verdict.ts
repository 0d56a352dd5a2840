/** The one sentence at the end: which limits can be enforced here. */
import type { Result } from './check.js';
import { required } from './controller-checks.js';

export interface Verdict {
	/** Those of pids, memory and cpu can, and a program can be started under them. */
	enforceable: boolean;
	/** Names of the limits' controllers. */
	enforced: string[];
	refused: string[];
	sentence: string;
}

export function verdictOf(results: Result[]): Verdict {
	const limits = results.filter(({ group, name }) => group === 'limits' && name !== 'swap');
	const refused = limits.filter(({ state }) => state === 'missing');
	const enforced = limits.filter((one) => !refused.includes(one)).map(({ name }) => name);
	const hindrance = hindranceOf(results, refused);
	return {
		enforceable: hindrance === undefined,
		enforced,
		refused: refused.map(({ name }) => name),
		sentence: hindrance === undefined ? praise(results, enforced, refused) : `Limits cannot be enforced: ${hindrance}.`,
	};
}

function praise(results: Result[], enforced: string[], refused: Result[]): string {
	const how = find(results, 'start')?.state === 'limited' ? ' with --ns user=new' : '';
	const not = refused.length > 0 ? `; not: ${reasons(refused)}` : '';
	return `Limits can be enforced${how}: ${enforced.join(', ')}${not}.`;
}

/** Where all three are refused it is for one reason. */
function hindranceOf(results: Result[], refused: Result[]): string | undefined {
	const needed = refused.filter(({ name }) => required.includes(name));
	const cause = ['hierarchy', 'directories'].map((name) => find(results, name)).find((one) => one?.state === 'missing');
	if (needed.length === required.length && cause) return cause.finding;
	if (needed.length > 0) return reasons(needed);
	const start = find(results, 'start');
	return start?.state === 'missing' ? start.finding : undefined;
}

function find(results: Result[], name: string): Result | undefined {
	return results.find((one) => one.name === name);
}

/** `io (the kernel has no such controller), …`: each reason once. */
function reasons(refused: Result[]): string {
	const names = new Map<string, string[]>();
	for (const { finding, name } of refused) names.set(finding, [...(names.get(finding) ?? []), name]);
	return [...names].map(([finding, those]) => `${those.join(', ')} (${finding})`).join(', ');
}
