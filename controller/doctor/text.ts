/** The diagnosis for people. */
import type { Result, State } from './check.js';
import type { Diagnosis } from './doctor.js';

const marks: Record<State, string> = { ok: '✓', limited: '!', missing: '✗' };

/** SGR parameters of ECMA-48: green, yellow, red. */
const colours: Record<State, number> = { ok: 32, limited: 33, missing: 31 };
const bold = 1;

export function doctorText({ results, verdict }: Diagnosis, colour: boolean): string {
	const paint = (text: string, sgr: number) => (colour ? `\u001b[${sgr}m${text}\u001b[0m` : text);
	const width = Math.max(...results.map(({ name }) => name.length));
	const indent = ' '.repeat(width + 6);
	const lines = results.flatMap((result, i) => {
		const { group, name, state, finding } = result;
		const [before, after] = [results[i - 1], results[i + 1]];
		return [
			...(before?.group === group ? [] : [...(before ? [''] : []), paint(group, bold)]),
			`  ${paint(marks[state], colours[state])} ${name.padEnd(width)}  ${finding}`,
			...details(result, after?.group === group ? after : undefined).map((line) => indent + line),
		];
	});
	return [...lines, '', paint(verdict.sentence, verdict.enforceable ? colours.ok : colours.missing), ''].join('\n');
}

/** What the next result says as well is left to it. */
function details({ finding, affects = [], remedies = [] }: Result, next: Result | undefined): string[] {
	const same = (a: string[], b: string[] | undefined) => a.join('\n') === b?.join('\n');
	const repeated = next?.finding === finding && same(affects, next.affects);
	return [
		...(affects.length > 0 && !repeated ? [`affects ${affects.join(', ')}`] : []),
		...(same(remedies, next?.remedies) ? [] : remedies.map((remedy, i) => `${i === 0 ? '→' : 'or'} ${remedy}`)),
	];
}
