/** The diagnosis for people. */
import { colours, painter } from '../report/colours.js';
import type { Result, State } from './check.js';
import type { Diagnosis } from './diagnose.js';

const marks: Record<State, string> = { ok: '✓', limited: '!', missing: '✗' };

const { bold, green, yellow, red } = colours;
const colourOf: Record<State, number> = { ok: green, limited: yellow, missing: red };

/** What works where nothing can be enforced. */
const without =
	'→ procready run --observe -- COMMAND needs no rights: it limits nothing, and says which limits of others COMMAND hits';

export function doctorText({ results, verdict }: Diagnosis, colour: boolean): string {
	const paint = painter(colour);
	const width = Math.max(...results.map(({ name }) => name.length));
	const indent = ' '.repeat(width + 6);
	const lines = results.flatMap((result, i) => {
		const { group, name, state, finding } = result;
		const [before, after] = [results[i - 1], results[i + 1]];
		return [
			...(before?.group === group ? [] : [...(before ? [''] : []), paint(group, bold)]),
			`  ${paint(marks[state], colourOf[state])} ${name.padEnd(width)}  ${finding}`,
			...details(result, after?.group === group ? after : undefined).map((line) => indent + line),
		];
	});
	const others = verdict.enforceable ? [] : [without];
	return [...lines, '', paint(verdict.sentence, verdict.enforceable ? green : red), ...others, ''].join('\n');
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
