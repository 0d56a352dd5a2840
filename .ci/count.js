// One line at the end: what the TAP files say, and one more failure for each command that failed without saying so.
import { existsSync, readFileSync } from 'node:fs';

const [statuses, files] = [process.argv.slice(2, 4), process.argv.slice(4)];
let passed = 0;
let failed = 0;
let skipped = 0;
for (const [index, file] of files.entries()) {
	const summary = existsSync(file) ? /^# \{ total: .*\}$/m.exec(readFileSync(file, 'utf8'))?.[0] : undefined;
	const number = (name) => Number(new RegExp(`${name}: (\\d+)`).exec(summary ?? '')?.[1] ?? 0);
	passed += number('pass');
	failed += number('fail');
	skipped += number('skip') + number('todo');
	if (!summary || (statuses[index] !== '0' && number('fail') === 0)) failed++;
}
// a test that did not run shows nothing
failed += skipped;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
