// One line at the end: what the TAP files say. Arguments: the exit status of the command that wrote it, a file, …
import { existsSync, readFileSync } from 'node:fs';

const failuresShown = 10;
const linesOfEach = 12;

let passed = 0;
let failed = 0;
const failures = [];
for (let i = 2; i < process.argv.length; i += 2) {
	const [status, file] = process.argv.slice(i, i + 2);
	const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
	// tap's, or that of procready test; of all test files, or of each
	const summaries = text.match(/^# (?:\{ total: .*\}|\d+ passed, \d+ failed.*)$/gm) ?? [];
	failures.push(...failuresIn(text.split('\n')).map((lines) => [file, ...lines].join('\n')));
	const numberIn = (summary, name) => Number(new RegExp(`\\d+(?= ${name}ed)|(?<=${name}: )\\d+`).exec(summary)?.[0] ?? 0);
	const number = (name) => summaries.reduce((sum, summary) => sum + numberIn(summary, name), 0);
	passed += number('pass');
	// a test that did not run shows nothing, unless its reason is what the kernel here lacks: no rights and no network are
	// none; neither does a command that failed without saying so
	const skipped = text.match(/# SKIP(?! kernel: \S).*$/gm)?.length ?? 0;
	const unsaid = summaries.length === 0 || (status !== '0' && number('fail') === 0) ? 1 : 0;
	failed += number('fail') + skipped + number('todo') + unsaid;
}
if (failures.length > 0) console.log(`\n${failures.slice(0, failuresShown).join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** The innermost, and what never ran: the path to each, and the lines below it, which say why. */
function failuresIn(lines) {
	const depth = (line) => line.search(/\S/);
	const path = [];
	const found = [];
	let deepest = -1;
	for (const [index, line] of lines.entries()) {
		const subtest = /^ *# Subtest: (.*)$/.exec(line)?.[1];
		if (subtest !== undefined) path.splice(depth(line) / 4, Number.POSITIVE_INFINITY, subtest);
		if (!/^ *not ok |^ *ok .*# SKIP(?! kernel: \S)/.test(line)) continue;
		// those around an innermost one only repeat it
		if (depth(line) >= deepest) found.push([path.slice(0, depth(line) / 4).join(' > '), ...lines.slice(index, index + linesOfEach)]);
		deepest = depth(line) > 0 ? depth(line) : -1;
	}
	return found;
}
