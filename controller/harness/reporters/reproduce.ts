/** The lines for a shell that run a case again, outside of its suite. */
import { commandLineOf } from '../../flags/options.js';
import { shellLine } from '../../model/shell.js';
import type { Case, Suite } from '../suite/suite.js';

export function reproduction(suite: Suite, one: Case): string[] {
	const again = `procready test ${quoted(`${one.place.file}:${one.place.line}`)}`;
	if (one.serving) return [again]; // a command line has no words for the clients and the end of a service
	const { words, unsaid } = commandLineOf(one.args, one.options);
	const command = words.map(quoted).join(' ');
	const scripts = [...suite.before, ...one.before];
	const text = [command, ...scripts].join('\n');
	const directories = ['SUITE_DIR', 'CASE_DIR'].filter((name) => text.includes(name));
	return [
		...directories.map((name) => `export ${name}=$(mktemp -d)`),
		...scripts.map((script) => `(cd ${quoted(suite.directory)} && ${script.trimEnd()})`),
		`${inputOf(one, suite)}${command}`,
		...(unsaid.length > 0 ? [`# no flag stands for ${unsaid.join(', ')}: ${again} has them`] : []),
	];
}

function inputOf({ input }: Case, suite: Suite): string {
	if (input === '') return '';
	if (typeof input === 'string') return `printf %s ${quoted(input)} | `;
	return `<${quoted(input.file.startsWith('/') ? input.file : `${suite.directory}/${input.file}`)} `;
}

/** `${CASE_DIR}` and `${SUITE_DIR}` stay variables. */
function quoted(word: string): string {
	if (!/\$\{(CASE|SUITE)_DIR\}/.test(word)) return shellLine([word]);
	return `"${word.replace(/["\\`]|\$(?!\{(CASE|SUITE)_DIR\})/g, '\\$&')}"`;
}
